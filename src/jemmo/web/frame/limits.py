"""Limits around Django: the size of a body, the time it takes to arrive, and the time for reading a response.

Django itself would accept a whole body, to the disk if needed, for as long as that takes. Here it is read up to a
limit, without a thread or a database connection.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any

from jemmo.web.frame.headers import RAW
from jemmo.web.frame.peers import sender

LARGEST = 1024 * 1024
BODY_SECONDS = 30.0  # for a whole body to arrive
READER_SECONDS = 60.0  # for a client to read the next part of a response
# For the rest of a refused body: a browser that still sends does not see the response
LINGER_SECONDS = 2.0
PLACES, ALL_PLACES = 32, 256
"""Requests whose body has not arrived, of one sender and in total."""
TOO_LARGE = "jemmo.too_large"
"""Set in the scope of a request whose body was truncated, so that the rest is not read."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class TooLarge(Exception):
    """The body is larger than allowed."""


class TooSlow(Exception):
    """The body did not arrive in time."""


class Crowded(Exception):
    """Too many bytes of other bodies are held already."""


class InFlight:
    """Counts bytes held by each holder (a sender, an organization) and in total. Thread-safe."""

    def __init__(self, *, each: int, all_of_them: int) -> None:
        self._each, self._all = each, all_of_them
        self._held: Counter[str] = Counter()
        self._total = 0
        self._lock = Lock()

    @contextmanager
    def of(self, *holders: str) -> Iterator[Callable[[int], None]]:
        """Yield a function that counts a part for these holders or raises ``Crowded``. All is released at the end."""
        own = 0

        def add(size: int) -> None:
            nonlocal own
            own += size
            self._total += size
            self._held.update(dict.fromkeys(holders, size))

        def take(size: int) -> None:
            with self._lock:
                held = max(self._held[holder] for holder in holders)
                if held + size > self._each or self._total + size > self._all:
                    raise Crowded
                add(size)

        try:
            yield take
        finally:
            with self._lock:
                add(-own)
                for holder in holders:
                    if not self._held[holder]:
                        del self._held[holder]


class Gone(Exception):
    """The sender left before the body was complete."""


async def read_body(
    scope: Scope, receive: Receive, largest: int, take: Callable[[int], None] = lambda _: None
) -> bytes:
    """Read a whole body. Raises ``TooLarge``, ``TooSlow`` or ``Gone``, and what ``take`` raises for a part's size."""
    if _announced(scope) > largest:
        raise TooLarge
    body, more = bytearray(), True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    raise Gone
                part, more = message.get("body", b""), message.get("more_body", False)
                if len(body) + len(part) > largest:
                    raise TooLarge
                take(len(part))
                body += part
    except TimeoutError:
        raise TooSlow from None
    return bytes(body)


class SlowReader(Exception):
    """The client stopped reading, so the connection is closed."""


def limited(
    pages: App,
    *,
    sizes: InFlight | None = None,
    places: InFlight | None = None,
) -> App:
    """Wrap an application: bodies of at most ``LARGEST`` bytes in one message each, and clients that must keep reading.

    ``sizes`` counts the bytes of bodies until the response is sent, ``places`` the bodies that have not arrived.
    """
    sizes = sizes or InFlight(each=8 * LARGEST, all_of_them=64 * LARGEST)
    places = places or InFlight(each=PLACES, all_of_them=ALL_PLACES)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await pages(scope, receive, send)
            return
        scope[TOO_LARGE] = False
        with suppress(Gone, SlowReader), sizes.of(sender(scope)) as take:
            try:
                with places.of(sender(scope)) as place:
                    if _has_body(scope):
                        place(1)
                    body = await read_body(scope, receive, LARGEST, take)
            except TooSlow:
                await answer(send, 408)
            except Crowded:
                await answer(send, 503, retry_after="10", closes=True)
            except TooLarge:
                scope[TOO_LARGE] = True
                rest = Rest(scope, receive)
                await pages(scope, _after(b"", rest.receive), _timed(rest.lingering(send)))
            else:
                await pages(scope, _after(body, receive), _timed(send))

    return application


class Rest:
    """Discards the rest of a refused body for a moment longer than the response takes to send.

    A client that asked first (``Expect: 100-continue``) hasn't started to send it.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._asked_first = b"expect" in dict(scope["headers"])
        self._ended = asyncio.Event()
        if self._asked_first:
            self._ended.set()

    async def receive(self) -> MutableMapping[str, Any]:
        if self._asked_first:
            await asyncio.Event().wait()
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            self._ended.set()
        return message

    def lingering(self, send: Send) -> Send:
        async def held_open(message: MutableMapping[str, Any]) -> None:
            is_last = message["type"] == "http.response.body" and not message.get("more_body")
            await send({**message, "more_body": True} if is_last else message)
            if is_last:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LINGER_SECONDS):
                        await self._ended.wait()
                await send({"type": "http.response.body", "body": b""})

        return held_open


async def answer(
    send: Send, status: int, *, retry_after: str | None = None, closes: bool = False
) -> None:
    """Respond with only a status."""
    headers = [*RAW, (b"content-length", b"0"), (b"cache-control", b"no-store")]
    if closes or status in {408, 413}:
        headers.append((b"connection", b"close"))
    if retry_after is not None:
        headers.append((b"retry-after", retry_after.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _after(body: bytes, receive: Receive) -> Receive:
    """Return the body that was read, then what ``receive`` returns."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> MutableMapping[str, Any]:
        return messages.pop() if messages else await receive()

    return received


def _timed(send: Send) -> Send:
    async def sent(message: MutableMapping[str, Any]) -> None:
        try:
            async with asyncio.timeout(READER_SECONDS):
                await send(message)
        except TimeoutError:
            raise SlowReader from None

    return sent


def _has_body(scope: Scope) -> bool:
    return _announced(scope) > 0 or b"transfer-encoding" in dict(scope["headers"])


def _announced(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length[:20]) if length.isdigit() else 0
