"""Writes one sync run into the tables: pages with their checkpoint, under the run's lease, or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from jemmo.domain.errors import LeaseLost
from jemmo.domain.outcomes import (
    Counts,
    PageOutcome,
    ReadyPage,
    Rejection,
    RunReport,
)
from jemmo.domain.streams import Checkpoint, Mode, Sighting, Stream, Sweep
from jemmo.store import events, fresh, linking, silence, suppression, sweeps
from jemmo.store import statements as sql
from jemmo.store.anonymising import anonymise, were_somebody
from jemmo.store.batches import gone_of, newest
from jemmo.store.context import Marks, RunContext, Seal
from jemmo.store.postgres import Connection, explained
from jemmo.store.rows import Row, rows_of
from jemmo.store.sealing import Sealing
from jemmo.store.suppression import KeepsOut
from jemmo.store.tables import TABLES

LEASE = timedelta(seconds=60)

TRUNCATE_EVERY = 4  # batches, or deleted rows outgrow the buffers of temporary tables

SETTINGS = (
    "synchronous_commit = off",
    "plan_cache_mode = force_generic_plan",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "enable_seqscan = off",
    "jit = off",
)
"""A batch is small beside the tables it meets, so it is joined row by row through their indexes, by a plan made
once. A commit does not wait for the disk: should Postgres itself crash, the last moments are lost together with their
checkpoint, and the next sync reads those pages again. What is ruled out here has the highest cost there is, so Postgres
would compile each statement for a second before it runs for a millisecond."""

_SENT_AS = {"uuid": "bytea", "int8[]": "bytea"}
"""What is made as the bytes that Postgres takes it as."""


async def hold_lease(db: Connection, context: RunContext) -> None:
    """Renew the run's claim on its connection; raises ``LeaseLost`` when another took it."""
    held = await db.execute(
        "UPDATE lease SET expires_at = clock_timestamp() + %s "
        "WHERE connection_id = %s AND token = %s",
        [LEASE, context.connection_id, context.token],
    )
    if held.rowcount != 1:
        raise _lost()


