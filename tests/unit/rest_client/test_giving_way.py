"""Work that blocks others waits only briefly for its turn, and is postponed instead of waiting longer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from jemmo.connectors.refusals import refusals
from jemmo.domain.errors import Postponed, SliceOver, TransientError
from jemmo.rest_client import Pacer, RestClient
from jemmo.rest_client import client as client_module
from jemmo.rest_client.download import Downloads, Hosts
from jemmo.rest_client.retries import MAX_WAIT, MAX_WAIT_ALONE, CutOff, giving_way, patience

REFUSE = refusals("Acme", key_help="Ask Acme.", status_page="https://status.example.com")
HOUR = timedelta(hours=1)


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """An ATS that asks for a wait of 90 seconds at ``/busy`` and, once, for a wait until now at ``/soon``."""
    refused: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.path == "/silent":
            await asyncio.Event().wait()
        if request.path == "/trickle":
            told = web.StreamResponse()
            await told.prepare(request)
            while True:
                await told.write(b" ")
                await asyncio.sleep(0.01)
        if request.path == "/later":
            return web.Response(status=429, headers={"Retry-After": "30"})
        if request.path == "/busy":
            return web.Response(status=429, headers={"Retry-After": "90"})
        if request.path == "/busy/for/an/hour":
            return web.Response(status=429, headers={"Retry-After": "3600"})
        if request.path == "/soon" and not refused:
            refused.append(request.path)
            return web.Response(status=429, headers={"Retry-After": f"{time.time():.0f}"})
        return web.Response(body=b"[1]")

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_slow_pace_postpones(address: str) -> None:
    client = RestClient(address, headers={}, refuse=REFUSE, pacer=Pacer(1, HOUR.total_seconds()))
    try:
        with giving_way():
            began = datetime.now(UTC)
            assert await client.get("/", len) == 3
            for _ in range(2):  # the first attempt reserved nothing
                with pytest.raises(Postponed) as told:
                    await client.get("/", len)
                assert began + HOUR <= told.value.resume_at <= datetime.now(UTC) + HOUR
    finally:
        await client.close()


async def test_a_long_wait_requested_by_the_ats_postpones(address: str) -> None:
    client = RestClient(address, headers={}, refuse=REFUSE, pacer=None)
    try:
        began = datetime.now(UTC)
        with giving_way(), pytest.raises(Postponed) as told:
            await client.get("/busy", len)
        assert told.value.resume_at >= began + timedelta(seconds=90)
        assert client.requests == 1
    finally:
        await client.close()


@pytest.mark.parametrize(("way", "sent"), [(giving_way, 2), (nullcontext, 6)])
async def test_a_hanging_ats_is_tried_twice(
    address: str,
    monkeypatch: pytest.MonkeyPatch,
    way: Callable[[], AbstractContextManager[None]],
    sent: int,
) -> None:
    monkeypatch.setattr(client_module, "_TIMEOUT", aiohttp.ClientTimeout(sock_read=0.01))
    client = RestClient(address, headers={}, refuse=REFUSE, pacer=None, pause=lambda *_: 0.0)
    try:
        with way(), pytest.raises(TransientError) as told:
            await client.get("/silent", len)
        assert (told.value.code, client.requests) == ("timeout", sent)
    finally:
        await client.close()


async def test_a_timestamp_is_not_taken_for_seconds(address: str) -> None:
    """Interpreted as seconds, it would block a key for all processes that share it."""
    pacer = Pacer(50, 10)
    client = RestClient(address, headers={}, refuse=REFUSE, pacer=pacer)
    try:
        with giving_way():
            assert await client.get("/soon", len) == 3
        assert client.requests == 2
        assert client.received == len(b"[1]")
    finally:
        await client.close()


async def test_other_work_waits_for_five_minutes_at_most(address: str) -> None:
    """Then it ends with a time for resuming, so that no longer wait is invisible."""
    client = RestClient(address, headers={}, refuse=REFUSE, pacer=None)
    try:
        with pytest.raises(Postponed) as told:
            await client.get("/busy/for/an/hour", len)
        assert told.value.resume_at > datetime.now(UTC) + timedelta(seconds=MAX_WAIT_ALONE)
        assert client.requests == 1
    finally:
        await client.close()


def test_other_work_is_patient() -> None:
    with giving_way():
        assert patience() == MAX_WAIT
    assert patience() == MAX_WAIT_ALONE


async def waits_for(client: RestClient, path: str, cut_off: CutOff) -> None:
    with giving_way(cut_off):
        await client.get(path, len)


@pytest.mark.parametrize("path", ["/silent", "/trickle", "/later"])
async def test_waiting_for_an_ats_can_be_interrupted(address: str, path: str) -> None:
    client, cut_off = RestClient(address, headers={}, refuse=REFUSE, pacer=None), CutOff()
    waiting = asyncio.create_task(waits_for(client, path, cut_off))
    try:
        while not client.requests:
            await asyncio.sleep(0)
        cut_off.set()
        with pytest.raises(SliceOver):
            await waiting
        with pytest.raises(SliceOver):  # it starts nothing else either
            await waits_for(client, "/", cut_off)
        assert await client.get("/", len) == 3  # others continue
    finally:
        await client.close()


async def test_waiting_for_a_turn_can_be_interrupted(address: str) -> None:
    client = RestClient(address, headers={}, refuse=REFUSE, pacer=Pacer(1, MAX_WAIT - 1))
    cut_off = CutOff()
    try:
        assert await client.get("/", len) == 3
        waiting = asyncio.create_task(waits_for(client, "/", cut_off))
        await asyncio.sleep(0)
        cut_off.set()
        with pytest.raises(SliceOver):
            await waiting
        assert client.requests == 1
    finally:
        await client.close()


async def test_a_download_can_be_interrupted(address: str) -> None:
    cut_off, downloads = CutOff(), Downloads(Hosts(address))

    async def fetched() -> None:
        with giving_way(cut_off):
            await downloads.fetch(f"{address}/trickle", max_bytes=1_000_000)

    waiting = asyncio.create_task(fetched())
    while not downloads.requests:
        await asyncio.sleep(0)
    cut_off.set()
    with pytest.raises(SliceOver):
        await waiting
