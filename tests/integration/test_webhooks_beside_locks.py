"""Locked rows, a deleted connection, or a delivery that can't be stored don't affect other webhooks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

import psycopg
import pytest
from fakes.company import company, in_thread
from msgspec.structs import replace

from jemmo.domain.webhooks import Outcome
from jemmo.services.webhooks import arrivals as storing
from jemmo.services.webhooks import endpoints
from jemmo.services.webhooks.ingest import Known, WebhookIngest
from jemmo.store.db import budget
from jemmo.store.models import Connection
from jemmo.store.webhooks.ingest import Arrival
from jemmo.vault import default_vault

NOWHERE = "http://127.0.0.1:9"
ARRIVAL = Arrival(
    outcome="accepted",
    event="new_applicant",
    sealed_body=b"sealed",
    once=None,
    named=None,
    requests=[],
)


@asynccontextmanager
async def ingesting(database_url: str) -> AsyncIterator[WebhookIngest]:
    ingest = WebhookIngest(database_url, default_vault())
    try:
        yield ingest
    finally:
        await ingest.close()


async def connections(database_url: str, number: int) -> dict[UUID, str]:
    """Create connections of several organizations, whose ATS doesn't sign; return their addresses' secrets."""
    secrets = {}
    for place in range(number):
        ats = await company(database_url, base_url=NOWHERE, provider="flatchr", org=f"org-{place}")
        secrets[ats.id] = await in_thread(partial(_secret, ats.id))
    return secrets


def _secret(connection_id: UUID) -> str:
    path = endpoints.address(Connection.objects.get(id=connection_id), default_vault()).path
    return path.rstrip("/").rpartition("/")[2]


async def deliver(ingest: WebhookIngest, secret: str, number: int = 0) -> Outcome:
    body = {"event": "new_applicant", "data": {"applicant": {"id": f"a{number}"}}}
    known = await ingest.precheck(secret)
    assert isinstance(known, Known)
    return await ingest.ingest(known, {}, json.dumps(body).encode())


async def test_locked_rows_of_more_connections_than_the_pool_has_delay_no_others(
    database_url: str,
) -> None:
    secrets = await connections(database_url, 2 * budget.web().webhooks + 4)
    locked = list(secrets)[: budget.web().webhooks + 2]
    free = [secrets[connection_id] for connection_id in secrets if connection_id not in locked]
    async with (
        await psycopg.AsyncConnection.connect(database_url) as holder,
        ingesting(database_url) as ingest,
    ):
        await holder.execute(
            "SELECT FROM webhook_address WHERE connection_id = ANY(%s) FOR UPDATE", [locked]
        )
        waiting = [
            asyncio.create_task(deliver(ingest, secrets[connection_id], number))
            for connection_id in locked
            for number in range(3)
        ]
        for number in range(3):
            outcomes = await asyncio.gather(*(deliver(ingest, secret, number) for secret in free))
            assert outcomes == [Outcome.ACCEPTED] * len(free)
        assert not any(task.done() for task in waiting)
        await holder.rollback()

        assert await asyncio.gather(*waiting) == [Outcome.ACCEPTED] * len(waiting)


async def test_a_connection_deleted_after_the_check_is_an_unknown_address(
    database_url: str,
) -> None:
    secrets = await connections(database_url, 2)
    async with ingesting(database_url) as ingest:
        known = {
            connection_id: await ingest.precheck(secrets[connection_id])
            for connection_id in secrets
        }
        gone = next(iter(secrets))
        await in_thread(lambda: Connection.objects.filter(id=gone).delete())
        body = b'{"event": "new_applicant", "data": {"applicant": {"id": "a1"}}}'

        outcomes = await asyncio.gather(
            *(
                ingest.ingest(place, {}, body)
                for place in known.values()
                if isinstance(place, Known)
            )
        )

        assert outcomes == [Outcome.UNKNOWN_ADDRESS, Outcome.ACCEPTED]


async def test_a_delivery_that_postgres_refuses_blocks_no_other(database_url: str) -> None:
    first, second = await connections(database_url, 2)
    async with ingesting(database_url) as ingest:
        arrivals = storing.Arrivals(ingest._database)
        await ingest._pool.open()
        refused = replace(ARRIVAL, event="\x00")
        batch = [(first, ARRIVAL), (first, refused), (first, ARRIVAL), (second, ARRIVAL)]

        outcomes = await asyncio.gather(
            *(arrivals.store(owner, arrival) for owner, arrival in batch), return_exceptions=True
        )

        assert [outcomes[place] for place in (0, 2, 3)] == [True] * 3
        assert isinstance(outcomes[1], psycopg.DataError)


@pytest.mark.parametrize("number", [1, 2, 10, 500])
def test_groups_contain_each_connection_once(number: int) -> None:
    ids = [UUID(int=place) for place in range(number)]
    groups = storing._groups(ids)
    assert sorted(member for group in groups for member in group) == ids
    assert len(groups) + max(map(len, groups)) <= 2 * number**0.5 + 2
