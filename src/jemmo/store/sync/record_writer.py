"""Writes records for syncs and refetches. Nothing else writes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from msgspec import Struct

from jemmo.domain.outcomes import Counts, PageOutcome, ReadyPage, Rejection
from jemmo.domain.records import Job, Record, Talent
from jemmo.domain.streams import Stream
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_row, afetch_rows
from jemmo.store.db.run_context import AnonymizedTalent, Hashers, Policy, RunContext, Seal
from jemmo.store.privacy import anonymization, suppression
from jemmo.store.sync import activity, brake, changes, inserts, linking, placeholders, sweeps
from jemmo.store.sync import statements as sql
from jemmo.store.sync.batches import Batch
from jemmo.store.sync.changes import Change, Images, Open
from jemmo.store.sync.kept_values import keep_stored
from jemmo.store.sync.rows import Row, rows_of
from jemmo.store.sync.sealing import Sealing
from jemmo.store.sync.staging import Staging

SETTINGS = (
    "synchronous_commit = off",
    "plan_cache_mode = force_generic_plan",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "enable_seqscan = off",
    "jit = off",
)
"""A batch is small compared to its tables, so it is joined row by row through their indexes, with a plan made once. A
commit does not wait for the disk: if Postgres itself crashes, the last commits are lost together with their
checkpoint, and the next sync reads those pages again. JIT is off because disabled plan types have the highest possible
cost, so Postgres would spend a second compiling a statement that runs for a millisecond."""

_SET = "; ".join(f"SET {setting}" for setting in SETTINGS)


class Written(Struct, kw_only=True):
    """The outcome of a write.

    accepted  ids of the records that are in the tables now
    erased    ids suppressed because the person was erased
    changes   which records were created or updated, and in which fields; filled on request
    """

    counts: Counts
    accepted: list[str]
    erased: list[str | None]
    changes: list[Change]


class Known(Struct, frozen=True):
    """A record's stored state, from ``statements.known``."""

    content_hash: bytes
    excluded: str | None
    deleted: bool
    hidden: bool
    rejected: bool


class Situation(Struct, frozen=True):
    """What writing a stream depends on apart from its rows, from ``statements.SITUATION``."""

    has_rejections: bool
    is_waited_for: bool
    is_announced: bool


