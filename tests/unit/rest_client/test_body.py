"""An answer is taken up to a size, however it is packed. Over real HTTP."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp import web

from jemmo.domain.errors import PermanentError
from jemmo.rest_client import RestClient
from jemmo.rest_client.amounts import Amount, at_most

LARGEST = 300_000


@pytest.fixture(autouse=True)
def limit() -> Iterator[None]:
    with at_most(Amount(LARGEST, LARGEST)):
        yield


@pytest.fixture
async def ats() -> AsyncIterator[RestClient]:
    """Answers ``/<how>/<count>`` with so many bytes: packed, or in chunks without a declared length."""
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
async def test_an_answer_that_grows_too_large_is_refused(ats: RestClient, how: str) -> None:
    with pytest.raises(PermanentError) as told:
        await ats.get(f"/{how}/{LARGEST + 1}", len)
    assert told.value.code == "answer_too_large"


@pytest.mark.parametrize("how", ["gzip", "chunked"])
async def test_an_answer_as_large_as_allowed_is_read_whole(ats: RestClient, how: str) -> None:
    assert await ats.get(f"/{how}/{LARGEST}", len) == LARGEST


async def test_no_more_is_unpacked_than_is_taken(
    ats: RestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small packed answer may stand for any size: unpacking ends soon after the limit."""
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
