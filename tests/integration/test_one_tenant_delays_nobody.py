"""A tenant with very many webhooks waits for one with few, not the other way around."""

from __future__ import annotations

from functools import partial

from fakes.company import Company, company, in_thread

from jemmo.cli.operations import working
from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import RefetchRequest
from jemmo.sandbox import run_sandbox
from jemmo.services.webhooks import endpoints
from jemmo.services.webhooks.refetch import RefetchWorker
from jemmo.store.models import Connection
from jemmo.vault import default_vault


async def announced(found: Company, talents: list[str]) -> None:
    requests = [RefetchRequest(stream=Stream.TALENTS, remote_id=one) for one in talents]
    one = await in_thread(partial(Connection.objects.get, id=found.id))
    await in_thread(partial(endpoints.request_refetches, one, requests, default_vault()))


async def test_one_webhook_does_not_wait_for_another_organizations_flood(
    database_url: str,
) -> None:
    async with run_sandbox(talents=300, seed=5, switches={"rate_limit": False}) as ats:
        flooded, other = [
            await company(database_url, base_url=ats.base_url, key=ats.key, org=org)
            for org in ("flooded", "other")
        ]
        for found in (flooded, other):
            await found.sync()
        talents = sorted(await flooded.ids(Stream.TALENTS))
        await announced(flooded, talents)
        await announced(other, talents[:1])
        await ats.change("edit", "candidate", talents[0], attributes={"first-name": "Odile"})

        lane = RefetchWorker(database_url, default_vault())
        try:
            await lane.drain()
        finally:
            await lane.close()

        assert (await other.record(Stream.TALENTS, talents[0]))["first_name"] == "Odile"
        behind = await other.value(
            "SELECT count(*) FROM webhook_hint h WHERE h.connection_id <> {me} AND h.applied_at > "
            "(SELECT applied_at FROM webhook_hint WHERE connection_id = {me})"
        )
        assert behind > 0


def test_a_killed_workers_tasks_are_requeued_within_a_minute() -> None:
    """After ``DEAD_AFTER`` without a heartbeat, the next round of another worker requeues its tasks."""
    assert working.DEAD_AFTER + 2 * working.HEARTBEAT <= 60
