"""Starts and ends runs: takes the lease, so that only one run at a time writes, and stores the results."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from jemmo.domain import freshness
from jemmo.domain.connection_names import connection_name
from jemmo.domain.errors import AlreadyRunning, ConfigError, FailureMode, TransientError
from jemmo.domain.key_care import KEY_REFUSALS
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.rules import Rules
from jemmo.domain.schedule import Plan, interval
from jemmo.domain.stored_values import object_of, report_of, struct_of, texts_of
from jemmo.store.db import events, leases
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_row, afetch_value
from jemmo.store.files import fetch_queue
from jemmo.store.sync import checkpoints, notices, reports
from jemmo.store.sync.writer import LEASE

WAITS_FOR_NEXT = timedelta(minutes=2)  # how long a run counts as in progress between two slices

INTERRUPTED = {"status": "failed", "error": TransientError("interrupted").as_record()}
"""The report of a run whose process died."""


class ConnectionRow(Struct, frozen=True, kw_only=True):
    """A connection as a run needs it, with the key still encrypted."""

    id: UUID
    org_id: UUID
    provider: str
    base_url: str
    options: dict[str, str]
    sealed_key: bytes
    state: str
    org_leaves: bool
    rules: Rules
    plan: Plan
    every: timedelta
    failures: int
    last_error: dict[str, str] | None
    display_name: str


class Hold(Struct, frozen=True, kw_only=True):
    """A run's claim on its connection, passed from one slice to the next."""

    run_id: UUID
    token: UUID


class Begun(Struct, frozen=True, kw_only=True):
    """A run that holds the lease: its claim, its start, and its report if this is not its first slice."""

    hold: Hold
    at: datetime
    report: RunReport | None = None


async def load_connection(db: Connection, connection_id: UUID) -> ConnectionRow:
    row = await afetch_row(
        db,
        "SELECT c.id, c.org_id, c.provider, c.base_url, c.options, c.sealed_key, c.state, "
        "o.deleted_at IS NOT NULL, o.rules, o.schedule, o.time_zone, c.sync_every_hours, c.failures, c.last_error, "
        "c.label "
        "FROM connection c JOIN organisation o ON o.id = c.org_id WHERE c.id = %s",
        [connection_id],
    )
    if row is None:
        raise ConfigError("unknown_connection", connection=connection_id)
    return ConnectionRow(
        id=row[0],
        org_id=row[1],
        provider=row[2],
        base_url=row[3],
        options=texts_of(row[4]),
        sealed_key=bytes(row[5]),
        state=row[6],
        org_leaves=row[7],
        rules=struct_of(row[8], Rules),
        plan=struct_of({**object_of(row[9]), "time_zone": row[10]}, Plan),
        every=interval(row[11]),
        failures=row[12],
        last_error=texts_of(row[13]) or None,
        display_name=connection_name(label=row[14], provider=row[2]),
    )


async def begin(
    db: Connection,
    connection_id: UUID,
    report: RunReport,
    *,
    trigger: str,
    scope: str = "",
    goes_on: Hold | None = None,
) -> Begun:
    """Take the lease and open the run, by the database's clock. Raises ``AlreadyRunning``.

    If a holder stopped renewing its lease, or its database session ended, its lease is taken over and its run is closed
    as interrupted. A slice that ``goes_on`` continues its run with a new token, so the previous slice can't write if it
    wakes up again. From here on, the connection is due, so the schedule finds it whatever happens to this process.
    """
    if goes_on and (begun := await _go_on(db, connection_id, goes_on)):
        return begun
    hold = Hold(run_id=UUID(report.run_id), token=uuid4())
    async with db.transaction():
        claim = [connection_id, hold.token, hold.run_id, LEASE]
        if not await afetch_value(db, leases.TAKE, claim):
            raise AlreadyRunning
        await db.execute(
            """UPDATE sync_run SET status = 'failed', finished_at = now(), report = report || %s::jsonb
               WHERE connection_id = %s AND status = 'running'""",
            [msgspec.json.encode(INTERRUPTED).decode(), connection_id],
        )
        row = await afetch_row(
            db,
            "INSERT INTO sync_run (id, connection_id, mode, trigger, scope, status, started_at, report) "
            "VALUES (%s, %s, %s, %s, %s, 'running', now(), jsonb_build_object('again', %s::boolean)) "
            "RETURNING started_at",
            [hold.run_id, connection_id, report.mode, trigger, scope, report.again],
        )
        await db.execute(
            "UPDATE connection SET due_at = now() "
            "WHERE id = %s AND (due_at IS NULL OR due_at > now())",
            [connection_id],
        )
        await events.publish_event(db, connection_id, "sync_started", run=str(hold.run_id))
    return Begun(hold=hold, at=row[0])


