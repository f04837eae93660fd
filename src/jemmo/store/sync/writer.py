"""Writes a sync run's pages, each with its checkpoint and only while the run holds its lease."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from jemmo.domain.brake import LINKS_CODE, CascadeCounts, PendingDeletions
from jemmo.domain.errors import LeaseLost
from jemmo.domain.history import LIMITED
from jemmo.domain.outcomes import Counts, PageOutcome, ReadyPage, RunReport, RunWarning
from jemmo.domain.streams import Checkpoint, Mode, Rereading, Sighting, Stream, Sweep
from jemmo.store.db import leases
from jemmo.store.db.postgres import Connection, explained
from jemmo.store.db.run_context import Hashers, RunContext, Seal
from jemmo.store.sync import brake, known_records, missed_webhooks, reports, sweeps
from jemmo.store.sync import checkpoints as points
from jemmo.store.sync import statements as sql
from jemmo.store.sync.batches import Batch, batch_of
from jemmo.store.sync.known_records import Broken
from jemmo.store.sync.record_writer import RecordWriter

LEASE = timedelta(seconds=60)


async def hold_lease(db: Connection, context: RunContext) -> None:
    """Renew the run's claim on its connection. Raises ``LeaseLost`` if another run took it."""
    values = {"lease": LEASE, "connection": context.connection_id, "token": context.token}
    updated = await db.execute(leases.RENEW, values)
    if updated.rowcount != 1:
        raise LeaseLost


