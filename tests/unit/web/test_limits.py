"""Endless request bodies take limited memory, whoever sends them."""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import Any

import pytest
from pytest_django import Settings

from jemmo.web.frame.limits import (
    ALL_PLACES,
    LARGEST,
    PLACES,
    Crowded,
    InFlight,
    limited,
    read_body,
)
from jemmo.web.frame.peers import sender

SCOPE: dict[str, Any] = {"headers": []}


def test_limits_apply_to_one_sender_and_to_all() -> None:
    in_flight = InFlight(each=10, all_of_them=15)
    with in_flight.of("a") as first, in_flight.of("a") as second, in_flight.of("b") as other:
        first(6)
        second(4)
        with pytest.raises(Crowded):
            first(1)
        other(5)
        with pytest.raises(Crowded):
            other(1)
    with in_flight.of("a") as again:
        again(10)


async def test_an_endless_body_counts_until_its_sender_is_gone() -> None:
    in_flight = InFlight(each=10, all_of_them=100)
    waits = asyncio.Event()

    async def unfinished() -> None:
        parts = [{"type": "http.request", "body": b"x" * 8, "more_body": True}]

        async def receive() -> dict[str, Any]:
            if parts:
                return parts.pop()
            waits.set()
            return await asyncio.Event().wait()  # type: ignore[return-value]

        with in_flight.of("a") as take:
            await read_body(SCOPE, receive, 100, take)

    async def whole() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * 8}

    first = asyncio.create_task(unfinished())
    await waits.wait()
    with pytest.raises(Crowded), in_flight.of("a") as take:
        await read_body(SCOPE, whole, 100, take)
    with in_flight.of("b") as take:
        assert await read_body(SCOPE, whole, 100, take) == b"x" * 8
    first.cancel()
    await asyncio.wait([first])
    with in_flight.of("a") as take:
        assert await read_body(SCOPE, whole, 100, take) == b"x" * 8


class Visit:
    """A request from an address: its body, and the response status."""

    def __init__(self, client: str, *parts: bytes, length: int = 0, **headers: str) -> None:
        self.scope: dict[str, Any] = {
            "type": "http",
            "client": (client, 1),
            "headers": [
                (b"content-length", str(length).encode()),
                *(
                    (name.replace("_", "-").encode(), value.encode())
                    for name, value in headers.items()
                ),
            ],
        }
        self.status = 0
        self.waits = asyncio.Event()
        self._sent = list(parts)
        self._length = length

    async def receive(self) -> dict[str, Any]:
        if self._sent:
            part = self._sent.pop(0)
            self._length -= len(part)
            return {"type": "http.request", "body": part, "more_body": self._length > 0}
        self.waits.set()
        return await asyncio.Event().wait()  # type: ignore[return-value]

    async def send(self, message: Any) -> None:
        self.status = message.get("status", self.status)

    def begin(self, pages: Any) -> asyncio.Task[None]:
        return asyncio.create_task(pages(self.scope, self.receive, self.send))


async def _answers(_scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 204, "headers": []})


async def _end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_unfinished_bodies_of_one_visitor_leave_slots_to_others() -> None:
    pages = limited(_answers)
    half = [Visit("198.51.100.7", b"x", length=2) for _ in range(PLACES)]
    waiting = [one.begin(pages) for one in half]
    for one in half:
        await one.waits.wait()
    more = Visit("198.51.100.7", b"xx", length=2)
    chunked = Visit("198.51.100.7", b"", transfer_encoding="chunked")
    page = Visit("198.51.100.7", b"")
    other = Visit("198.51.100.8", b"xx", length=2)
    for one in (more, chunked, page, other):
        await one.begin(pages)
    assert [one.status for one in (more, chunked, page, other)] == [503, 503, 204, 204]
    await _end(*waiting)
    again = Visit("198.51.100.7", b"xx", length=2)
    await again.begin(pages)
    assert again.status == 204


async def test_the_total_number_of_slots_is_limited_too() -> None:
    pages = limited(_answers)
    half = [Visit(f"198.51.100.{one // 9}", b"x", length=2) for one in range(ALL_PLACES)]
    waiting = [one.begin(pages) for one in half]
    for one in half:
        await one.waits.wait()
    other = Visit("203.0.113.9", b"xx", length=2)
    await other.begin(pages)
    assert other.status == 503
    await _end(*waiting)


async def test_a_body_counts_until_the_response() -> None:
    """Complete bodies that wait for their turn take as much memory as unfinished ones."""
    turn = asyncio.Event()

    async def answers_later(scope: Any, receive: Any, send: Any) -> None:
        await turn.wait()
        await _answers(scope, receive, send)

    pages = limited(answers_later, sizes=InFlight(each=10, all_of_them=15))
    first = Visit("198.51.100.7", b"x" * 10, length=10)
    waiting = first.begin(pages)
    second = Visit("198.51.100.7", b"x", length=1)
    await second.begin(pages)
    third = Visit("203.0.113.9", b"x" * 6, length=6)
    await third.begin(pages)
    assert (second.status, third.status) == (503, 503)
    turn.set()
    await waiting
    last = Visit("203.0.113.9", b"x" * 6, length=6)
    await last.begin(pages)
    assert (first.status, last.status) == (204, 204)


@pytest.mark.parametrize("most", [LARGEST // 8, pytest.param(LARGEST, marks=pytest.mark.long)])
async def test_a_body_in_tiny_parts_takes_only_its_size(most: int) -> None:
    parts = iter([b"ab"] * (most // 2 - 1))

    async def receive() -> dict[str, Any]:
        part = next(parts, None)
        body = b"" if part is None else bytes(bytearray(part))
        return {"type": "http.request", "body": body, "more_body": part is not None}

    tracemalloc.start()
    body = await read_body(SCOPE, receive, most)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(body) == most - 2
    assert peak < 4 * most


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "whose"),
    [
        ("198.51.100.7", "", 0, "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", 0, "198.51.100.7"),
        ("127.0.0.1", "192.0.2.1, 203.0.113.9", 1, "203.0.113.9"),
        ("::ffff:198.51.100.7", "", 0, "198.51.100.7"),
        ("2001:db8:1:2::9", "", 0, "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "", 0, "fe80::/64"),
        ("", "", 0, "0.0.0.0"),
    ],
)
def test_a_request_counts_toward_its_holder(
    settings: Settings, peer: str, forwarded: str, proxies: int, whose: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    assert sender({"client": (peer, 1), "headers": headers}) == whose