# The mode chosen for a run, and whether it reads everything again.
_SET_MODE = """
    UPDATE sync_run SET mode = %s, report = report || jsonb_build_object('again', %s::boolean)
    WHERE id = %s"""


async def set_mode(db: Connection, report: RunReport) -> None:
    """Store the mode early, so that pages name the run correctly from the start."""
    await db.execute(_SET_MODE, [report.mode, report.again, report.run_id])


async def _go_on(db: Connection, connection_id: UUID, before: Hold) -> Begun | None:
    """Take the lease for the next slice of a run; ``None`` if another took over or the run was closed."""
    token = uuid4()
    async with db.transaction():
        taken = await db.execute(leases.TAKE_UP, [token, LEASE, connection_id, before.token])
        row = await afetch_row(
            db,
            "SELECT started_at, report FROM sync_run WHERE id = %s AND status = 'running'",
            [before.run_id],
        )
        if taken.rowcount != 1 or row is None or (report := _report_of(row[1])) is None:
            return None
    return Begun(hold=Hold(run_id=before.run_id, token=token), at=row[0], report=report)


def _report_of(value: object) -> RunReport | None:
    """The report of a run's earlier slices; ``None`` if it cannot be read, so that a new run starts."""
    try:
        return msgspec.convert(report_of(value), RunReport)
    except msgspec.ValidationError:
        return None


async def hand_over(db: Connection, connection_id: UUID, hold: Hold, report: RunReport) -> None:
    """End a slice: the run stays open, and its claim waits for the next one."""
    async with db.transaction():
        await reports.keep_report(db, connection_id, report)
        await fetch_queue.wake(db, connection_id)
        await db.execute(leases.HAND_OVER, [WAITS_FOR_NEXT, connection_id, hold.token])


async def may_refetch(db: Connection, connection_id: UUID) -> bool:
    """Whether refetches may happen, because someone requested the webhook address or refreshed a record."""
    query = "SELECT EXISTS (SELECT FROM webhook_address WHERE connection_id = %s)"
    return bool(await afetch_value(db, query, [connection_id]))


async def last_full_read(db: Connection, connection_id: UUID) -> datetime | None:
    """When the last successful run that read everything started."""
    started_at: datetime | None = await afetch_value(
        db,
        "SELECT max(started_at) FROM sync_run WHERE connection_id = %s "
        "AND mode IN ('initial', 'reconcile') AND status = 'succeeded'",
        [connection_id],
    )
    return started_at


async def end(
    db: Connection, connection_id: UUID, token: UUID, report: RunReport, due_at: datetime | None
) -> None:
    """Close the run, update the connection's state and next sync, and release the lease, if it is ours.

    Without ``due_at``, the due time stays as it was.
    """
    async with db.transaction():
        await reports.keep_report(db, connection_id, report, ended=True)
        released = await db.execute(leases.RELEASE, [connection_id, token])
        if released.rowcount == 1:
            conclusion = {**_conclusion(connection_id, report), "due_at": due_at}
            times = await checkpoints.synced_at(db, connection_id)
            conclusion["synced_at"] = freshness.synced_at(times)
            await db.execute(_CONCLUDE, conclusion)
            await notices.conclude(db, connection_id, report)


_CONCLUDE = """
    UPDATE connection SET last_error = %(error)s::jsonb, files_due_at = clock_timestamp(),
        due_at = coalesce(%(due_at)s, due_at),
        failures = CASE WHEN %(failed)s THEN failures + 1 WHEN %(cancelled)s THEN failures ELSE 0 END,
        last_success_at = coalesce(%(synced_at)s, last_success_at),
        state = CASE WHEN state = 'refused' AND %(succeeded)s THEN 'active'
            WHEN state = 'active' AND %(refused)s THEN 'refused' ELSE state END
    WHERE id = %(id)s"""


def _conclusion(connection_id: UUID, report: RunReport) -> dict[str, Any]:
    error = report.error
    return {
        "id": connection_id,
        "error": None if error is None else msgspec.json.encode(error).decode(),
        "succeeded": report.status is RunStatus.SUCCEEDED,
        "failed": report.status is RunStatus.FAILED and report.failure is not FailureMode.CANCELLED,
        "cancelled": report.failure is FailureMode.CANCELLED,
        "refused": error is not None and error["code"] in KEY_REFUSALS,
    }
