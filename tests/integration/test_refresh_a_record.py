"""Refreshing a record, even while its connection is being synced."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial

import pytest
from fakes.company import Company, company, in_thread

from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox import run_sandbox
from jemmo.services.records import explanations
from jemmo.services.records import refresh as records
from jemmo.services.webhooks import endpoints as webhooks
from jemmo.services.webhooks.refetch import RefetchWorker
from jemmo.store.models import Connection
from jemmo.store.records.refresh_outcome import State
from jemmo.vault import default_vault


async def refresh(found: Company, stream: Stream, remote_id: str) -> int:
    return await in_thread(
        partial(records.request_record_refetch, found.id, stream, remote_id, vault=default_vault())
    )


async def drain(found: Company) -> None:
    lane = RefetchWorker(found.database_url, default_vault())
    try:
        await lane.drain()
    finally:
        await lane.close()


async def test_a_talent_is_refetched_during_a_running_sync(database_url: str) -> None:
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


@pytest.mark.long
async def test_a_deleted_record_is_not_reported_as_read_while_its_deletion_waits(
    database_url: str,
) -> None:
    async with run_sandbox(talents=60, seed=5, switches={"rate_limit": False}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        talents = sorted(await found.ids(Stream.TALENTS))
        for talent in talents[:45]:
            await ats.change("delete", "candidates", talent)
        await found.sync(Mode.RECONCILE)
        await ats.change("delete", "candidates", talents[45])

        done, _ = [
            await in_thread(
                partial(
                    records.refetch_now,
                    records.RecordRef(
                        connection_id=found.id, stream=Stream.TALENTS, remote_id=remote_id
                    ),
                    database_url=found.database_url,
                    vault=default_vault(),
                )
            )
            for remote_id in (talents[0], talents[45])
        ]
        listed, gone, present = [
            await in_thread(partial(explain, found, talents[number])) for number in (0, 45, 46)
        ]
        await found.sync(Mode.RECONCILE)
        compared = await in_thread(partial(explain, found, talents[45]))

    assert (done.outcome, done.changed) == (State.KEPT, False)
    assert done.error is not None
    assert done.error["code"] == "deletion_waits"
    assert done.needs_action
    assert talents[0] in await found.ids(Stream.TALENTS)
    assert (listed, gone, compared) == ("deletion_paused", "gone", "deletion_paused")
    assert present in {"shown", "excluded"}


def explain(found: Company, remote_id: str) -> str:
    org = Connection.objects.get(id=found.id).org
    (answer,) = explanations.explain_record(org, remote_id, now=datetime.now(UTC))
    return answer.verdict


async def test_refreshing_a_record_sets_up_no_webhooks(database_url: str) -> None:
    async with run_sandbox(talents=10, seed=5, switches={"rate_limit": False}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        remote_id = sorted(await found.ids(Stream.TALENTS))[0]
        await refresh(found, Stream.TALENTS, remote_id)
        await drain(found)
        await ats.change("edit", "candidate", remote_id, attributes={"pitch": "New"})
        await found.sync(Mode.INCREMENTAL)

    def described() -> tuple[bool, str, int | None, bool]:
        connection = Connection.objects.get(id=found.id)
        status = webhooks.status(connection)
        is_known = webhooks.existing_address(connection, default_vault()) is not None
        return status.set_up, status.words, status.unannounced, is_known

    words = "Webhooks aren't set up. Changes arrive with each sync."
    assert await in_thread(described) == (False, words, 0, False)

    before = datetime.now(UTC)
    address = await in_thread(
        lambda: webhooks.address(Connection.objects.get(id=found.id), default_vault())
    )

    assert address.made_at >= before
    assert (await in_thread(described))[0]


async def test_records_that_cannot_be_refetched_are_refused(database_url: str) -> None:
    found = await company(database_url, base_url="http://127.0.0.1:1")

    with pytest.raises(ConfigError) as refused:
        await refresh(found, Stream.STAGES, "1")
    assert refused.value.code == "not_refreshable"

    await found.rows("UPDATE connection SET state = 'paused' RETURNING 1")
    with pytest.raises(ConfigError) as refused:
        await refresh(found, Stream.TALENTS, "1")
    assert refused.value.code == "paused"
