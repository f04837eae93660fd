"""Reconcile: compare every id with the ATS, read what was missed, bury what is gone.

Nothing is buried on a guess. A sweep must reach its end and agree with the ATS's own count; each missing id is then
asked for by name, or, when there are many, must be missing from a second sweep too. And when a large share
would vanish at once, a person decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jemmo.domain.outcomes import RunWarning
from jemmo.domain.streams import Mode, Part, Stream, StreamSpec, Sweep
from jemmo.pipeline.plan import begin_pass, start_of

if TYPE_CHECKING:
    from jemmo.pipeline.run import SyncRun

ASK_BY_NAME = 200  # more missing or unread ids than this are settled by another pass
BRAKE_SHARE, BRAKE_RECORDS = 0.25, 50


def brake(missing: int, present: int) -> bool:
    """Whether so many records would vanish that a person must look first."""
    return missing > BRAKE_RECORDS and missing > BRAKE_SHARE * present


class Reconciler:
    """The comparison of one run, stream by stream. It may end with a slice, and goes on with the next."""

    def __init__(self, run: SyncRun) -> None:
        self.run = run
        self.store = run.store
        self.source = run.source

    async def execute(self) -> None:
        """Raises ``SliceOver`` when the slice ends first; what was found until then is kept."""
        for spec in self.run.specs:
            sweep = await self.store.sweep(spec.name)
            if sweep is None or sweep.part is not Part.SETTLED:
                await self._reconcile(spec, sweep or await self._begin(spec.name))
                if spec.thin_sweep and spec is not self.run.specs[-1]:
                    self.run.end_slice_if_over()

    async def _reconcile(self, spec: StreamSpec, sweep: Sweep) -> None:
        if sweep.part is Part.FIRST:
            await self._sweep(spec.name, sweep)
            sweep.part = Part.UNREAD
            sweep.cursor = None
            await self.store.keep_sweep(spec.name, sweep)
        if sweep.part is Part.UNREAD:
            await self._read_missed(spec, sweep)
            if sweep.proved and spec.finds_deletions:
                missing = await self.store.missing(spec.name, sweep.began)
                if missing:
                    sweep = await self._bury(spec.name, missing, sweep)
        if sweep.part is Part.SECOND:
            await self._look_twice(spec.name, sweep)
        else:
            self._tell(spec.name, sweep)
        await self.store.save_checkpoint(self.run.point(spec.name))
        sweep.part = Part.SETTLED
        await self.store.keep_sweep(spec.name, sweep)

    async def _begin(self, stream: Stream, missing: list[str] | None = None) -> Sweep:
        """A sweep from the beginning; a second one, where some were missing in a first."""
        sweep = Sweep(
            began=self.run.now(),
            part=Part.FIRST if missing is None else Part.SECOND,
            missing=missing or [],
        )
        await self.store.keep_sweep(stream, sweep, anew=True)
        return sweep

    async def _sweep(self, stream: Stream, sweep: Sweep) -> None:
        """Note every id the ATS has, from where the sweep stands to its end."""
        if sweep.ended:
            return
        async for page in self.source.sightings(stream, sweep.cursor):
            sweep.cursor = page.cursor
            sweep.seen += len(page.sightings) - page.repeats
            sweep.total = page.total if page.total is not None else sweep.total
            sweep.covers = sweep.covers and page.covers
            await self.store.keep_sweep(stream, sweep, page.sightings)
            if page.cursor is not None:
                self.run.end_slice_if_over()
        sweep.ended = True

    async def _read_missed(self, spec: StreamSpec, sweep: Sweep) -> None:
        unread = await self.store.unread(spec.name)
        if len(unread) > ASK_BY_NAME or sweep.cursor is not None:
            await self._read_whole(spec, sweep)
            return
        for remote_id in unread:
            await self.run.read_single(spec.name, remote_id)

    async def _read_whole(self, spec: StreamSpec, sweep: Sweep) -> None:
        whole = begin_pass(spec, None, Mode.INITIAL, self.run.now())
        start = replace(start_of(spec, whole), cursor=sweep.cursor)
        async for page in self.source.pages(spec.name, start):
            await self.run.commit([self.run.process(page)], self.run.point(spec.name))
            sweep.cursor = page.cursor
            if page.cursor is not None and self.run.slice_is_over:
                await self.store.keep_sweep(spec.name, sweep)
                self.run.end_slice_if_over()

    async def _bury(self, stream: Stream, missing: list[str], sweep: Sweep) -> Sweep:
        """Bury what is gone for sure; where it is too much to ask for by name, begin a second sweep."""
        present = await self.store.present(stream)
        if brake(len(missing), present) and not await self.store.hold_deletions(stream, missing):
            self._held(stream, len(missing), present)
            return sweep
        if len(missing) > ASK_BY_NAME:
            return await self._begin(stream, missing)
        gone = [name for name in missing if not await self.run.read_single(stream, name)]
        self.run.report.counts(stream).deleted += await self.store.bury(stream, gone)
        return sweep

    async def _look_twice(self, stream: Stream, sweep: Sweep) -> None:
        """The second sweep, and what neither met. Without a proved end it buries nothing; the first one stands."""
        await self._sweep(stream, sweep)
        if sweep.proved:
            again = set(await self.store.missing(stream, sweep.began))
            gone = [name for name in sweep.missing if name in again]
            self.run.report.counts(stream).deleted += await self.store.bury(stream, gone)
        self._proved(stream)

    def _held(self, stream: Stream, missing: int, present: int) -> None:
        self.run.report.error = {
            "code": "mass_deletion_held",
            "message": f"{missing} of {present} {stream} are no longer in the ATS. "
            "That is unusual, so nothing was deleted.",
            "next_step": "Look in the ATS. If it is right, release the deletion with "
            "`jemmo deletions release` and sync again.",
        }

    def _tell(self, stream: Stream, sweep: Sweep) -> None:
        if sweep.proved:
            self._proved(stream)
        else:
            self._unproved(stream)

    def _unproved(self, stream: Stream) -> None:
        self.run.set_point(replace(self.run.point(stream), complete=False))
        self.run.report.warnings.append(
            RunWarning(
                code="sweep_not_proved",
                message=f"The list of all {stream} could not be read to a proved end; nothing was deleted.",
            )
        )

    def _proved(self, stream: Stream) -> None:
        self.run.set_point(replace(self.run.point(stream), complete=True))
