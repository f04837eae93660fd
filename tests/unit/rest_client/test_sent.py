"""Only requests that reached the ATS are counted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from urllib.parse import unquote

import pytest
from aiohttp import web

from jemmo.connectors.refusals import refusals
from jemmo.domain.errors import JemmoError, TransientError
from jemmo.rest_client import Downloads, Hosts, RestClient

REFUSE = refusals("Acme", key_help="Ask Acme.", status_page="https://status.example.com")
UNREACHABLE = ["http://127.0.0.1:{port}", "https://127.0.0.1:{port}", "http://acme.invalid"]


MOVED = {
    "/jobs": "/jobs/",
    "/same": "/jobs/?b=%C3%A9&a=1&page=1",
    "/other": "/jobs/?a=1",
}


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
async def ats() -> AsyncIterator[tuple[str, list[str]]]:
    """An ATS that closes idle connections, disconnects at ``/broken``, and records its requests."""
    received: list[str] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        received.append(request.path)
        if request.path in MOVED:
            raise web.HTTPMovedPermanently(MOVED[request.path])
        if request.path == "/broken":
            assert request.transport is not None
            request.transport.abort()
            await asyncio.Event().wait()
        response = web.Response(text=request.query_string or "none")
        response.force_close()
        return response

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", received
    await runner.cleanup()


@pytest.mark.parametrize("address", UNREACHABLE)
@pytest.mark.usefixtures("no_retry_pauses")
async def test_an_outage_counts_nothing(address: str, closed_port: int) -> None:
    base = address.format(port=closed_port)
    client = RestClient(base, headers={}, refuse=REFUSE, pacer=None)
    downloads = Downloads(Hosts(base))
    try:
        with pytest.raises(JemmoError):
            await client.get("/", len)
        with pytest.raises(JemmoError):
            await downloads.fetch(f"{base}/x", max_bytes=10)
    finally:
        await client.close()

    assert (client.requests, downloads.requests) == (0, 0)


@pytest.mark.usefixtures("no_retry_pauses")
async def test_requests_that_reached_the_ats_are_counted(ats: tuple[str, list[str]]) -> None:
    base, received = ats
    client = RestClient(base, headers={}, refuse=REFUSE, pacer=None)
    downloads = Downloads(Hosts(base))
    try:
        for _ in range(3):
            await client.get("/", len)
        with pytest.raises(TransientError):
            await client.get("/broken", len)
        await downloads.fetch(f"{base}/file", max_bytes=10)
    finally:
        await client.close()

    assert client.requests + downloads.requests == len(received)
    assert received.count("/broken") > 1


@pytest.mark.parametrize(("path", "query"), [("jobs", "a=1&b=é"), ("same", "b=é&a=1&page=1")])
async def test_a_redirect_keeps_the_query(
    ats: tuple[str, list[str]], path: str, query: str
) -> None:
    base, _ = ats
    client = RestClient(base, headers={}, refuse=REFUSE, pacer=None)
    try:
        assert unquote((await client.get(f"{path}?a=1&b=%C3%A9", bytes)).decode()) == query
    finally:
        await client.close()


async def test_a_redirect_that_drops_parameters_is_refused(ats: tuple[str, list[str]]) -> None:
    """The response would be a list without the requested filters or fields."""
    base, received = ats
    client = RestClient(base, headers={}, refuse=REFUSE, pacer=None)
    try:
        with pytest.raises(JemmoError):
            await client.get("other?a=1&b=2", bytes)
    finally:
        await client.close()
    assert received == ["/other"]
