"""The page behind the one in hand is asked for while that one is worked on."""

from __future__ import annotations

import asyncio

import pytest

from jemmo.domain.errors import TransientError
from jemmo.rest_client.ahead import Ahead


class Asked:
    """Answers with the address, once it is let."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.may_answer = asyncio.Event()

    async def __call__(self, url: str) -> str:
        self.urls.append(url)
        await self.may_answer.wait()
        return url.upper()


async def test_what_is_expected_is_asked_for_once() -> None:
    asked = Asked()
    ahead = Ahead(asked)
    await ahead.expect("b")
    await ahead.expect("b")
    assert asked.urls == ["b"]
    asked.may_answer.set()
    assert await ahead.get("b") == "B"
    assert asked.urls == ["b"]


async def test_what_was_not_expected_is_asked_for_now() -> None:
    asked = Asked()
    asked.may_answer.set()
    ahead = Ahead(asked)
    await ahead.expect("b")
    assert await ahead.get("a") == "A"
    assert await ahead.get("b") == "B"
    assert await ahead.get("b") == "B"
    assert sorted(asked.urls) == ["a", "b", "b"]


async def test_an_error_is_met_by_who_wants_the_answer() -> None:
    async def fail(url: str) -> str:
        raise TransientError("host_unreachable", host=url)

    ahead = Ahead(fail)
    await ahead.expect("b")
    with pytest.raises(TransientError, match=r"\(b\)"):
        await ahead.get("b")


async def test_what_nobody_wants_is_given_up() -> None:
    asked = Asked()
    ahead = Ahead(asked)
    await ahead.expect("b")
    await ahead.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_error_that_nobody_met_is_nobodys() -> None:
    async def fail(url: str) -> str:
        raise TransientError("host_unreachable", host=url)

    ahead = Ahead(fail)
    await ahead.expect("b")
    await ahead.close()


async def test_who_stops_waiting_stops_the_request_too() -> None:
    asked = Asked()
    ahead = Ahead(asked)
    await ahead.expect("b")
    waiting = asyncio.create_task(ahead.get("b"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert asyncio.all_tasks() == {asyncio.current_task()}
