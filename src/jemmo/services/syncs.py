"""Running a sync."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID, uuid4

from msgspec.structs import replace

from jemmo.connectors.base import FULL_SWEEP
from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import (
    Cancelled,
    ConfigError,
    JemmoError,
    LeaseLost,
    TransientError,
    Unexpected,
)
from jemmo.domain.outcomes import Counts, RunReport, RunWarning
from jemmo.domain.ports import Progress, Source
from jemmo.domain.rules import applicable
from jemmo.domain.streams import Checkpoint, Mode, Stream
from jemmo.pipeline.plan import choose_mode
from jemmo.pipeline.run import SyncRun
from jemmo.services.lookups import lookup_key_by, record_hash
from jemmo.services.schedule import sweep_due
from jemmo.store import runs
from jemmo.store.postgres import Connection, connect, explained
from jemmo.store.quota import PostgresQuotaLedger
from jemmo.store.writer import KeepsOut, RunContext, Writer, hold_lease
from jemmo.vault import Vault

RENEW_EVERY = 15.0  # seconds; the lease lasts four times as long

GROUPS = {
    "jobs": (Stream.DEPARTMENTS, Stream.USERS, Stream.JOBS, Stream.STAGES),
    "talents": (Stream.REJECT_REASONS, Stream.STAGES, Stream.TALENTS, Stream.APPLICATIONS),
}
"""What ``--only`` reads."""


class Unwatched:
    """Nobody looks on."""

    def update(self, stream: Stream, counts: Counts, checkpoint: Checkpoint) -> None:
        return None


def key_context(connection_id: UUID) -> bytes:
    """What a connection's API key is bound to."""
    return b"api-key:" + connection_id.bytes


async def sync(
    connection_id: UUID,
    *,
    database_url: str,
    vault: Vault,
    mode: Mode | None = None,
    only: str | None = None,
    trigger: str = "manual",
    progress: Progress | None = None,
) -> RunReport:
    """Run one sync to its end and return its report, failures included.

    Raises ``AlreadyRunning`` when one is under way and ``ConfigError`` when the connection cannot be used at all.
    """
    began = time.monotonic()
    streams = GROUPS[only] if only else None
    async with connect(database_url) as db:
        row = await _load(db, connection_id)
        async with opened(row, vault, database_url) as source:
            names = [spec.name for spec in source.streams if not streams or spec.name in streams]
            report = RunReport(run_id=str(uuid4()), mode=Mode.INITIAL)
            row = _with_applicable_rules(row, source, report)
            async with _leased(db, row, report, trigger, database_url) as context:
                store = Writer(db, context, vault.seal, await keeper_of(db, row, vault))
                report.mode = choose_mode(mode, await store.checkpoints(), names)
                if mode is None and report.mode is Mode.INCREMENTAL:
                    report.mode = await _sweep_or_increment(db, row)
                context.mode = report.mode
                await _note_mode(db, report)
                run = SyncRun(
                    source=source,
                    store=store,
                    rules=row.rules,
                    report=report,
                    progress=progress or Unwatched(),
                    now=_now,
                    only=streams,
                )
                await _execute(run, database_url, context)
                report.seconds = round(time.monotonic() - began, 3)
    return report


async def keeper_of(db: Connection, row: runs.ConnectionRow, vault: Vault) -> KeepsOut:
    """Tells the erased records of a connection by their keyed hashes."""
    with explained():
        key = await lookup_key_by(db, vault)
    return lambda stream, remote_id: record_hash(key, row.org_id, row.id, stream, remote_id)


async def _load(db: Connection, connection_id: UUID) -> runs.ConnectionRow:
    with explained():
        row = await runs.load_connection(db, connection_id)
    if row.state == "paused":
        raise ConfigError(
            "This connection is paused.",
            code="paused",
            next_step="Resume it in Settings > ATS Integration, then sync.",
        )
    return row