class Writer:
    """The store of one run, on one database connection."""

    guarded = True
    """Whether what a webhook's look found meanwhile is kept from older pages."""

    def __init__(
        self,
        db: Connection,
        context: RunContext,
        seal: Seal,
        keeps_out: KeepsOut | None = None,
        marks: Marks | None = None,
    ) -> None:
        self.db = db
        self.context = context
        self.seal = seal
        self.keeps_out = keeps_out
        self._sealing = Sealing(context.connection_id, seal, marks)
        self._staging: dict[Stream, int] = {}
        self._waiting: dict[tuple[Stream, int], int] | None = None
        self._rejecting: set[str] = set()
        self._tags: set[str] = set()
        self._announced: frozenset[str] = frozenset()
        self._links = 0
        self._left_links = False

    @property
    def _names(self) -> dict[str, Any]:
        context = self.context
        return {
            "org": context.org_id,
            "connection": context.connection_id,
            "run": context.run_id,
            "began": context.began,
            "hidden": context.hidden,
            "active": [str(status) for status in context.rules.active_statuses],
            "force": context.mode is not Mode.INCREMENTAL,
            "guarded": self.guarded,
        }

    async def checkpoints(self) -> dict[Stream, Checkpoint]:
        with explained():
            rows = await self.db.execute(
                "SELECT stream, watermark, mode, cursor, pass_started_at, seen, total, done, complete "
                "FROM checkpoint WHERE connection_id = %s",
                [self.context.connection_id],
            )
            found = await rows.fetchall()
        return {
            Stream(row[0]): Checkpoint(
                stream=Stream(row[0]),
                watermark=row[1],
                mode=Mode(row[2]) if row[2] else None,
                cursor=row[3],
                pass_started_at=row[4],
                seen=row[5],
                total=row[6],
                done=row[7],
                complete=row[8],
            )
            for row in found
            if row[0] in Stream.__members__.values()
        }

    def make_ready(self, outcome: PageOutcome) -> ReadyPage:
        return ReadyPage(outcome, rows_of(outcome.stream, outcome.accepted, self._sealing))

    async def commit_pages(self, pages: Sequence[ReadyPage], checkpoint: Checkpoint) -> Counts:
        """Pages of one stream and their checkpoint in one transaction."""
        stream = checkpoint.stream
        outcomes = [page.outcome for page in pages]
        rows = newest([row for page in pages for row in page.rows])
        rejected = [one for outcome in outcomes for one in outcome.rejected]
        gone = gone_of(outcomes)
        fetched = sum(outcome.fetched for outcome in outcomes)
        erased = 0
        with explained():
            await self._prepare(stream)
            async with self._alone():
                if kept_out := await self._erased(
                    stream, [*(row.record for row in rows), *rejected]
                ):
                    before = len(rows) + len(rejected)
                    rows = [row for row in rows if not kept_out(row.record)]
                    rejected = [one for one in rejected if not kept_out(one.remote_id)]
                    erased = before - len(rows) - len(rejected)
                counts = await self._upsert(stream, rows) if rows else Counts()
                await self._reject(stream, rejected)
                if gone:
                    counts.deleted = await sweeps.bury(self.db, self._names, stream, gone)
                await self._save(checkpoint)
        counts.fetched = fetched
        counts.rejected = len(rejected)
        counts.excluded += erased
        repeats = fetched - len(rejected) - len(rows) - erased
        counts.unchanged += repeats
        return counts

    async def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        with explained():
            await self._save(checkpoint)

    async def report(self, report: RunReport) -> None:
        with explained():
            await events.keep_report(self.db, self.context.connection_id, report)

    async def sweep(self, stream: Stream) -> Sweep | None:
        with explained():
            return await sweeps.kept(self.db, self._names, stream)

    async def keep_sweep(
        self, stream: Stream, sweep: Sweep, met: Sequence[Sighting] = (), *, anew: bool = False
    ) -> None:
        with explained():
            if kept_out := await self._erased(stream, met):
                met = [one for one in met if not kept_out(one.remote_id)]
            async with self.db.transaction():
                await hold_lease(self.db, self.context)
                if anew:
                    await sweeps.begin(self.db, self.context.connection_id, stream)
                await sweeps.add(self.db, self.context.connection_id, stream, met)
                await sweeps.keep(self.db, self._names, stream, sweep, anew=anew)

    async def missing(self, stream: Stream, before: datetime) -> list[str]:
        with explained():
            return await sweeps.missing(self.db, self.context.connection_id, stream, before)

    async def unread(self, stream: Stream) -> list[str]:
        with explained():
            found = await sweeps.unread(self.db, self.context.connection_id, stream)
            kept_out = await self._erased(stream, found)
        return [one for one in found if not kept_out(one)] if kept_out else found

    async def present(self, stream: Stream) -> int:
        with explained():
            return await sweeps.present(self.db, self.context.connection_id, stream)

    async def bury(self, stream: Stream, remote_ids: Sequence[str]) -> int:
        with explained():
            async with self._alone():
                await hold_lease(self.db, self.context)
                buried = await sweeps.bury(self.db, self._names, stream, remote_ids)
        return buried

    async def hold_deletions(self, stream: Stream, remote_ids: Sequence[str]) -> bool:
        with explained():
            present = await self.present(stream)
            return await sweeps.hold(
                self.db, self.context.connection_id, stream, remote_ids, present
            )

    async def settle(self, report: RunReport) -> None:
        """Count what ended hidden among what this run created; drop links that nothing waits for any more."""
        with explained():
            for stream, counts in report.streams.items():
                if counts.created:
                    hidden = await sweeps.hidden_since(self.db, self._names, stream)
                    counts.created -= hidden
                    counts.excluded += hidden
            async with self._alone():
                await sweeps.forget_stale_links(self.db, self.context.connection_id)
            talents = report.streams.get(Stream.TALENTS)
            if self.context.mode is not Mode.INCREMENTAL and talents and talents.unchanged:
                async with self._alone():
                    await sweeps.decide_visibility(self.db, self._names)
            if silent := await silence.warning(self.db, self.context.connection_id):
                report.warnings.append(silent)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """A transaction that no other one of this connection's records runs beside.

        A run and a webhook's look would else lock the same rows in different order.
        """
        async with self.db.transaction():
            lock = int.from_bytes(self.context.connection_id.bytes[:8], signed=True)
            await self.db.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
            answer = await self.db.execute(
                "SELECT links FROM webhook_address WHERE connection_id = %s",
                [self.context.connection_id],
            )
            row = await answer.fetchone()
            if row and row[0] != self._links:
                self._links, self._waiting = (
                    row[0],
                    None,
                )  # a look has left links of which we know not
            yield

    # --- one transaction's steps, in their order ---

    async def _erased(self, stream: Stream, asked: Sequence[Any]) -> Callable[[Any], bool] | None:
        """Tells which of these records or ids are of somebody erased; ``None`` where nobody was."""
        if self.keeps_out is None:
            return None
        return await suppression.erased(
            self.db, self.context.connection_id, stream, self.keeps_out, asked
        )

    async def _prepare(self, stream: Stream) -> None:
        """This session's settings and staging tables; which links and rejections there are to look after."""
        if not self._staging:
            for setting in SETTINGS:
                await self.db.execute(f"SET {setting}".encode())
            self._rejecting = await sweeps.rejecting(self.db, self.context.connection_id)
            self._announced = await silence.announced(self.db, self.context.connection_id)
        if self._waiting is None:
            self._waiting = await sweeps.waiting_links(self.db, self.context.connection_id)
        if stream not in self._staging:
            for statement in sql.create_staging(stream):
                await self.db.execute(statement.encode())
            self._staging[stream] = 0

    async def _upsert(self, stream: Stream, rows: list[Row]) -> Counts:
        records = [row.record for row in rows]
        named = await were_somebody(self.db, self.context.connection_id, records)
        await self._stage(stream, rows)
        names = self._names
        is_fresh = await self._is_fresh(stream, names)
        write = fresh.insert(stream) if is_fresh else sql.upsert(stream)
        answer = await self.db.execute(write.encode(), names)
        found = await answer.fetchone()
        assert found is not None
        created, updated, waits, talents = found
        counts = Counts(created=created, updated=updated, unchanged=len(rows) - created - updated)
        if waits:
            self._waiting = None
            self._left_links = True
        if stream in self._announced and created + updated and not names["force"]:
            await self.db.execute(sql.unannounced(stream).encode(), names)
        await self._keep_tags(rows)
        if stream in self._rejecting:
            await self._forgive(stream)
        await self._relate(stream, names, talents or [])
        await anonymise(self.db, self.context.connection_id, named)
        if TABLES[stream].hides and created < len(rows):
            await self._count_hidden(stream, names, counts)
        return counts

    async def _is_fresh(self, stream: Stream, names: dict[str, Any]) -> bool:
        """Whether no row of the staged batch is there yet; asked where it is likely."""
        if self.context.mode is not Mode.INITIAL:
            return False
        answer = await self.db.execute(fresh.none_there(stream).encode(), names)
        row = await answer.fetchone()
        return bool(row and row[0])

    async def _stage(self, stream: Stream, rows: list[Row]) -> None:
        """Copy the rows to where the statements take them from."""
        self._staging[stream] += 1
        thoroughly = self._staging[stream] % TRUNCATE_EVERY == 0
        for statement in sql.empty_staging(stream, thoroughly=thoroughly):
            await self.db.execute(statement.encode())
        name = sql.staging_name(TABLES[stream])
        await self._copy(name, sql.staged_columns(stream), [row.values for row in rows])
        for place, child in enumerate(sql.CHILDREN.get(stream, ())):
            if parts := [part for row in rows for part in row.children[place]]:
                await self._copy(f"staged_{child.name}", tuple(child.staged), parts)

    async def _copy(self, name: str, columns: tuple[Any, ...], rows: Sequence[Any]) -> None:
        async with (
            self.db.cursor() as cursor,
            cursor.copy(sql.copy_into(name, columns).encode()) as copy,
        ):
            copy.set_types([_SENT_AS.get(column.type, column.type) for column in columns])
            for row in rows:
                if block := copy.formatter.write_row(row):  # many rows make a block
                    await copy.write(block)

    async def _relate(self, stream: Stream, names: dict[str, Any], talents: list[UUID]) -> None:
        """Link what waited for these rows, then decide which talents that shows or hides."""
        for source, place in linking.links_to(stream):
            if self._waiting is None or self._waiting.get((source, place)):
                answer = await self.db.execute(linking.resolve(source, place).encode(), names)
                row = await answer.fetchone()
                if row and row[1] and (source, stream) == (Stream.APPLICATIONS, Stream.TALENTS):
                    talents = [*talents, *row[1]]
        if talents:
            await self.db.execute(sql.SHOW_BY_APPLICATIONS.encode(), {**names, "talents": talents})

    async def _count_hidden(self, stream: Stream, names: dict[str, Any], counts: Counts) -> None:
        table = TABLES[stream]
        query = sql.HIDDEN_UNCHANGED.format(table=table.name, staged=sql.staging_name(table))
        answer = await self.db.execute(query.encode(), names)
        row = await answer.fetchone()
        hidden = row[0] if row else 0
        counts.excluded += hidden
        from_unchanged = min(hidden, counts.unchanged)
        counts.unchanged -= from_unchanged
        counts.updated -= hidden - from_unchanged

    async def _keep_tags(self, rows: list[Row]) -> None:
        found = {tag for row in rows for tag in getattr(row.clear, "tags", ())}
        new = sorted(found - self._tags)
        if new:
            await self.db.execute(
                "INSERT INTO tag (org_id, name) SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING",
                [self.context.org_id, new],
            )
            self._tags |= set(new)

    async def _forgive(self, stream: Stream) -> None:
        query = sql.FORGIVE.format(staged=sql.staging_name(TABLES[stream]))
        await self.db.execute(
            query.encode(), {"connection": self.context.connection_id, "stream": stream}
        )

    async def _reject(self, stream: Stream, rejected: list[Rejection]) -> None:
        if rejected:
            self._rejecting.add(stream)
        context = b"rejection:" + self.context.connection_id.bytes
        for one in rejected:
            await self.db.execute(
                sql.REJECT,
                {
                    "connection": self.context.connection_id,
                    "run": self.context.run_id,
                    "stream": stream,
                    "remote_id": one.remote_id,
                    "code": one.code,
                    "message": one.message,
                    "field": one.field,
                    "sealed_raw": self.seal(one.raw, context) if one.raw else None,
                },
            )

    async def _save(self, point: Checkpoint) -> None:
        """Save the checkpoint under the lease; a lost lease undoes the transaction."""
        values = msgspec.structs.asdict(point)
        values |= {
            "connection": self.context.connection_id,
            "token": self.context.token,
            "lease": LEASE,
        }
        saved = await self.db.execute(sql.CHECKPOINT, values)
        if saved.rowcount != 1:
            raise _lost()


def _lost() -> LeaseLost:
    return LeaseLost("Another run took over this connection; this one stopped writing.")
