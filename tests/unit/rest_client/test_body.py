"""Responses are accepted up to a maximum size, however they are compressed. Over real HTTP."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp import web

from jemmo.domain.errors import PermanentError, SliceOver
from jemmo.rest_client import RestClient, amounts
from jemmo.rest_client.amounts import Amount, at_most
from jemmo.rest_client.retries import giving_way

LARGEST = 300_000


@pytest.fixture(autouse=True)
def limit() -> Iterator[None]:
    with at_most(Amount(LARGEST, LARGEST)):
        yield


@pytest.fixture
async def ats() -> AsyncIterator[RestClient]:
    """Responds to ``/<how>/<count>`` with ``count`` bytes, compressed or in chunks without a declared length."""
    runner = web.ServerRunner(web.Server(_answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    client = RestClient(
        f"http://127.0.0.1:{runner.addresses[0][1]}",
        headers={},
        refuse=lambda _: PermanentError("refused"),
        pacer=None,
    )
    yield client
    await client.close()
    await runner.cleanup()


async def _answer(request: web.BaseRequest) -> web.StreamResponse:
    _, how, count = request.path.split("/")
    body = b"0" * int(count)
    if how == "gzip":
        return web.Response(body=gzip.compress(body), headers={"Content-Encoding": "gzip"})
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    await response.prepare(request)
    for start in range(0, len(body), 8192):
        await response.write(body[start : start + 8192])
    return response


@pytest.mark.parametrize("how", ["gzip", "chunked"])
async def test_a_response_that_grows_too_large_is_refused(ats: RestClient, how: str) -> None:
    with pytest.raises(PermanentError) as told:
        await ats.get(f"/{how}/{LARGEST + 1}", len)
    assert told.value.code == "answer_too_large"


@pytest.mark.parametrize("how", ["gzip", "chunked"])
async def test_a_response_of_maximum_size_is_read_completely(ats: RestClient, how: str) -> None:
    assert await ats.get(f"/{how}/{LARGEST}", len) == LARGEST


async def test_decompression_stops_at_the_limit(
    ats: RestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small compressed response may expand to any size, so decompression stops soon after the limit."""
    unpacked = 0
    feed = aiohttp.StreamReader.feed_data

    def counted(reader: aiohttp.StreamReader, data: bytes, size: int = 0) -> bool:
        nonlocal unpacked
        unpacked += len(data)
        return feed(reader, data, size)

    monkeypatch.setattr(aiohttp.StreamReader, "feed_data", counted)
    with pytest.raises(PermanentError):
        await ats.get(f"/gzip/{200 * LARGEST}", len)
    assert LARGEST < unpacked < 10 * LARGEST


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> int:
    """Lower the size that counts as large, with no limit on concurrent large bodies."""
    monkeypatch.setattr(amounts, "LARGE", LARGEST // 2)
    monkeypatch.setattr(amounts, "LARGE_PAUSE", 0.0)
    return LARGEST


async def test_few_clients_of_a_worker_hold_large_responses(ats: RestClient, large: int) -> None:
    holders = [object() for _ in range(amounts.LARGE_HOLDERS)]
    with giving_way():
        for holder in holders:
            await amounts.places.take(holder)
        try:
            with pytest.raises(SliceOver):
                await ats.get(f"/chunked/{large}", len)
            assert await ats.get(f"/chunked/{large // 2}", len) == large // 2
        finally:
            for holder in holders:
                amounts.places.leave(holder)
        assert await ats.get(f"/chunked/{large}", len) == large


async def test_a_closed_client_frees_its_slot(ats: RestClient, large: int) -> None:
    with giving_way():
        for _ in range(amounts.LARGE_HOLDERS + 1):
            assert await ats.get(f"/gzip/{large}", len) == large
            await ats.close()
            other = object()
            await amounts.places.take(other)
            amounts.places.leave(other)


async def test_a_command_needs_no_slot(ats: RestClient, large: int) -> None:
    holders = [object() for _ in range(amounts.LARGE_HOLDERS)]
    with giving_way():
        for holder in holders:
            await amounts.places.take(holder)
    try:
        assert await ats.get(f"/chunked/{large}", len) == large
    finally:
        for holder in holders:
            amounts.places.leave(holder)
