"""Reconcile: compare all ids with the ATS, read what was missed, delete what is gone.

A deletion needs proof. A sweep must reach its end and match the ATS's count. Then each missing id is requested
individually, or, if there are many, must also be missing from a second sweep. All streams are compared before the first
deletion: if unusually many records would be deleted (``domain/brake.py``), a person reviews them first.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from jemmo.domain import brake
from jemmo.domain.brake import PendingDeletions
from jemmo.domain.errors import StreamRefused
from jemmo.domain.outcomes import RunWarning
from jemmo.domain.streams import Mode, Part, Stream, StreamSpec, Sweep, lowest_total
from jemmo.pipeline.page_writer import PageWriter
from jemmo.pipeline.plan import UNREADABLE, begin_pass, start_of
from jemmo.pipeline.remarks import count_differs, deletions_unchecked
from jemmo.pipeline.rereading import reread
from jemmo.pipeline.run_state import RunState
from jemmo.pipeline.single_reads import SingleReads

ASK_BY_NAME = 200  # above this many missing or unread ids, another pass replaces single requests
ORPHANS_KEPT = timedelta(days=7)  # how long after a deletion records that refer to it are refetched


class Reconciler:
    """One run's comparison, stream by stream. If the slice ends first, the next slice continues it."""

    def __init__(self, state: RunState, singles: SingleReads, writer: PageWriter) -> None:
        self._state = state
        self._store = state.store
        self._source = state.source
        self._singles = singles
        self._writer = writer

    async def execute(self) -> None:
        """Compare all streams. Raises ``SliceOver`` if the slice ends first; progress is saved."""
        for spec in self._state.specs:
            if await self._compare(spec) and spec.thin_sweep and spec is not self._state.specs[-1]:
                self._state.end_slice_if_over()
        await self._pause(await self._losses())
        for loss in await self._losses():
            await self._delete_missing(loss)
        for spec in self._state.specs:
            await self._settle(spec.name)
        for spec in self._state.specs:
            await self._read_orphans(spec)
        await reread(self._state, self._singles)

    async def _compare(self, spec: StreamSpec) -> bool:
        """Find every id and read what was missed; ``False`` if an earlier slice already did."""
        sweep = await self._store.sweep(spec.name) or await self._begin(spec.name)
        if sweep.part is Part.FIRST:
            try:
                await self._sweep(spec.name, sweep)
            except StreamRefused as reason:
                # Nothing is known of what the ATS has, so nothing is missing. If the stream was read, the refusal is
                # reported already.
                self._state.report.mention(RunWarning.of_error(reason))
                await self._keep(spec.name, sweep, Part.DECIDED)
                return True
            sweep.cursor = None
            await self._keep(spec.name, sweep, Part.UNREAD)
        if sweep.part is not Part.UNREAD:
            return False
        await self._read_missed(spec, sweep)
        judged = sweep.proves_by_name and spec.finds_deletions
        if judged and sweep.proved:
            await self._store.forget_rejected(spec.name, sweep.began)
        await self._keep(spec.name, sweep, Part.COMPARED if judged else Part.DECIDED)
        return True

    async def _losses(self) -> list[PendingDeletions]:
        """Return the streams' pending deletions that haven't been decided yet."""
        losses = []
        for spec in self._state.specs:
            sweep = await self._store.sweep(spec.name)
            if sweep is not None and sweep.part is Part.COMPARED:
                losses.append(await self._store.pending_deletions(spec.name, sweep.began))
        return losses

    async def _pause(self, losses: list[PendingDeletions]) -> None:
        """Pause unusually large deletions for a person to review."""
        if not any(loss.missing for loss in losses):
            return
        paused = brake.to_review(losses, await self._store.cascade_counts(losses))
        if not paused:
            return
        await self._store.pause_deletions(paused)
        facts = [loss.facts for loss in paused]
        self._state.report.error = brake.error_of(facts, {}, connection=self._state.connection)
        for loss in paused:
            await self._decided(loss.stream)

    async def _decided(self, stream: Stream) -> None:
        sweep = await self._store.sweep(stream)
        assert sweep is not None
        await self._keep(stream, sweep, Part.DECIDED)

    async def _settle(self, stream: Stream) -> None:
        sweep = await self._store.sweep(stream)
        assert sweep is not None
        if sweep.part is Part.SECOND:
            await self._confirm_missing(stream, sweep)
        elif sweep.part is not Part.SETTLED:
            self._tell(stream, sweep)
        await self._store.save_checkpoints([self._state.points[stream]])
        await self._keep(stream, sweep, Part.SETTLED)

    async def _keep(self, stream: Stream, sweep: Sweep, part: Part) -> None:
        sweep.part = part
        await self._store.keep_sweep(stream, sweep)

    async def _begin(self, stream: Stream, missing: list[str] | None = None) -> Sweep:
        """Return a new sweep, or a second one if records were missing in the first."""
        sweep = Sweep(
            began=self._state.now(),
            part=Part.FIRST if missing is None else Part.SECOND,
            missing=missing or [],
        )
        await self._store.keep_sweep(stream, sweep, anew=True)
        return sweep

    async def _sweep(self, stream: Stream, sweep: Sweep) -> None:
        """Record every id in the ATS, from the sweep's position to its end.

        Starts over if the connector can't read that position.
        """
        if sweep.ended:
            return
        before = sweep.cursor
        try:
            await self._sweep_from(stream, sweep)
        except UNREADABLE:
            if before is None or sweep.cursor != before:
                raise
            sweep.cursor, sweep.seen, sweep.began = None, 0, self._state.now()
            await self._store.keep_sweep(stream, sweep, anew=True)
            await self._sweep_from(stream, sweep)

    async def _sweep_from(self, stream: Stream, sweep: Sweep) -> None:
        async for page in self._source.sightings(stream, sweep.cursor):
            sweep.cursor = page.cursor
            sweep.seen += len(page.sightings) - page.repeats
            sweep.total = lowest_total(sweep.total, page.total)
            sweep.short = max(sweep.short, page.short)
            sweep.covers = sweep.covers and page.covers
            await self._store.keep_sweep(stream, sweep, page.sightings)
            await self._writer.keep_report()
            if page.cursor is not None:
                self._state.end_slice_if_over()
        sweep.ended = True

    async def _read_missed(self, spec: StreamSpec, sweep: Sweep) -> None:
        unread = await self._store.unread(spec.name)
        if len(unread) > ASK_BY_NAME or sweep.cursor is not None:
            await self._read_whole(spec, sweep)
            return
        for remote_id in unread:
            await self._singles.refetch(spec.name, remote_id)

    async def _read_whole(self, spec: StreamSpec, sweep: Sweep) -> None:
        whole = begin_pass(spec, None, Mode.INITIAL, self._state.now())
        start = replace(start_of(spec, whole), cursor=sweep.cursor)
        async for page in self._source.pages(spec.name, start):
            await self._singles.write(page)
            sweep.cursor = page.cursor
            if page.cursor is not None and self._state.slice_over():
                await self._store.keep_sweep(spec.name, sweep)
                self._state.end_slice_if_over()

    async def _delete_missing(self, loss: PendingDeletions) -> None:
        """Delete the records that are certainly gone; if there are too many to request by id, start a second sweep.

        If the sweep doesn't match the ATS's count, only records confirmed as gone are deleted; the rest waits for the
        next reconcile.
        """
        sweep = await self._store.sweep(loss.stream)
        assert sweep is not None
        named = self._state.named.get(loss.stream, set())
        unnamed = [name for name in loss.missing if name not in named]
        if len(unnamed) > ASK_BY_NAME and sweep.proved:
            await self._begin(loss.stream, loss.missing)
            return
        asked = unnamed[:ASK_BY_NAME]
        gone = [name for name in asked if not await self._singles.refetch(loss.stream, name)]
        gone += named.intersection(loss.missing)
        sweep.unasked = len(unnamed) - len(asked)
        if gone:
            self._state.report.counts(loss.stream).deleted += await self._store.write_tombstones(
                loss.stream, gone, completes=not sweep.unasked
            )
        await self._keep(loss.stream, sweep, Part.DECIDED)

    async def _read_orphans(self, spec: StreamSpec) -> None:
        """Refetch listed records that refer to a deleted record: they may have moved.

        An ATS that merges two talents moves their applications without changing the applications' dates.
        """
        if not spec.thin_sweep:
            return  # this run has already read the content of all records
        orphans = await self._store.orphans(spec.name, self._state.now() - ORPHANS_KEPT)
        if len(orphans) <= ASK_BY_NAME:
            for remote_id in orphans:
                await self._singles.refetch(spec.name, remote_id)
            return
        sweep = await self._store.sweep(spec.name)
        assert sweep is not None
        await self._read_whole(spec, sweep)

    async def _confirm_missing(self, stream: Stream, sweep: Sweep) -> None:
        """Run the second sweep and delete what neither sweep found. If its end is not proved, nothing is deleted."""
        await self._sweep(stream, sweep)
        if not sweep.proved:
            self._unproved(stream)
            return
        again = set(await self._store.missing(stream, sweep.began))
        gone = [name for name in sweep.missing if name in again]
        self._state.report.counts(stream).deleted += await self._store.write_tombstones(
            stream, gone
        )
        self._proved(stream)

    def _tell(self, stream: Stream, sweep: Sweep) -> None:
        point = self._state.points[stream]
        if sweep.unasked:
            self._state.points[stream] = replace(point, complete=False)
            self._state.report.warn([deletions_unchecked(stream, sweep.unasked)])
            return
        if sweep.proved or (sweep.proves_by_name and sweep.missed <= point.short):
            self._proved(stream, sweep.missed)
            return
        if sweep.proves_by_name:
            self._state.points[stream] = replace(point, complete=False, short=sweep.missed)
            self._state.report.warn([count_differs(stream, sweep.missed)])
            return
        self._unproved(stream)

    def _unproved(self, stream: Stream) -> None:
        self._state.points[stream] = replace(self._state.points[stream], complete=False)
        self._state.report.warnings.append(RunWarning.of("sweep_not_proved", stream=stream))

    def _proved(self, stream: Stream, missed: int = 0) -> None:
        self._state.points[stream] = replace(
            self._state.points[stream], complete=True, short=missed
        )
