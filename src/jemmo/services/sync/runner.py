"""Runs a sync, in one or several slices."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.base import FULL_SWEEP
from jemmo.connectors.registry import connector_for
from jemmo.domain import numbers, system_errors
from jemmo.domain.errors import (
    Cancelled,
    ConfigError,
    FailureMode,
    JemmoError,
    LeaseLost,
    TransientError,
    Unexpected,
)
from jemmo.domain.freshness import READ_FOR
from jemmo.domain.history import limit_of
from jemmo.domain.outcomes import Counts, RunReport, RunStatus, RunWarning
from jemmo.domain.ports import Progress, Source
from jemmo.domain.rules import applicable
from jemmo.domain.schedule import FIRST_RETRY, next_due
from jemmo.domain.streams import Checkpoint, Mode, Stream
from jemmo.logs import about
from jemmo.pipeline.plan import Checkpoints, choose_mode, plausible, reads_again
from jemmo.pipeline.run import PipelineRun
from jemmo.services.base.ats_sessions import ats_session
from jemmo.services.base.hashers import read_hashers
from jemmo.services.base.scopes import connected
from jemmo.services.sync.schedule import sweep_due
from jemmo.store.db.postgres import Connection, connect, explain, explained
from jemmo.store.db.run_context import RunContext
from jemmo.store.db.shared import sharing
from jemmo.store.sync import checkpoints, runs
from jemmo.store.sync.quota import SENT_AT_ONCE
from jemmo.store.sync.runs import Begun, Hold
from jemmo.store.sync.writer import Writer, hold_lease
from jemmo.tracing import current, traced
from jemmo.vault import Vault

log = logging.getLogger(__name__)

DAILY = "0 1 * * *"  # UTC; time of the daily full comparison for connectors that set none

QUOTA_BESIDE_REFETCHES = 0.95
"""A sync's share of the quota while webhooks may arrive; the rest is for their immediate refetches."""

RENEW_EVERY = 15.0  # seconds; the lease lasts four times as long

Clock = Callable[[], datetime]


class NoProgress:
    """Ignores progress."""

    def update(self, stream: Stream, counts: Counts, checkpoint: Checkpoint) -> None:
        return None

    def recent_is_read(self) -> None:
        return None


class SliceReport(Struct, frozen=True, kw_only=True):
    """One slice of a run: its report so far, and the lease that the next slice continues with."""

    report: RunReport
    hold: Hold

    @property
    def ended(self) -> bool:
        return self.report.status is not RunStatus.RUNNING


async def sync(
    connection_id: UUID,
    *,
    database_url: str,
    vault: Vault,
    mode: Mode | None = None,
    only: str | None = None,
    trigger: str = "manual",
    progress: Progress | None = None,
    now: Clock | None = None,
) -> RunReport:
    """Run one sync to its end and return its report, failures included.

    Raises ``AlreadyRunning`` if one is in progress, and ``ConfigError`` if the connection cannot be used at all.
    """
    done = await sync_slice(
        connection_id,
        database_url=database_url,
        vault=vault,
        mode=mode,
        only=only,
        trigger=trigger,
        progress=progress,
        now=now,
    )
    return done.report


