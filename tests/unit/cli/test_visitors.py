"""A web process serves a limited number of connections, and waits a limited time for a request's head."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvicorn

from jemmo.cli.operations import visitors
from jemmo.cli.operations.server import server_config
from jemmo.store.db import budget
from jemmo.web.frame import limits

ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF = ASK[:-4]
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture(autouse=True)
def proxied(monkeypatch: pytest.MonkeyPatch) -> None:
    """All visitors in these tests have the same address, as behind a proxy."""
    monkeypatch.setenv("JEMMO_PROXIES", "1")


class Site:
    """A running server."""

    def __init__(self, address: tuple[str, int], server: uvicorn.Server) -> None:
        self.address, self.server = address, server

    async def open(self) -> Connection:
        return await asyncio.open_connection(*self.address)


async def ask(connection: Connection) -> bytes:
    """Send a request; return the response's head."""
    reader, writer = connection
    writer.write(ASK)
    return await reader.readuntil(b"\r\n\r\n")


async def end(connection: Connection) -> bytes:
    async with asyncio.timeout(30):
        return await connection[0].read()


@contextlib.asynccontextmanager
async def serving(
    most: int,
    deadlines: list[Any] | None = None,
    wrapped: Callable[[limits.App], limits.App] = lambda pages: pages,
) -> AsyncIterator[Site]:
    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        visitors_now: set[Any] = set(server.server_state.connections)
        if deadlines is not None:
            deadlines.extend(visitor._deadline for visitor in visitors_now)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    config = server_config(wrapped(application))
    config.limit_concurrency = most
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        yield Site(listening.getsockname(), server)
        server.should_exit = True
        await running


async def test_beyond_the_limit_there_is_a_time_to_retry() -> None:
    async with serving(2) as site:
        first, second = await site.open(), await site.open()
        assert b" 204 " in await ask(first)
        assert b" 204 " in await ask(second)
        third = await site.open()
        refused = await ask(third)
        assert b" 503 " in refused
        assert b"retry-after: 10" in refused.lower()
        assert await end(third) == b""
        assert b" 204 " in await ask(first)  # the first connection is still served
        for _, writer in (first, second, third):
            writer.close()


async def test_far_beyond_it_a_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "WEB_CLIENTS_REFUSED", 0)
    async with serving(1) as site:
        first = await site.open()
        assert b" 204 " in await ask(first)
        second = await site.open()
        with contextlib.suppress(ConnectionResetError):
            assert await end(second) == b""
        for _, writer in (first, second):
            writer.close()


@pytest.mark.parametrize(("before", "sent"), [(b"", b""), (b"", HALF), (ASK, HALF)])
async def test_an_endless_head_is_not_awaited(
    monkeypatch: pytest.MonkeyPatch, before: bytes, sent: bytes
) -> None:
    monkeypatch.setattr(visitors, "HEAD_SECONDS", 0.01)
    async with serving(9) as site:
        visitor = await site.open()
        if before:
            await ask(visitor)
        visitor[1].write(sent)
        assert await end(visitor) == b""
        visitor[1].close()


SLOW = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    "sent", [b"Content-Length: 9\r\n\r\na=", b"Transfer-Encoding: chunked\r\n\r\n2\r\na=\r\n"]
)
async def test_an_endless_body_is_not_awaited(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.01)
    async with serving(9, wrapped=limits.limited) as site:
        visitor = await site.open()
        visitor[1].write(SLOW + sent)
        answer = await end(visitor)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in answer.lower()
        visitor[1].close()
        other = await site.open()
        assert b" 204 " in await ask(other)
        other[1].close()


async def test_a_response_may_take_longer_than_the_head() -> None:
    deadlines: list[Any] = []
    async with serving(9, deadlines) as site:
        visitor = await site.open()
        visitor[1].write(HALF)
        visitor[1].write(ASK[-4:])
        await visitor[0].readuntil(b"\r\n\r\n")
        visitor[1].close()
    assert deadlines == [None]


def test_what_each_connection_would_log_is_logged_once_a_minute() -> None:
    now = 0.0
    seldom = visitors.Seldom(visitors.NO_FILES, clock=lambda: now)

    def passes(text: str) -> bool:
        return seldom.filter(logging.LogRecord("asyncio", 40, "", 0, text, None, None))

    assert [passes(visitors.NO_FILES), passes(visitors.NO_FILES)] == [True, False]
    assert passes("Something else")
    now = 60.0
    assert passes(f"{visitors.NO_FILES}\nsocket: 7")


def test_file_descriptors_are_left_for_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    assert budget.web_clients() == budget.WEB_CLIENTS
    monkeypatch.setenv("JEMMO_WEB_CLIENTS", "5000")
    assert budget.web_clients() == 1024 - budget.WEB_CLIENTS_REFUSED - budget.OTHER_FILES


async def test_one_address_takes_at_most_half_of_the_slots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JEMMO_PROXIES", "0")
    async with serving(8) as site:

        async def visit() -> Connection:
            return await asyncio.open_connection(*site.address, local_addr=("127.0.0.2", 0))

        mine = [await visit() for _ in range(4)]
        for one in mine:
            assert b" 204 " in await ask(one)
        fifth = await visit()
        assert b" 503 " in await ask(fifth)
        other = await site.open()
        for one in (other, *mine):
            assert b" 204 " in await ask(one)
        for _, writer in (fifth, other, *mine):
            writer.close()


async def test_this_machine_may_take_all_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEMMO_PROXIES", "0")
    async with serving(8) as site:
        all_of_them = [await site.open() for _ in range(8)]
        for one in all_of_them:
            assert b" 204 " in await ask(one)
            one[1].close()
