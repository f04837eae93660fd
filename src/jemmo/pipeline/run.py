"""One sync run from its first request to its report.

``PageReader`` fetches and prepares the pages of all streams side by side, ``StreamOrder`` holds back those that refer
to others, and ``PageWriter`` alone commits them. A reconcile then compares all IDs (``Reconciler``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from jemmo.domain import brake
from jemmo.domain.errors import JemmoError, Postponed, SliceOver, leaves
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.ports import Progress, RunStore, Source
from jemmo.domain.rules import Rules
from jemmo.domain.streams import Mode, Stream, StreamSpec
from jemmo.pipeline.buffer import Buffer
from jemmo.pipeline.page_reader import PageReader
from jemmo.pipeline.page_writer import PageWriter
from jemmo.pipeline.plan import end_pass, plausible, reads_again, start_of
from jemmo.pipeline.reconcile import Reconciler
from jemmo.pipeline.remarks import clock_off, repaired, unproved, warnings_of
from jemmo.pipeline.run_state import RunState
from jemmo.pipeline.single_reads import SingleReads
from jemmo.pipeline.stream_order import StreamOrder


class PipelineRun:
    """Reads the streams of one source into one store. Ports, rules and clock are passed in.

    ``limit`` is the start of the history (``domain.history``), ``connection`` the name that people know.
    """

    def __init__(
        self,
        *,
        source: Source,
        store: RunStore,
        rules: Rules,
        report: RunReport,
        progress: Progress,
        now: Callable[[], datetime],
        connection: str,
        only: Sequence[Stream] | None = None,
        slice_over: Callable[[], bool] = lambda: False,
        limit: datetime | None = None,
    ) -> None:
        self.state = RunState(
            source=source,
            store=store,
            rules=rules,
            progress=progress,
            now=now,
            slice_over=slice_over,
            limit=limit,
            connection=connection,
            specs=[spec for spec in source.streams if only is None or spec.name in only],
            report=report,
            earlier_requests=report.requests,
        )
        self.source, self.store, self.report = source, store, report
        self.specs, self.now, self.limit = self.state.specs, now, limit
        self._buffer = Buffer()
        order = StreamOrder(self.state)
        self._reader = PageReader(self.state, order, self._buffer)
        self._writer = PageWriter(self.state, order, self._buffer)

    async def execute(self) -> RunReport:
        """Run to the end. The report is always stored; known errors end up in it and are not raised."""
        try:
            await self._read_all()
            if self.state.stopped is not None:
                raise self.state.stopped
            if self.report.mode is Mode.RECONCILE:
                singles = SingleReads(self.state, self._reader, self._writer)
                await Reconciler(self.state, singles, self._writer).execute()
            await self._finish()
        except Postponed as reason:
            await self._postpone(reason)
        except SliceOver:
            pass  # the report stays open, and the checkpoints keep the position
        except JemmoError as error:
            self.report.fail(error)
        finally:
            self.report.requests = self.state.requests
            self.report.warn(warnings_of(self._writer.notes))
        return self.report

    async def _read_all(self) -> None:
        checkpoints = plausible(await self.store.checkpoints(), self.now())
        self.state.interrupted = frozenset(
            stream for stream, point in checkpoints.items() if point.mode is not None
        )
        self.report.warn(
            repaired(point.stream) for point in checkpoints.values() if point.unreadable
        )
        if not self.report.streams:
            names = [spec.name for spec in self.specs]
            self.report.again = reads_again(self.report.mode, checkpoints, names)
        for spec in self.specs:
            self.state.points[spec.name] = self._reader.begin(spec, checkpoints.get(spec.name))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._writer.write())
                async with asyncio.TaskGroup() as readers:
                    for spec in self.specs:
                        readers.create_task(self._reader.read(spec))
                self._buffer.close()
        except BaseExceptionGroup as errors:
            raise _cause(errors) from None

    async def _finish(self) -> None:
        if self.limit is not None:
            self._writer.count_beside()
        await self.store.settle(self.report)
        points = self.state.points
        for spec in self.specs:
            if self._read_whole(spec) and points[spec.name].complete:
                await self.store.keep_rereading(spec.name, None, self.now())
        off = self.source.clock_off
        await self.store.save_checkpoints([end_pass(point, off) for point in points.values()])
        if off:
            self.report.warn([clock_off(off)])
        lacking = [point for point in points.values() if not point.complete]
        self.report.warn(unproved(point) for point in lacking)
        paused = self.report.error["paused"] if self.report.error else await self.store.paused()
        if paused:
            self.report.error = brake.error_of(
                paused, self._deleted(), connection=self.state.connection
            )
        self.report.status = RunStatus.PARTIAL if lacking or paused else RunStatus.SUCCEEDED

    def _read_whole(self, spec: StreamSpec) -> bool:
        """Whether this run read the whole content of a stream that most runs read incrementally."""
        if self.report.mode is Mode.INCREMENTAL or spec.cursor is None:
            return False
        return start_of(spec, self.state.points[spec.name]).since is None

    def _deleted(self) -> dict[str, int]:
        """Return how many records this run deleted per stream, without streams that lost none."""
        return {
            str(name): counts.deleted
            for name, counts in self.report.streams.items()
            if counts.deleted
        }

    async def _postpone(self, reason: Postponed) -> None:
        """End as partial. A reconcile in progress is marked, so that the next run continues it."""
        self.report.postpone(reason)
        await self.store.settle(self.report)
        points = self.state.points.values()
        unfinished = [point for point in points if point.mode is Mode.RECONCILE]
        await self.store.save_checkpoints([replace(point, complete=False) for point in unfinished])


def _cause(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error to report: a bug takes precedence over a known error that it may have caused."""
    causes = leaves(errors)
    return next((cause for cause in causes if not isinstance(cause, JemmoError)), causes[0])
