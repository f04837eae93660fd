"""Lookup lists are read in full, even if an ATS sends endless pages. Over real HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from jemmo.connectors import whole
from jemmo.connectors.greenhouse.source import GreenhouseSource
from jemmo.connectors.jarvi.source import JarviSource
from jemmo.connectors.jsonapi.source import JsonApiSource
from jemmo.connectors.registry import CONNECTORS
from jemmo.connectors.teamtailor.account import TeamtailorAccount
from jemmo.domain.errors import PermanentError
from jemmo.domain.streams import Stream
from jemmo.rest_client.amounts import Amount

CIRCLE, ENDLESS = 3, 10**9
GREENHOUSE_IDS = {"client_id": "1", "pacing": "off"}

Ask = Callable[[str], Awaitable[object]]


class Ats:
    """Lists with ``pages`` pages, of which the last links back to the second, in three vendors' formats."""

    def __init__(self) -> None:
        self.pages = ENDLESS
        self.asked = 0

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "POST":
            return web.json_response({"access_token": "token", "expires_in": 600})
        self.asked += 1
        page = int(request.query.get("page", "0"))
        onward = 1 if page + 1 == self.pages else page + 1
        link = f"{request.path}?page={onward}"
        if "custom-fields" in request.path:
            row: Any = {"id": str(page), "type": "custom-fields", "attributes": {"name": "x"}}
            return web.json_response({"data": [row], "links": {"next": link}})
        return web.json_response(
            [{"id": page, "name": "x" * 100}], headers={"Link": f'<{link}>; rel="next"'}
        )


@pytest.fixture
def ats() -> Ats:
    return Ats()


@pytest.fixture
async def address(ats: Ats) -> AsyncIterator[str]:
    runner = web.ServerRunner(web.Server(ats.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def greenhouse(address: str) -> None:
    source = GreenhouseSource(CONNECTORS["greenhouse"].configure("k", address, GREENHOUSE_IDS))
    try:
        await source.lists.once("offices")
    finally:
        await source.close()


async def teamtailor(address: str) -> None:
    config = CONNECTORS["teamtailor"].configure("key", address, {"pacing": "off"})
    source = JsonApiSource(TeamtailorAccount(config))
    try:
        await source.lists.learn(Stream.TALENTS)
    finally:
        await source.close()


LOOKUPS = [greenhouse, teamtailor]


@pytest.mark.parametrize("look_up", LOOKUPS)
async def test_a_circular_lookup_list_is_aborted(ats: Ats, address: str, look_up: Ask) -> None:
    ats.pages = CIRCLE
    with pytest.raises(PermanentError) as told:
        await look_up(address)
    assert (told.value.code, ats.asked) == ("endless_list", CIRCLE)


@pytest.mark.parametrize("look_up", LOOKUPS)
async def test_the_number_of_lookup_pages_is_limited(
    ats: Ats, address: str, look_up: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "MAX_PAGES", 20)
    with pytest.raises(PermanentError) as told:
        await look_up(address)
    assert (told.value.code, ats.asked) == ("list_too_long", 21)
    assert "too long" in told.value.message


@pytest.mark.parametrize("look_up", LOOKUPS)
@pytest.mark.parametrize("kept", [Amount(2000, 10**9), Amount(10**9, 100)])
async def test_the_size_of_a_lookup_is_limited(
    ats: Ats, address: str, look_up: Ask, monkeypatch: pytest.MonkeyPatch, kept: Amount
) -> None:
    monkeypatch.setattr(whole, "KEPT", kept)
    with pytest.raises(PermanentError) as told:
        await look_up(address)
    assert told.value.code == "list_too_long"
    assert ats.asked < 40


async def test_the_size_of_jarvis_projects_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jarvi's lists have no links between pages; rows are requested by offset."""
    monkeypatch.setattr(whole, "KEPT", Amount(20_000, 10**9))
    asked = 0

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        skipped = json.loads(request.query.get("offset", "0"))
        rows = [{"id": str(skipped + number), "name": "x" * 100} for number in range(10)]
        return web.json_response({"data": rows, "total": 10**9})

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    config = CONNECTORS["jarvi"].configure(
        "key", f"http://127.0.0.1:{runner.addresses[0][1]}", {"pacing": "off"}
    )
    source = JarviSource(config)
    try:
        with pytest.raises(PermanentError) as told:
            await source.projects.whole()
    finally:
        await source.close()
        await runner.cleanup()
    assert told.value.code == "list_too_long"
    assert asked < 40