@traced("sync")
async def sync_slice(
    connection_id: UUID,
    *,
    database_url: str,
    vault: Vault,
    mode: Mode | None = None,
    only: str | None = None,
    trigger: str = "manual",
    progress: Progress | None = None,
    goes_on: Hold | None = None,
    slice_over: Callable[[Mode], bool] = lambda _: False,
    now: Clock | None = None,
) -> SliceReport:
    """Like ``sync``, but stop after a page once ``slice_over``, given the mode, returns true. The run stays open.

    To continue the run, in any process, pass its ``hold`` as ``goes_on``. ``now`` is the clock, by default this
    machine's.
    """
    began, now = time.monotonic(), now or partial(datetime.now, UTC)
    streams = READ_FOR[only] if only else None
    async with connected(connection_id, database_url) as (db, connection):
        current().note(connection=str(connection_id), provider=connection.provider)
        _check_not_paused(connection)
        part = QUOTA_BESIDE_REFETCHES if await runs.may_refetch(db, connection_id) else 1.0
        async with ats_session(
            connection, vault, database_url, part=part, at_once=SENT_AT_ONCE
        ) as source:
            names = [spec.name for spec in source.streams if not streams or spec.name in streams]
            report = RunReport(run_id=str(uuid4()), mode=Mode.INITIAL)
            choose = partial(_set_mode, db, requested_mode=mode, names=names)
            if goes_on is None:
                # For pages, which name the run from its start. The mode is chosen again under the lease.
                with explained():
                    stored = await checkpoints.load(db, connection_id)
                await choose(connection, report, stored, now=now())
            row = _with_applicable_rules(connection, source, report)
            begin = partial(runs.begin, trigger=trigger, scope=only or "", goes_on=goes_on)
            async with _leased(db, row, report, begin, database_url, now) as context:
                report = context.report
                current().note(run=report.run_id)
                store = Writer(db, context, vault.seal, await read_hashers(db, row, vault))
                if not context.goes_on:
                    await choose(row, report, await store.checkpoints(), now=now())
                    with explained():
                        await runs.set_mode(db, report)
                context.mode = report.mode
                run = PipelineRun(
                    source=source,
                    store=store,
                    rules=row.rules,
                    report=report,
                    progress=progress or NoProgress(),
                    now=now,
                    connection=row.display_name,
                    only=streams,
                    slice_over=lambda: slice_over(report.mode),
                    limit=context.limit,
                )
                with about(connection=connection_id, run=report.run_id, mode=report.mode):
                    log.info("sync continued" if context.goes_on else "sync started")
                    await _execute(run, database_url, context)
                    _tell_end(report)
                report.seconds = round(report.seconds + time.monotonic() - began, 3)
    return SliceReport(report=report, hold=context.hold)


def _tell_end(report: RunReport) -> None:
    current().note(
        mode=str(report.mode),
        outcome=str(report.status),
        failure=None if report.failure is None else str(report.failure),
    )
    if report.status is RunStatus.RUNNING:
        log.info("sync slice ended")
        return
    records = numbers.numbers_of(report.lines).read
    facts = {"status": str(report.status), "requests": report.requests, "records": records}
    if report.failure is not None:
        facts["failure"] = str(report.failure)
    log.log(logging.WARNING if report.failure else logging.INFO, "sync ended", extra=facts)


def _check_not_paused(row: runs.ConnectionRow) -> None:
    if row.state == "paused":
        raise ConfigError("paused", variant="leaving" if row.org_leaves else "")


def _with_applicable_rules(
    row: runs.ConnectionRow, source: Source, report: RunReport
) -> runs.ConnectionRow:
    """Return the rules that this ATS has data for. The report lists the others."""
    rules = applicable(row.rules, [spec.name for spec in source.streams])
    if rules != row.rules:
        report.warnings.append(RunWarning.of("rule_not_applied"))
    return replace(row, rules=rules)


class HeldRun(RunContext, kw_only=True):
    """A run that holds the lease, with its report. ``goes_on``: earlier slices did part of the work."""

    report: RunReport
    hold: Hold
    goes_on: bool


@asynccontextmanager
async def _leased(
    db: Connection,
    row: runs.ConnectionRow,
    report: RunReport,
    begin: Callable[[Connection, UUID, RunReport], Awaitable[Begun]],
    database_url: str,
    now: Clock,
) -> AsyncIterator[HeldRun]:
    """Hold the connection's lease from the first request to the report, or to the end of the slice.

    If the database connection was lost, the end is written on a new one, so that the run doesn't stay open.
    """
    with explained():
        begun = await begin(db, row.id, report)
    hold, report = begun.hold, begun.report or report
    try:
        yield HeldRun(
            org_id=row.org_id,
            connection_id=row.id,
            run_id=hold.run_id,
            token=hold.token,
            began=begun.at,
            mode=report.mode,
            rules=row.rules,
            limit=limit_of(row.options),
            report=report,
            hold=hold,
            goes_on=begun.report is not None,
        )
    except JemmoError as error:
        report.fail(error)
    except BaseException as error:
        report.fail(_explain(error))
        raise
    finally:
        if not await _end(db, row, hold, report, now()):
            with suppress(TransientError):
                async with connect(database_url) as fresh:
                    await _end(fresh, row, hold, report, now())


