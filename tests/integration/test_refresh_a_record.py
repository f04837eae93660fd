"""Refresh one record, also while a sync of its connection is under way."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from fakes.company import Company, company, in_thread

from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox import run_sandbox
from jemmo.services.records import refresh as records
from jemmo.services.webhooks.refetch import Lane
from jemmo.vault import default_vault


async def refresh(found: Company, stream: Stream, remote_id: str) -> int:
    return await in_thread(
        partial(records.refresh, found.id, stream, remote_id, vault=default_vault())
    )


async def drain(found: Company) -> None:
    lane = Lane(found.database_url, default_vault())
    try:
        await lane.drain()
    finally:
        await lane.close()


async def test_a_talent_is_read_again_beside_a_running_sync(database_url: str) -> None:
    async with run_sandbox(talents=60, seed=5, switches={"rate_limit": False}) as ats:
        found = await company(
            database_url, base_url=ats.base_url, key=ats.key, options={"page_size": "10"}
        )
        await found.sync()
        rows = await found.rows(
            "SELECT t.remote_id, count(*) FROM talent t JOIN application a ON a.talent_id = t.id "
            "GROUP BY 1 ORDER BY 1 LIMIT 1"
        )
        remote_id, applications = rows[0]
        ats.faults.set("hold=/v1/candidates:3")
        running = asyncio.create_task(found.sync(Mode.INITIAL))
        while not await found.value("SELECT count(*) FROM lease"):
            await asyncio.sleep(0.01)
        await ats.change("edit", "candidate", remote_id, attributes={"first-name": "Refreshed"})

        assert await refresh(found, Stream.TALENTS, remote_id) == 1 + applications
        await drain(found)

        held = await found.record(Stream.TALENTS, remote_id)
        assert held["first_name"] == "Refreshed"
        assert not running.done()
        ats.faults.set("")
        await running
        assert (await found.record(Stream.TALENTS, remote_id))["first_name"] == "Refreshed"


async def test_what_cannot_be_asked_for_alone_is_refused(database_url: str) -> None:
    found = await company(database_url, base_url="http://127.0.0.1:1")

    with pytest.raises(ConfigError) as refused:
        await refresh(found, Stream.STAGES, "1")
    assert refused.value.code == "not_refreshable"

    await found.rows("UPDATE connection SET state = 'paused' RETURNING 1")
    with pytest.raises(ConfigError) as refused:
        await refresh(found, Stream.TALENTS, "1")
    assert refused.value.code == "paused"
