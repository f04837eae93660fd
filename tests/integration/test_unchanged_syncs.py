"""A sync without changes costs very little: no temporary table, few statements, little write-ahead log."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from fakes.company import company
from msgspec import Struct, field

from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox import run_sandbox

pytestmark = pytest.mark.one_server  # PostgreSQL 18 or later reports the WAL of a session

MAX_STATEMENTS = 45
MAX_WAL = 20_000  # bytes; the usual amount is 5,500


class Cost(Struct):
    statements: list[str] = field(default_factory=list)
    wal: int = 0


async def test_an_unchanged_sync_costs_next_to_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with run_sandbox(talents=60, switches={"rate_limit": False}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        for _ in range(2):
            await found.sync()
        cost = watch(monkeypatch)
        report = await found.sync(trigger="schedule")

    assert (report.status, report.mode) == (RunStatus.SUCCEEDED, Mode.INCREMENTAL)
    assert report.counts(Stream.STAGES).unchanged > 0
    assert not any(counts.created + counts.updated for counts in report.streams.values())
    assert not [statement for statement in cost.statements if "TEMP" in statement]
    assert sum("INSERT INTO checkpoint" in statement for statement in cost.statements) == 1
    assert len(cost.statements) <= MAX_STATEMENTS, cost.statements
    assert 0 < cost.wal <= MAX_WAL


def watch(monkeypatch: pytest.MonkeyPatch) -> Cost:
    """Record the statements of all sessions from now on, and the WAL of each session when it ends."""
    cost = Cost()
    execute, close = psycopg.AsyncCursor.execute, psycopg.AsyncConnection.close

    async def noted(cursor: Any, query: Any, *values: Any, **more: Any) -> Any:
        cost.statements.append(query.decode() if isinstance(query, bytes) else str(query))
        return await execute(cursor, query, *values, **more)

    async def counted(connection: Any) -> None:
        cursor = connection.cursor()
        await execute(cursor, "SELECT pg_stat_force_next_flush()")
        await execute(cursor, "SELECT wal_bytes FROM pg_stat_get_backend_wal(pg_backend_pid())")
        cost.wal += (await cursor.fetchone())[0]
        await close(connection)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", noted)
    monkeypatch.setattr(psycopg.AsyncConnection, "close", counted)
    return cost