def _with_applicable_rules(
    row: runs.ConnectionRow, source: Source, report: RunReport
) -> runs.ConnectionRow:
    """The rules, less those that this ATS gives no ground for; the report says so."""
    rules = applicable(row.rules, [spec.name for spec in source.streams])
    if rules != row.rules:
        report.warnings.append(
            RunWarning(
                code="rule_not_applied",
                message="This ATS does not show us applications, so talents are kept "
                "whether they have an active one or not.",
            )
        )
    return replace(row, rules=rules)


@asynccontextmanager
async def opened(row: runs.ConnectionRow, vault: Vault, database_url: str) -> AsyncIterator[Source]:
    """A connection's source, with its key unsealed and what it has used of its quota at hand."""
    connector = connector_for(row.provider)
    key = vault.open(row.sealed_key, key_context(row.id)).decode()
    async with PostgresQuotaLedger(database_url, row.id) as ledger:
        config = connector.configure(key, row.base_url, row.options)
        source = connector.open(replace(config, ledger=ledger))
        try:
            yield source
        finally:
            await source.close()


@asynccontextmanager
async def _leased(
    db: Connection, row: runs.ConnectionRow, report: RunReport, trigger: str, database_url: str
) -> AsyncIterator[RunContext]:
    """Hold the connection's lease from the first request to the report.

    The end is written on a connection of its own if need be: a lost one must not leave the run open.
    """
    token, run_id = uuid4(), UUID(report.run_id)
    with explained():
        began = await runs.begin(db, row.id, run_id, token, report.mode, trigger)
    try:
        yield RunContext(
            org_id=row.org_id,
            connection_id=row.id,
            run_id=run_id,
            token=token,
            began=began,
            mode=report.mode,
            rules=row.rules,
        )
    except JemmoError as error:
        report.fail(error)
    except BaseException as error:
        report.fail(_explain(error))
        raise
    finally:
        if not await _end(db, row.id, token, report):
            with suppress(TransientError):
                async with connect(database_url) as fresh:
                    await _end(fresh, row.id, token, report)


async def _end(db: Connection, connection_id: UUID, token: UUID, report: RunReport) -> bool:
    """Close the run; ``False`` when the database is away. Should it stay away, the next run closes this one."""
    try:
        with explained():
            await runs.end(db, connection_id, token, report)
    except TransientError:
        return False
    return True


async def _sweep_or_increment(db: Connection, row: runs.ConnectionRow) -> Mode:
    """Now and then everything is read, where an ATS may change records without a sign of it."""
    cron = row.options.get(FULL_SWEEP.name)
    if cron is None:
        options = {option.name: option for option in connector_for(row.provider).options}
        cron = options[FULL_SWEEP.name].default if FULL_SWEEP.name in options else ""
    with explained():
        last = await runs.last_full_read(db, row.id)
    return Mode.RECONCILE if sweep_due(cron, last, _now()) else Mode.INCREMENTAL


async def _note_mode(db: Connection, report: RunReport) -> None:
    with explained():
        await db.execute(
            "UPDATE sync_run SET mode = %s WHERE id = %s", [report.mode, report.run_id]
        )


async def _execute(run: SyncRun, database_url: str, context: RunContext) -> None:
    """Run while a second connection keeps the lease; when that is lost, the run ends at once."""
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
    """Renew the lease for ever; only its loss ends this. A database that is away is tried again."""
    while True:
        await asyncio.sleep(RENEW_EVERY)
        try:
            async with connect(database_url) as db:
                with explained():
                    await hold_lease(db, context)
        except TransientError:
            continue


def _explain(error: BaseException) -> JemmoError:
    if isinstance(error, asyncio.CancelledError | KeyboardInterrupt):
        return Cancelled("The sync was stopped.")
    return Unexpected("Jemmo failed in a way it did not expect.")


def _now() -> datetime:
    return datetime.now(UTC)
