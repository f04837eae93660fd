"""A run's beginning and end: the lease that makes it the only one, and what is kept of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from jemmo.domain.errors import AlreadyRunning, ConfigError
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.rules import Rules
from jemmo.domain.streams import Mode
from jemmo.store import events, notices
from jemmo.store.postgres import Connection
from jemmo.store.writer import LEASE


class ConnectionRow(Struct, frozen=True, kw_only=True):
    """A connection as a run needs it; the key is still sealed."""

    id: UUID
    org_id: UUID
    provider: str
    base_url: str
    options: dict[str, str]
    sealed_key: bytes
    state: str
    rules: Rules


async def load_connection(db: Connection, connection_id: UUID) -> ConnectionRow:
    answer = await db.execute(
        "SELECT c.id, c.org_id, c.provider, c.base_url, c.options, c.sealed_key, c.state, o.rules "
        "FROM connection c JOIN organisation o ON o.id = c.org_id WHERE c.id = %s",
        [connection_id],
    )
    row = await answer.fetchone()
    if row is None:
        raise ConfigError(
            f"There is no connection {connection_id}.",
            code="unknown_connection",
            next_step="`jemmo status` lists the connections.",
        )
    return ConnectionRow(
        id=row[0],
        org_id=row[1],
        provider=row[2],
        base_url=row[3],
        options=row[4],
        sealed_key=bytes(row[5]),
        state=row[6],
        rules=msgspec.convert(row[7], Rules),
    )


async def begin(
    db: Connection, connection_id: UUID, run_id: UUID, token: UUID, mode: Mode, trigger: str
) -> datetime:
    """Take the lease and open the run; the database's time of it. Raises ``AlreadyRunning``.

    A lease whose holder stopped renewing it, or whose database session ended, is taken over, and the run it
    left behind is closed as interrupted.
    """
    async with db.transaction():
        taken = await db.execute(
            """INSERT INTO lease AS l
                   (connection_id, token, run_id, expires_at, holder_pid, holder_since)
               SELECT %s, %s, %s, clock_timestamp() + %s, pid, backend_start
               FROM pg_stat_activity WHERE pid = pg_backend_pid()
               ON CONFLICT (connection_id) DO UPDATE SET token = excluded.token,
                   run_id = excluded.run_id, expires_at = excluded.expires_at,
                   holder_pid = excluded.holder_pid, holder_since = excluded.holder_since
               WHERE l.expires_at < clock_timestamp() OR NOT EXISTS (
                   SELECT FROM pg_stat_activity a
                   WHERE a.pid = l.holder_pid AND a.backend_start = l.holder_since)
               RETURNING 1""",
            [connection_id, token, run_id, LEASE],
        )
        if await taken.fetchone() is None:
            raise AlreadyRunning("A sync of this connection is already running.")
        await db.execute(
            """UPDATE sync_run SET status = 'failed', finished_at = now(),
                   report = report || '{"status": "failed", "error": {"code": "interrupted",
                   "message": "The process that ran this sync ended in the middle of it.",
                   "next_step": "Nothing to do: the next sync goes on where it stopped."}}'::jsonb
               WHERE connection_id = %s AND status = 'running'""",
            [connection_id],
        )
        answer = await db.execute(
            "INSERT INTO sync_run (id, connection_id, mode, trigger, status, started_at) "
            "VALUES (%s, %s, %s, %s, 'running', now()) RETURNING started_at",
            [run_id, connection_id, mode, trigger],
        )
        row = await answer.fetchone()
        await events.tell(db, connection_id, "sync_started", run=str(run_id))
    assert row is not None
    found: datetime = row[0]
    return found


async def last_full_read(db: Connection, connection_id: UUID) -> datetime | None:
    """When the last run began that read everything and succeeded."""
    answer = await db.execute(
        "SELECT max(started_at) FROM sync_run WHERE connection_id = %s "
        "AND mode IN ('initial', 'reconcile') AND status = 'succeeded'",
        [connection_id],
    )
    row = await answer.fetchone()
    return row[0] if row else None


async def end(db: Connection, connection_id: UUID, token: UUID, report: RunReport) -> None:
    """Close the run, tell the connection how it went, and let the lease go; if it is still ours."""
    async with db.transaction():
        await events.keep_report(db, connection_id, report, ended=True)
        released = await db.execute(
            "DELETE FROM lease WHERE connection_id = %s AND token = %s", [connection_id, token]
        )
        if released.rowcount == 1:
            await db.execute(_CONCLUDE, _conclusion(connection_id, report))
            await notices.conclude(db, connection_id, report)


_CONCLUDE = """
    UPDATE connection SET last_error = %(error)s::jsonb,
        last_success_at = CASE WHEN %(succeeded)s THEN now() ELSE last_success_at END,
        state = CASE WHEN state = 'refused' AND %(succeeded)s THEN 'active'
            WHEN state = 'active' AND %(refused)s THEN 'refused' ELSE state END
    WHERE id = %(id)s"""

REFUSALS = {"key_refused", "scope_too_small"}


def _conclusion(connection_id: UUID, report: RunReport) -> dict[str, Any]:
    error = report.error
    return {
        "id": connection_id,
        "error": None if error is None else msgspec.json.encode(error).decode(),
        "succeeded": report.status is RunStatus.SUCCEEDED,
        "refused": error is not None and error["code"] in REFUSALS,
    }
