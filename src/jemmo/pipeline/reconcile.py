"""Reconcile: compare every id with the ATS, read what was missed, bury what is gone.

Nothing is buried on a guess. A sweep must reach its end and agree with the ATS's own count; each missing id is then
asked for by name, or, when there are many, must be missing from a second sweep too. And when a large share
would vanish at once, a person decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jemmo.domain.outcomes import RunWarning
from jemmo.domain.streams import Mode, Stream, StreamSpec
from jemmo.pipeline.plan import begin_pass, start_of
from jemmo.pipeline.process import process

if TYPE_CHECKING:
    from jemmo.pipeline.run import SyncRun

ASK_BY_NAME = 200  # more missing or unread ids than this are settled by another pass
BRAKE_SHARE, BRAKE_RECORDS = 0.25, 50


def brake(missing: int, present: int) -> bool:
    """Whether so many records would vanish that a person must look first."""
    return missing > BRAKE_RECORDS and missing > BRAKE_SHARE * present


class Reconciler:
    """The id sweep of one run, stream by stream."""

    def __init__(self, run: SyncRun) -> None:
        self.run = run
        self.store = run.store
        self.source = run.source

    async def execute(self) -> None:
        for spec in self.run.specs:
            await self._reconcile(spec)

    async def _reconcile(self, spec: StreamSpec) -> None:
        began = self.run.now()
        proved = await self._sweep(spec.name)
        await self._read_missed(spec)
        if not proved:
            self._unproved(spec.name)
            return
        self._proved(spec.name)
        if spec.finds_deletions:
            missing = await self.store.missing(spec.name, began)
            if missing:
                await self._bury(spec.name, missing)

    async def _sweep(self, stream: Stream) -> bool:
        """Note every id the ATS has. ``True`` when that is proved to be all of them."""
        await self.store.begin_sweep(stream)
        seen, total, covers = 0, None, True
        async for page in self.source.sightings(stream, None):
            await self.store.commit_sightings(stream, page.sightings)
            seen += len(page.sightings) - page.repeats
            total = page.total if page.total is not None else total
            covers = covers and page.covers
        return covers and (total is None or seen >= total)

    async def _read_missed(self, spec: StreamSpec) -> None:
        unread = await self.store.unread(spec.name)
        if len(unread) > ASK_BY_NAME:
            await self._read_whole(spec)
            return
        for remote_id in unread:
            await self.run.read_single(spec.name, remote_id)

    async def _read_whole(self, spec: StreamSpec) -> None:
        whole = begin_pass(spec, None, Mode.INITIAL, self.run.now())
        async for page in self.source.pages(spec.name, start_of(spec, whole)):
            await self.run.commit([process(page, self.run.rules)], self.run.point(spec.name))

    async def _bury(self, stream: Stream, missing: list[str]) -> None:
        present = await self.store.present(stream)
        if brake(len(missing), present) and not await self.store.hold_deletions(stream, missing):
            self._held(stream, len(missing), present)
            return
        gone = await self._confirm(stream, missing)
        self.run.report.counts(stream).deleted += await self.store.bury(stream, gone)

    async def _confirm(self, stream: Stream, missing: list[str]) -> list[str]:
        """Those of the missing ids that are gone for sure."""
        if len(missing) <= ASK_BY_NAME:
            return [name for name in missing if not await self.run.read_single(stream, name)]
        began = self.run.now()
        if not await self._sweep(stream):
            return []
        again = set(await self.store.missing(stream, began))
        return [name for name in missing if name in again]

    def _held(self, stream: Stream, missing: int, present: int) -> None:
        self.run.report.error = {
            "code": "mass_deletion_held",
            "message": f"{missing} of {present} {stream} are no longer in the ATS. "
            "That is unusual, so nothing was deleted.",
            "next_step": "Look in the ATS. If it is right, release the deletion with "
            "`jemmo deletions release` and sync again.",
        }

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
