"""Several connections of one organization, to the same or different ATSs, don't affect each other."""

from __future__ import annotations

import asyncio
import dataclasses
from contextlib import AsyncExitStack
from typing import Any

import pytest
from contracts.harness import Harness, Vendor, start
from contracts.vendors.flatchr import FLATCHR
from contracts.vendors.greenhouse import GREENHOUSE
from contracts.vendors.jarvi import JARVI
from contracts.vendors.teamtailor import TEAMTAILOR
from fakes.company import Company, company

from jemmo.domain.streams import Mode, Stream
from jemmo.store.sync.tables import TABLES

pytestmark = pytest.mark.one_server

SIDE_BY_SIDE: tuple[tuple[Vendor, int], ...] = (
    (TEAMTAILOR, 30),
    (TEAMTAILOR, 40),
    (FLATCHR, 30),
    (JARVI, 30),
    (GREENHOUSE, 30),
)
STREAMS = (Stream.JOBS, Stream.TALENTS, Stream.APPLICATIONS)


async def connected(ats: Harness, database_url: str) -> Company:
    return await company(
        database_url,
        base_url=ats.base_url,
        key=ats.server.key,
        provider=ats.vendor.name,
        options=dict(ats.vendor.options),
        org="acme",
    )


async def held(found: Company) -> dict[str, Any]:
    """Return every stored record of a connection, including tombstones."""
    rows = {}
    for stream in STREAMS:
        rows[stream.value] = await found.rows(
            f"SELECT remote_id, content_hash, remote_deleted_at, modified_at "
            f"FROM {TABLES[stream].name} WHERE connection_id = {{me}} ORDER BY remote_id"
        )
    return rows


async def strangers(found: Company) -> int:
    """Return applications that refer to a talent or job of another connection."""
    return int(
        await found.value(
            "SELECT count(*) FROM application a LEFT JOIN talent t ON t.id = a.talent_id "
            "LEFT JOIN job j ON j.id = a.job_id WHERE a.connection_id = {me} AND "
            "(t.connection_id <> a.connection_id OR j.connection_id <> a.connection_id)"
        )
    )


@pytest.mark.long
async def test_each_connection_mirrors_only_its_own_ats(database_url: str) -> None:
    async with AsyncExitStack() as stack:
        sandboxes = [
            await stack.enter_async_context(start(dataclasses.replace(vendor), talents=talents))
            for vendor, talents in SIDE_BY_SIDE
        ]
        found = [await connected(one, database_url) for one in sandboxes]
        await asyncio.gather(*(one.sync() for one in found))

        first, second = found[0], found[1]
        shared = await first.ids(Stream.TALENTS) & await second.ids(Stream.TALENTS)
        assert len(shared) > 20  # the same ids in two accounts
        for one in found:
            assert (await one.verify()).equal
            assert await strangers(one) == 0
        before = [await held(one) for one in found]

        talent = sorted(shared)[0]
        await sandboxes[0].delete_talent(talent)
        await first.sync(Mode.RECONCILE)

        after = [await held(one) for one in found]
        assert after[0] != before[0]
        assert after[1:] == before[1:]
        assert talent not in await first.ids(Stream.TALENTS)
        assert talent in await second.ids(Stream.TALENTS)
