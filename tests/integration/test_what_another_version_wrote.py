"""Unknown values in our own text and JSON columns break no sync and no page."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import pytest
from fakes.company import Company, company, in_thread
from fakes.effort import examples
from fakes.teamtailor_truth import assert_equal_to_truth
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.outcomes import RunStatus
from jemmo.sandbox import run_sandbox
from jemmo.services.base import retention_policy
from jemmo.services.operations import metrics
from jemmo.services.records import rules
from jemmo.services.sync import schedule
from jemmo.services.webhooks.refetch import RefetchWorker
from jemmo.store.models import Connection, Organisation
from jemmo.vault import default_vault

WORDS = st.sampled_from(["", "later", "incremental", "reconcile", "Größe", "a" * 20])
NUMBERS = st.integers(-(2**31), 2**31) | st.floats(allow_nan=False, allow_infinity=False)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda some: (
        st.lists(some, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["quiet", "off_peak", "streams", "talents", "code", "active_statuses", "x"]
            )
            | WORDS,
            some,
            max_size=4,
        )
    ),
    max_leaves=8,
)
MOMENTS = st.sampled_from(["-infinity", "infinity", "0001-01-01 BC", "0001-01-01", "9999-12-31"])
ODD: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "checkpoint": {
        "mode": WORDS,
        "cursor": WORDS | ANYTHING.map(lambda value: msgspec.json.encode(value).decode()),
        "watermark": MOMENTS,
        "pass_started_at": MOMENTS,
        "synced_at": MOMENTS,
        "seen": st.integers(-(2**40), 2**40),
        "short": st.integers(-(2**40), 2**40),
        "basis": WORDS,
        "reread": ANYTHING,
        "reread_at": MOMENTS,
    },
    "connection": {"last_error": ANYTHING, "sync_every_hours": st.sampled_from([0, -1, 1e300])},
    "organisation": {"rules": ANYTHING, "schedule": ANYTHING, "privacy": ANYTHING},
    "sync_run": {"report": ANYTHING},
    "sweep": {"state": ANYTHING},
    "member_notices": {"email_when": WORDS.map(lambda word: word[:10])},
}
JSON = {"last_error", "rules", "schedule", "privacy", "report", "state", "reread"}
TIMES = {"watermark", "pass_started_at", "synced_at", "reread_at"}
WHERE = [(table, column) for table, columns in ODD.items() for column in columns]


def stored(column: str, value: Any) -> Any:
    return msgspec.json.encode(value).decode() if column in JSON else value


async def write(found: Company, table: str, column: str, value: Any) -> None:
    """Write a value into every row of the table."""
    kind = "jsonb" if column in JSON else "timestamptz" if column in TIMES else None
    text = f"%s::{kind}" if kind else "%s"
    await found.rows(f"UPDATE {table} SET {column} = {text} RETURNING 1", stored(column, value))


def read_all(found: Company) -> None:
    """Read the data through pages, the schedule and the metrics."""
    now = datetime.now(UTC)
    for org in Organisation.objects.all():
        rules.rules_of(org)
        retention_policy.retention_policy_of(org)
        schedule.planned(org, now)
    for connection in Connection.objects.all():
        schedule.is_slow(connection, now)
    metrics.rendered()


@examples(6)
@given(data=st.data())
def test_a_sync_succeeds_whatever_is_stored(database_url: str, data: st.DataObject) -> None:
    odd = {
        (table, column): data.draw(ODD[table][column], label=f"{table}.{column}")
        for table, column in data.draw(st.lists(st.sampled_from(WHERE), min_size=1, max_size=4))
    }
    asyncio.run(sync_with(database_url, odd))


@pytest.mark.parametrize(
    "report",
    [
        [],
        {"streams": 5, "requests": "many"},
        {"streams": {"talents": [1]}},
        {"streams": {"talents": {"created": "x", "updated": 1e300}}, "requests": 1.5},
    ],
)
async def test_metrics_count_what_they_can_read(database_url: str, report: Any) -> None:
    async with run_sandbox(talents=2, seed=5, switches={"rate_limit": False}) as ats:
        found = await company(database_url, base_url=ats.base_url, key=ats.key)
        await found.sync()
        await write(found, "sync_run", "report", report)

        assert b"jemmo_sync_runs_24h{" in await in_thread(metrics.rendered)


async def sync_with(database_url: str, odd: dict[tuple[str, str], Any]) -> None:
    async with run_sandbox(talents=12, seed=5, switches={"rate_limit": False}) as ats:
        name = f"org-{await in_thread(Organisation.objects.count)}"
        found = await company(database_url, base_url=ats.base_url, key=ats.key, org=name)
        await found.sync()
        for (table, column), value in odd.items():
            await write(found, table, column, value)
        await in_thread(partial(read_all, found))
        for _ in range(2):
            report = await found.sync()
            assert report.status in {RunStatus.SUCCEEDED, RunStatus.PARTIAL}, report
        await assert_equal_to_truth(ats, found)


@pytest.mark.parametrize("column", ["mode", "cursor"])
async def test_an_unreadable_position_restarts_the_pass_with_a_warning(
    database_url: str, column: str
) -> None:
    async with run_sandbox(talents=12, seed=5, switches={"rate_limit": False}) as ats:
        found = await company(database_url, base_url=ats.base_url, key=ats.key)
        await found.sync()
        await found.rows(
            "UPDATE checkpoint SET mode = 'incremental', pass_started_at = now() RETURNING 1"
        )
        await write(found, "checkpoint", column, "{later}")

        report = await found.sync()

        assert report.status is RunStatus.SUCCEEDED
        assert "checkpoint_unreadable" in {one.code for one in report.warnings}
        again = await found.sync()
        assert again.status is RunStatus.SUCCEEDED
        assert not again.warnings


async def test_a_webhook_for_an_unknown_stream_is_dropped(database_url: str) -> None:
    found = await company(database_url, base_url="http://127.0.0.1:1")
    await found.rows(
        "INSERT INTO webhook_address (connection_id, digest, sealed_secret) VALUES ({me}, '', '')"
    )
    await found.rows(
        "INSERT INTO webhook_hint (connection_id, stream, remote_id) VALUES ({me}, 'later', '1')"
    )
    lane = RefetchWorker(database_url, default_vault())
    assert await lane.drain() == 1
    assert await lane.drain() == 0
    assert await found.value("SELECT trouble FROM webhook_hint") == "unknown_stream"
