"""Simultaneous identical requests reach the application only once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jemmo.web.frame import one_answer
from jemmo.web.frame.one_answer import FRESH, SharedProbe


class Pages:
    """An application that responds with a number once it is released."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.fails = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["body"] == b""
        self.asked.append(scope)
        await self.may_answer.wait()
        if self.fails:
            raise RuntimeError
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(len(self.asked)).encode()})


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def ask(app: SharedProbe, **more: Any) -> tuple[int, bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nobody's body is read")

    scope = {"type": "http", "method": "GET", "path": "/readyz", "headers": [], **more}
    await app(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


async def test_simultaneous_requests_get_the_same_response(clock: Clock) -> None:
    pages = Pages()
    app = SharedProbe(pages, "/readyz", clock=clock)
    pages.may_answer.clear()
    asking = [asyncio.create_task(ask(app)) for _ in range(500)]
    await asyncio.sleep(0)
    clock.now += 10 * FRESH  # it takes long, and new requests still wait for the running one
    asking.append(asyncio.create_task(ask(app)))
    await asyncio.sleep(0)
    pages.may_answer.set()
    assert set(await asyncio.gather(*asking)) == {(200, b"1")}


async def test_a_response_is_reused_briefly(clock: Clock) -> None:
    pages = Pages()
    app = SharedProbe(pages, "/readyz", clock=clock)
    assert await ask(app) == (200, b"1")
    clock.now += FRESH / 2
    assert await ask(app) == (200, b"1")
    clock.now += FRESH / 2
    assert await ask(app) == (200, b"2")


async def test_request_content_is_not_passed_on(clock: Clock) -> None:
    pages = Pages()
    app = SharedProbe(pages, "/readyz", clock=clock)
    await ask(app, method="HEAD", headers=[(b"cookie", b"x")], query_string=b"x=1")
    assert pages.asked[0]["headers"] == []
    assert pages.asked[0]["query_string"] == b""
    assert await ask(app, method="POST") == (405, b"")


async def test_a_canceled_request_does_not_affect_the_others(clock: Clock) -> None:
    pages = Pages()
    app = SharedProbe(pages, "/readyz", clock=clock)
    pages.may_answer.clear()
    first, second = asyncio.create_task(ask(app)), asyncio.create_task(ask(app))
    await asyncio.sleep(0)
    first.cancel()
    pages.may_answer.set()
    assert await second == (200, b"1")


async def test_a_failure_is_not_reused(clock: Clock) -> None:
    pages = Pages()
    app = SharedProbe(pages, "/readyz", clock=clock)
    pages.fails = True
    with pytest.raises(RuntimeError):
        await ask(app)
    pages.fails = False
    assert await ask(app) == (200, b"2")


async def test_a_missing_response_is_not_awaited_forever(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_answer, "PATIENCE", 0.01)
    pages = Pages()
    pages.may_answer.clear()
    assert await ask(SharedProbe(pages, "/readyz", clock=clock)) == (503, b"")
    pages.may_answer.set()