async def _end(
    db: Connection, row: runs.ConnectionRow, hold: Hold, report: RunReport, now: datetime
) -> bool:
    """Close the run or its slice. ``False`` if the database is unreachable.

    If it stays unreachable, the next run closes this one.
    """
    try:
        with explained():
            if report.status is RunStatus.RUNNING:
                await runs.hand_over(db, row.id, hold, report)
                return True
            report.note_repeat(row.last_error, row.failures)
            await runs.end(db, row.id, hold.token, report, _due_after(row, report, now))
    except TransientError:
        return False
    return True


def _due_after(row: runs.ConnectionRow, report: RunReport, now: datetime) -> datetime:
    """Return when the connection's next sync starts automatically. A canceled sync continues soon."""
    if report.failure is FailureMode.CANCELLED:
        return row.plan.after_quiet(now + FIRST_RETRY)
    failed = report.status is RunStatus.FAILED
    return next_due(
        row.id,
        now=now,
        every=row.every,
        plan=row.plan,
        failures=row.failures + 1 if failed else 0,
        resume_at=report.resume_at,
    )


async def _set_mode(
    db: Connection,
    row: runs.ConnectionRow,
    report: RunReport,
    stored: Checkpoints,
    *,
    requested_mode: Mode | None,
    names: list[Stream],
    now: datetime,
) -> None:
    """Choose how the run reads, based on the stored checkpoints."""
    points = plausible(stored, now)
    mode = choose_mode(requested_mode, points, names, limit_of(row.options))
    if requested_mode is None and mode is Mode.INCREMENTAL:
        mode = await _sweep_or_increment(db, row, now)
    report.mode, report.again = mode, reads_again(mode, points, names)


async def _sweep_or_increment(db: Connection, row: runs.ConnectionRow, now: datetime) -> Mode:
    """Choose a full sweep when it is due, because an ATS may change records without updating their timestamps."""
    cron = row.options.get(FULL_SWEEP.name)
    if cron is None:
        options = {option.name: option for option in connector_for(row.provider).options}
        cron = options[FULL_SWEEP.name].default if FULL_SWEEP.name in options else DAILY
    with explained():
        last = await runs.last_full_read(db, row.id)
    return Mode.RECONCILE if sweep_due(cron, last, now) else Mode.INCREMENTAL


async def _execute(run: PipelineRun, database_url: str, context: RunContext) -> None:
    """Run while the lease is renewed. If the lease is lost, the run ends at once."""
    running = asyncio.create_task(run.execute())
    renewing = asyncio.create_task(_renew(database_url, context))
    try:
        await asyncio.wait({running, renewing}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
            return
        running.cancel()
        await asyncio.wait({running})
        renewing.result()
    except LeaseLost as error:
        run.report.fail(error)
    finally:
        running.cancel()
        renewing.cancel()
        await asyncio.gather(running, renewing, return_exceptions=True)


async def _renew(database_url: str, context: RunContext) -> None:
    """Renew the lease until it is lost. Retry while the database is unreachable."""
    async with sharing(database_url) as shared:
        while True:
            await asyncio.sleep(RENEW_EVERY)
            with suppress(TransientError):
                async with shared.transaction() as db:
                    await hold_lease(db, context)


def _explain(error: BaseException) -> JemmoError:
    if isinstance(error, asyncio.CancelledError | KeyboardInterrupt):
        return Cancelled()
    if known := explain(error) or system_errors.explain(error):
        return known
    return Unexpected()