class RecordWriter:
    """Writes pages of one connection's records, on one database connection.

    With ``open_sealed``, it also reports which fields changed. For that, it reads updated rows before and after, with
    two queries per batch. New and unchanged rows cost nothing extra.
    """

    def __init__(
        self,
        db: Connection,
        context: RunContext,
        seal: Seal,
        hashers: Hashers = Hashers(),  # noqa: B008 - immutable
        *,
        open_sealed: Open | None = None,
    ) -> None:
        self.db = db
        self.context = context
        self._seal = seal
        self._hashers = hashers
        self._sealing = Sealing(context.connection_id, seal, hashers.contacts)
        self._open_sealed = open_sealed
        self._staging = Staging(db)
        self._tags: set[str] = set()
        self._is_set = False

    def names(self, policy: Policy) -> dict[str, Any]:
        """The parameters that the statements share."""
        context = self.context
        return {
            "org": context.org_id,
            "connection": context.connection_id,
            "run": context.run_id,
            "began": context.began,
            "hidden": context.hidden,
            **activity.parameters(context.rules, context.began),
            "limit": context.limit,
            "policy": str(policy),
        }

    def make_ready(self, outcome: PageOutcome) -> ReadyPage:
        return ReadyPage(outcome, rows_of(outcome.stream, outcome.accepted, self._sealing))

    async def set_session(self) -> None:
        """Set the database session's settings for this work, once per session."""
        if not self._is_set:
            await self.db.execute(_SET.encode())
            self._is_set = True

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Open a transaction during which nothing else writes this connection's records.

        Otherwise, a run and a refetch would lock the same rows in different orders.
        """
        await self.set_session()
        async with self.db.transaction():
            lock = int.from_bytes(self.context.connection_id.bytes[:8], signed=True)
            await self.db.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
            yield

    async def erased(self, stream: Stream, asked: Sequence[Any]) -> Callable[[Any], bool] | None:
        """Return a test for records or ids of erased people; ``None`` if nobody was erased."""
        if self._hashers.suppression is None:
            return None
        return await suppression.erased(
            self.db, self.context.connection_id, stream, self._hashers.suppression, asked
        )

    async def unchanged(self, batch: Batch) -> Counts | None:
        """Return the counts of pages that contain only unchanged records; ``None`` if there is something to write.

        This needs no transaction: whatever a refetch writes or an erasure deletes meanwhile is newer than these pages.
        """
        if batch.rejected or batch.gone:
            return None
        ids = [row.remote_id for row in batch.rows]
        known = await self._known(batch.stream, ids, self.names(self.context.policy))
        if any(_may_change(row, known.get(row.remote_id)) for row in batch.rows):
            return None
        if any(known_row.rejected for known_row in known.values()):
            return None
        counts = batch.counts()
        counts.add(_without_hidden(Counts(unchanged=len(ids)), ids, known))
        return counts

    async def write(self, batch: Batch, policy: Policy) -> Written:
        """Write pages of one stream in the current transaction (``alone``)."""
        asked = [*(row.record for row in batch.rows), *batch.rejected]
        if kept_out := await self.erased(batch.stream, asked):
            batch.drop_erased(kept_out)
        names = {**self.names(policy), "stream": str(batch.stream)}
        ids = [row.remote_id for row in batch.rows]
        written = Written(counts=batch.counts(), accepted=ids, erased=batch.erased, changes=[])
        if batch.rows:
            await self._write_rows(batch, names, written)
        await self._reject(batch.stream, batch.rejected)
        if batch.gone:
            written.counts.deleted = await self._write_tombstones(batch.stream, batch.gone, names)
        return written

    # --- the steps of a write, in their order ---

    async def _write_tombstones(
        self, stream: Stream, named: Sequence[str], names: dict[str, Any]
    ) -> int:
        """Mark the records as deleted that the ATS reports as deleted, as far as the brake allows."""
        context = self.context
        gone = await brake.deletable_ids(
            self.db, context.connection_id, stream, named, holds=context.run_id is not None
        )
        return await sweeps.write_tombstones(self.db, names, stream, gone) if gone else 0

    async def _write_rows(self, batch: Batch, names: dict[str, Any], written: Written) -> None:
        """Compare rows, and write those that differ."""
        stream, counts = batch.stream, written.counts
        known = await self._known(stream, written.accepted, names)
        situation = await self._situation(names)
        if situation.has_rejections:
            await self.db.execute(sql.FORGIVE, {**names, "ids": written.accepted})
        rows = [row for row in batch.rows if _may_change(row, known.get(row.remote_id))]
        rows, people = await self._without_hidden_people(batch, rows)
        updates = [row.remote_id for row in rows if row.remote_id in known]
        before = await self._images(stream, updates)
        same = Counts(unchanged=len(batch.rows) - len(rows))
        counts.add(_without_hidden(same, known.keys() - set(updates), known))
        if not rows:
            return
        changed = await self._write_changed(stream, rows, names, situation, is_new=not updates)
        await self._follow_anonymity(batch, people, updates)
        hidden = [remote_id for remote_id in updates if known[remote_id].hidden]
        after = await self._known(stream, hidden, names)
        counts.add(_without_hidden(changed, hidden, after))
        if self._open_sealed:
            created = [row.remote_id for row in rows if row.remote_id not in known]
            images = await self._images(stream, updates)
            written.changes = changes.between(created, before, images)

    async def _known(
        self, stream: Stream, ids: list[str], names: dict[str, Any]
    ) -> dict[str, Known]:
        if not ids:
            return {}
        rows = await afetch_rows(self.db, sql.known(stream), {**names, "ids": ids})
        return {row[0]: Known(*row[1:]) for row in rows}

    async def _situation(self, names: dict[str, Any]) -> Situation:
        return Situation(*await afetch_row(self.db, sql.SITUATION, names))

    async def _images(self, stream: Stream, ids: Sequence[str]) -> Images:
        """Return rows in the form that ``changes`` compares, if changed fields were requested."""
        if not (self._open_sealed and ids):
            return {}
        connection_id = self.context.connection_id
        return await changes.images(self.db, connection_id, stream, ids, self._open_sealed)

    async def _write_changed(
        self,
        stream: Stream,
        rows: list[Row],
        names: dict[str, Any],
        situation: Situation,
        *,
        is_new: bool,
    ) -> Counts:
        """Write new and changed rows with everything that depends on them. ``is_new``: all of them are new."""
        await self._staging.fill(stream, rows)
        if not is_new:
            await keep_stored(self.db, self.context.connection_id, stream, rows)
        write = inserts.insert(stream) if is_new else sql.upsert(stream)
        unlisted = [row.remote_id for row in rows if _keeps_files(row.record)]
        created, updated, talents = await afetch_row(
            self.db, write, {**names, "unlisted": unlisted}
        )
        if stream is Stream.JOBS and names["policy"] == Policy.FULL:
            updated += await placeholders.close_unlisted(self.db, self.context.connection_id, rows)
        if situation.is_announced and created + updated and names["policy"] != Policy.FULL:
            await self.db.execute(sql.unannounced(stream).encode(), names)
        await self._keep_tags(rows)
        if created and situation.is_waited_for:
            talents = [*(talents or []), *await self._link_waiting(stream, names)]
        if talents:
            await self.db.execute(sql.SHOW_BY_APPLICATIONS.encode(), {**names, "talents": talents})
        return Counts(created=created, updated=updated, unchanged=len(rows) - created - updated)

    async def _without_hidden_people(
        self, batch: Batch, rows: list[Row]
    ) -> tuple[list[Row], list[AnonymizedTalent]]:
        """Return the rows to write, and the people whom they anonymize; if those are too many, keep all of them."""
        connection_id, records = self.context.connection_id, [row.record for row in rows]
        people = await anonymization.newly_anonymous(self.db, connection_id, records)
        if not await anonymization.are_too_many(self.db, connection_id, people):
            return rows, people
        kept = {person.remote_ids[0] for person in people}
        for remote_id in sorted(kept):
            batch.notes.add("anonymization_held", remote_id)
        return [row for row in rows if row.remote_id not in kept], []

    async def _follow_anonymity(
        self, batch: Batch, people: list[AnonymizedTalent], updates: Sequence[str]
    ) -> None:
        """Delete the other data of people who were anonymized, and prepare for that of people who are named again."""
        connection_id = self.context.connection_id
        for remote_id in await anonymization.anonymize_talents(
            self.db, connection_id, people, self._hashers.mentions
        ):
            batch.notes.add("anonymized_in_ats", remote_id)
        updated = set(updates)
        records = [row.record for row in batch.rows if row.remote_id in updated]
        await anonymization.restore_talents(self.db, connection_id, records)

    async def _link_waiting(self, stream: Stream, names: dict[str, Any]) -> list[UUID]:
        """Link the rows that waited for the staged ones. Return the talents of the applications among them."""
        talents: list[UUID] = []
        for source, place in linking.links_to(stream):
            row = await afetch_row(self.db, linking.resolve(source, place), names)
            if row and row[1] and (source, stream) == (Stream.APPLICATIONS, Stream.TALENTS):
                talents += row[1]
        return talents

    async def _keep_tags(self, rows: list[Row]) -> None:
        new = {tag for row in rows for tag in getattr(row.clear, "tags", ())} - self._tags
        if new:
            await self.db.execute(
                "INSERT INTO tag (org_id, name) SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING",
                [self.context.org_id, sorted(new)],
            )
            self._tags |= new

    async def _reject(self, stream: Stream, rejected: list[Rejection]) -> None:
        context = b"rejection:" + self.context.connection_id.bytes
        for rejection in rejected:
            await self.db.execute(
                sql.REJECT,
                {
                    "connection": self.context.connection_id,
                    "run": self.context.run_id,
                    "stream": stream,
                    "remote_id": rejection.remote_id,
                    "code": rejection.code,
                    "message": rejection.message,
                    "field": rejection.field,
                    "sealed_raw": self._seal(rejection.raw, context) if rejection.raw else None,
                },
            )


def _may_change(row: Row, known: Known | None) -> bool:
    """Whether a write may change the stored row. ``statements.upsert`` then decides which version wins."""
    if known is None or known.deleted or known.content_hash != row.content_hash:
        return True
    return isinstance(row.record, Job) and known.excluded != row.excluded


def _keeps_files(record: Record) -> bool:
    return isinstance(record, Talent) and not record.lists_all_files


def _without_hidden(counts: Counts, ids: Iterable[str], known: Mapping[str, Known]) -> Counts:
    """Count the rows that were excluded before this run, and still are, only as excluded."""
    hidden = sum(known[remote_id].hidden for remote_id in ids if remote_id in known)
    from_unchanged = min(hidden, counts.unchanged)
    counts.excluded += hidden
    counts.unchanged -= from_unchanged
    counts.updated -= hidden - from_unchanged
    return counts
