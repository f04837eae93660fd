"""The next page is requested while the current one is being processed."""

from __future__ import annotations

import asyncio

import pytest

from jemmo.domain.errors import TransientError
from jemmo.rest_client.ahead import Ahead


class Asked:
    """Responds with the address once it is released."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.may_answer = asyncio.Event()

    async def __call__(self, url: str) -> str:
        self.urls.append(url)
        await self.may_answer.wait()
        return url.upper()


async def test_an_expected_page_is_requested_once() -> None:
    asked = Asked()
    ahead = Ahead(asked)
    await ahead.expect("b")
    await ahead.expect("b")
    assert asked.urls == ["b"]
    asked.may_answer.set()
    assert await ahead.get("b") == "B"
    assert asked.urls == ["b"]


async def test_an_unexpected_page_is_requested_immediately() -> None:
    asked = Asked()
    asked.may_answer.set()
    ahead = Ahead(asked)
    await ahead.expect("b")
    assert await ahead.get("a") == "A"
    assert await ahead.get("b") == "B"
    assert await ahead.get("b") == "B"
    assert sorted(asked.urls) == ["a", "b", "b"]


async def test_an_error_reaches_the_caller_of_the_page() -> None:
    async def fail(url: str) -> str:
        raise TransientError("host_unreachable", host=url)

    ahead = Ahead(fail)
    await ahead.expect("b")
    with pytest.raises(TransientError, match=r"\(b\)"):
        await ahead.get("b")


async def test_an_unneeded_request_is_canceled() -> None:
    asked = Asked()
    ahead = Ahead(asked)
    await ahead.expect("b")
    await ahead.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_error_of_an_unneeded_request_is_ignored() -> None:
    async def fail(url: str) -> str:
        raise TransientError("host_unreachable", host=url)

    ahead = Ahead(fail)
    await ahead.expect("b")
    await ahead.close()


async def test_canceling_the_caller_cancels_the_request() -> None:
    asked = Asked()
    ahead = Ahead(asked)
    await ahead.expect("b")
    waiting = asyncio.create_task(ahead.get("b"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert asyncio.all_tasks() == {asyncio.current_task()}