class Writer:
    """The ``RunStore`` of one run, on one database connection."""

    def __init__(
        self,
        db: Connection,
        context: RunContext,
        seal: Seal,
        hashers: Hashers = Hashers(),  # noqa: B008 - immutable
    ) -> None:
        self.db = db
        self.context = context
        self._connection_id = context.connection_id
        self._records = RecordWriter(db, context, seal, hashers)

    @property
    def _names(self) -> dict[str, Any]:
        return self._records.names(self.context.policy)

    async def checkpoints(self) -> dict[Stream, Checkpoint]:
        with explained():
            return await points.load(self.db, self._connection_id)

    def make_ready(self, outcome: PageOutcome) -> ReadyPage:
        return self._records.make_ready(outcome)

    async def commit_pages(self, pages: Sequence[ReadyPage], checkpoint: Checkpoint) -> Counts:
        """Commit pages of one stream and their checkpoint in one transaction.

        If an incremental sync finds nothing new in a stream, its checkpoint is saved with the others at the end of the
        run. Losing it only means that the stream's changes are requested again.
        """
        batch = batch_of(pages)
        with explained():
            if (counts := await self._unchanged(batch)) is not None:
                if not (checkpoint.done and self.context.mode is Mode.INCREMENTAL):
                    await self._save([checkpoint])
                return counts
            async with self._records.alone():
                written = await self._records.write(batch, self.context.policy)
                await self._save([checkpoint])
        return written.counts

    async def _unchanged(self, batch: Batch) -> Counts | None:
        """Like ``RecordWriter.unchanged``, but skipped in an initial sync, where nearly everything is new."""
        if self.context.mode is Mode.INITIAL and batch.rows:
            return None
        await self._records.set_session()
        return await self._records.unchanged(batch)

    async def save_checkpoints(self, checkpoints: Sequence[Checkpoint]) -> None:
        with explained():
            await self._save(checkpoints)

    async def report(self, report: RunReport) -> None:
        with explained():
            async with self.db.transaction():
                await reports.keep_report(self.db, self._connection_id, report)

    async def sweep(self, stream: Stream) -> Sweep | None:
        with explained():
            return await sweeps.kept(self.db, self._names, stream)

    async def keep_sweep(
        self,
        stream: Stream,
        sweep: Sweep,
        sightings: Sequence[Sighting] = (),
        *,
        anew: bool = False,
    ) -> None:
        with explained():
            if kept_out := await self._records.erased(stream, sightings):
                sightings = [sighting for sighting in sightings if not kept_out(sighting.remote_id)]
            async with self.db.transaction():
                await hold_lease(self.db, self.context)
                if anew:
                    await sweeps.begin(self.db, self._connection_id, stream)
                await sweeps.add(self.db, self._connection_id, stream, sightings)
                await sweeps.keep(self.db, self._names, stream, sweep, anew=anew)

    async def missing(self, stream: Stream, before: datetime) -> list[str]:
        with explained():
            return await sweeps.missing(self.db, self._connection_id, stream, before)

    async def pending_deletions(self, stream: Stream, before: datetime) -> PendingDeletions:
        with explained():
            loss = await brake.pending_deletions(self.db, self._connection_id, stream, before)
            if not loss.missing:
                await brake.close_used(self.db, self._connection_id)
                await brake.forget(self.db, self._connection_id, stream)
            return loss

    async def cascade_counts(self, losses: Sequence[PendingDeletions]) -> CascadeCounts:
        with explained():
            return await brake.cascade_counts(self.db, self._connection_id, losses)

    async def forget_rejected(self, stream: Stream, before: datetime) -> None:
        with explained():
            await sweeps.forget_rejected(self.db, self._connection_id, stream, before)

    async def unread(self, stream: Stream) -> list[str]:
        with explained():
            ids = await sweeps.unread(self.db, self._connection_id, stream, self.context.limit)
            kept_out = await self._records.erased(stream, ids)
        return [remote_id for remote_id in ids if not kept_out(remote_id)] if kept_out else ids

    async def orphans(self, stream: Stream, since: datetime) -> list[str]:
        with explained():
            return await sweeps.orphans(self.db, self._connection_id, stream, since)

    async def refetched_since(self, streams: Sequence[Stream], since: datetime) -> bool:
        with explained():
            return await known_records.refetched_since(self.db, self._connection_id, streams, since)

    async def write_tombstones(
        self, stream: Stream, remote_ids: Sequence[str], *, completes: bool = True
    ) -> int:
        with explained():
            async with self._records.alone():
                await hold_lease(self.db, self.context)
                if await brake.waits(self.db, self._connection_id, stream):
                    return 0
                waiting = await brake.parts_of_waiting(self.db, self._connection_id, stream)
                gone = [name for name in remote_ids if name not in waiting]
                buried = await sweeps.write_tombstones(self.db, self._names, stream, gone)
                if completes:
                    await brake.close(self.db, self._connection_id, stream)
        return buried

    async def pause_deletions(self, losses: Sequence[PendingDeletions]) -> None:
        with explained():
            await brake.pause_deletions(self.db, self._connection_id, losses)

    async def rereading(self, stream: Stream) -> tuple[Rereading | None, datetime | None]:
        with explained():
            return await points.rereading(self.db, self._connection_id, stream)

    async def keep_rereading(
        self, stream: Stream, reading: Rereading | None, ended_at: datetime | None = None
    ) -> None:
        with explained():
            async with self.db.transaction():
                await hold_lease(self.db, self.context)
                await points.keep_rereading(self.db, self._connection_id, stream, reading, ended_at)

    async def paused(self) -> list[dict[str, Any]]:
        with explained():
            return await brake.paused(self.db, self._connection_id, self.context.began)

    async def settle(self, report: RunReport) -> None:
        """Count the new records that ended up excluded, and delete waiting links that are no longer needed.

        Broken relations cause warnings, unless this run did not read their targets.
        """
        with explained():
            await brake.close_used(self.db, self._connection_id)
            if self._may_be_older(report):  # before excluded records are counted
                async with self._records.alone():
                    await sweeps.decide_visibility(self.db, self._names)
            for stream, counts in report.streams.items():
                if counts.created:
                    hidden = await sweeps.hidden_since(self.db, self._names, stream)
                    counts.created -= hidden
                    counts.excluded += hidden
            if waiting := await sweeps.waiting_links(self.db, self._connection_id):
                async with self._records.alone():
                    await sweeps.forget_stale_links(self.db, self._connection_id, waiting)
                waiting = await sweeps.waiting_links(
                    self.db, self._connection_id, without_rejected=True
                )
            broken = await self._broken_relations(waiting)
            report.warn(
                warning
                for relation in broken
                if relation.target in report.streams
                for warning in _dangling(relation)
            )
            talents = report.streams.get(Stream.TALENTS)
            if self.context.mode is not Mode.INCREMENTAL and talents and talents.unchanged:
                async with self._records.alone():
                    await sweeps.decide_visibility(self.db, self._names)
            if silent := await missed_webhooks.missed_webhooks_warning(
                self.db, self._connection_id
            ):
                report.warnings.append(silent)

    def _may_be_older(self, report: RunReport) -> bool:
        """Whether this run may have stored talents older than the history limit."""
        if self.context.limit is None:
            return False
        return self.context.mode is not Mode.INCREMENTAL or any(
            report.streams[stream].created for stream in LIMITED if stream in report.streams
        )

    async def _broken_relations(self, waiting: Mapping[tuple[str, str], int]) -> list[Broken]:
        """Return the broken relations: all after a full comparison, only waiting ones after an incremental sync."""
        if self.context.mode is Mode.INCREMENTAL:
            return known_records.waiting_relations(waiting)
        async with self.db.transaction():
            await self.db.execute(sweeps.WHOLE_TABLES)
            return await known_records.broken_relations(self.db, self._connection_id)

    async def _save(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Save checkpoints under the lease. A lost lease rolls the transaction back."""
        await self._records.set_session()
        saved = await self.db.execute(
            sql.CHECKPOINTS,
            {
                "points": msgspec.json.encode(checkpoints).decode(),
                "connection": self._connection_id,
                "token": self.context.token,
                "lease": LEASE,
            },
        )
        if saved.rowcount != len(checkpoints):
            raise LeaseLost


def _dangling(relation: Broken) -> Iterator[RunWarning]:
    """The warnings about a broken relation. For records whose deletion is paused, the key is not to blame."""
    for share in relation.shares:
        code = LINKS_CODE if share.is_paused else "dangling_relation"
        yield RunWarning.of(
            f"{code}:{relation.name}",
            count=share.count,
            example=next(iter(share.ids), None),
        )
