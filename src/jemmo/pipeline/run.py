"""One sync run from its first request to its report.

One reader per stream fetches and processes pages; a single writer commits them, batching pages of the same stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from jemmo.domain import brake
from jemmo.domain.errors import JemmoError, Postponed, SliceOver, StreamRefused, leaves
from jemmo.domain.outcomes import Counts, PageOutcome, ReadyPage, RunReport, RunStatus, RunWarning
from jemmo.domain.ports import Progress, RunStore, Source
from jemmo.domain.refetch import refetch
from jemmo.domain.rules import Rules
from jemmo.domain.streams import Checkpoint, Mode, Notes, Page, Start, Stream, StreamSpec
from jemmo.pipeline.buffer import Batch, Buffer
from jemmo.pipeline.plan import (
    UNREADABLE,
    advance,
    begin_pass,
    end_pass,
    is_mapped_anew,
    plausible,
    reads_again,
    start_of,
)
from jemmo.pipeline.process import process
from jemmo.pipeline.reconcile import Reconciler, count_differs
from jemmo.pipeline.remarks import clock_off, repaired, unproved, warnings_of

REPORT_EVERY = 1.0  # seconds; shorter syncs store only their final report


class SyncRun:
    """Reads the streams of one source into one store. Ports, rules and clock are passed in.

    ``named`` are the ids that the ATS itself reported as deleted during a reconcile; ``limit`` is the start of the
    history (``domain.history``).
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
        only: Sequence[Stream] | None = None,
        slice_over: Callable[[], bool] = lambda: False,
        limit: datetime | None = None,
    ) -> None:
        self.source = source
        self.store = store
        self.rules = rules
        self.report = report
        self.progress = progress
        self.now = now
        self.limit = limit
        self.specs = [spec for spec in source.streams if only is None or spec.name in only]
        self.notes = Notes()
        self.named: dict[Stream, set[str]] = {}
        self._slice_over = slice_over
        self._earlier_requests = report.requests
        self._received = 0
        self._buffer = Buffer()
        self._beside: dict[Stream, Counts] = {}
        self._written = {spec.name: asyncio.Event() for spec in self.specs}
        self._recent = {spec.name: asyncio.Event() for spec in self.specs}
        self._points: dict[Stream, Checkpoint] = {}
        self._begun: set[Stream] = set()
        self._reported = 0.0
        self._stopped: JemmoError | None = None

    async def execute(self) -> RunReport:
        """Run to the end. The report is always stored; known errors end up in it and are not raised."""
        self._reported = asyncio.get_running_loop().time()
        try:
            await self._read_all()
            if self._stopped is not None:
                raise self._stopped
            if self.report.mode is Mode.RECONCILE:
                await Reconciler(self).execute()
            await self._finish()
        except Postponed as reason:
            await self._postpone(reason)
        except SliceOver:
            pass  # the report stays open, and the checkpoints keep the position
        except JemmoError as error:
            self.report.fail(error)
        finally:
            self.report.requests = self._requests
            self.report.warn(warnings_of(self.notes))
        return self.report

    @property
    def _requests(self) -> int:
        return self._earlier_requests + self.source.requests

    async def _read_all(self) -> None:
        checkpoints = plausible(await self.store.checkpoints(), self.now())
        self.report.warn(
            repaired(point.stream) for point in checkpoints.values() if point.unreadable
        )
        if not self.report.streams:
            names = [spec.name for spec in self.specs]
            self.report.again = reads_again(self.report.mode, checkpoints, names)
        for spec in self.specs:
            self._points[spec.name] = self._begin(spec, checkpoints.get(spec.name))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write())
                async with asyncio.TaskGroup() as readers:
                    for spec in self.specs:
                        readers.create_task(self._read(spec))
                self._buffer.close()
        except BaseExceptionGroup as errors:
            raise _cause(errors) from None

    def _begin(self, spec: StreamSpec, point: Checkpoint | None) -> Checkpoint:
        return begin_pass(spec, point, self.report.mode, self.now(), self.limit)

    async def _read(self, spec: StreamSpec) -> None:
        """Fetch and process one stream's pages once the streams it refers to are stored."""
        point = self._points[spec.name]
        if point.done:
            self._is_written(spec.name)
            return
        for before in self._before(spec):
            await self._recent[before].wait()
        if self._stopped is not None:
            return
        if self._has_nothing_to_follow(spec):
            self._is_written(spec.name)
            return
        try:
            await self._fetch(spec, point)
        except StreamRefused as reason:
            await self._go_without(point, reason)
        except JemmoError as reason:
            self._stop(reason)

    async def _go_without(self, point: Checkpoint, reason: StreamRefused) -> None:
        """Keep a refused lookup's records as they are, and mark it as read, since retrying is pointless."""
        self.report.warn([RunWarning.of_error(reason)])
        nothing = self.store.make_ready(PageOutcome(stream=point.stream))
        done = replace(
            point, cursor=None, done=True, watermark=point.pass_started_at, complete=True
        )
        await self._buffer.put(Batch(nothing, done))

    def _before(self, spec: StreamSpec) -> list[Stream]:
        """Return the streams of this run to wait for. Streams that follow others come last; none waits for them."""
        if self._following(spec):
            return self._following(spec)
        last = {candidate.name for candidate in self.specs if self._following(candidate)}
        return [
            candidate
            for candidate in spec.after
            if candidate in self._written and candidate not in last
        ]

    def _following(self, spec: StreamSpec) -> list[Stream]:
        """Return the streams of this run that this one follows, if the mode takes that into account."""
        if self.report.mode is not Mode.INCREMENTAL or self._points[spec.name].watermark is None:
            return []
        return [stream for stream in spec.follows if stream in self._written]

    def _has_nothing_to_follow(self, spec: StreamSpec) -> bool:
        """Whether the streams it follows had no changes. The watermark stays, so skipping it loses nothing."""
        counts = [self.report.counts(followed) for followed in self._following(spec)]
        return bool(counts) and all(followed.fetched == followed.unchanged for followed in counts)

    def _stop(self, reason: JemmoError) -> None:
        """Stop requesting pages. Pages already received are written, to spare the next run their requests."""
        if self._stopped is None or isinstance(self._stopped, Postponed):
            self._stopped = reason
        for name in self._written:
            self._is_written(name)  # so that no stream waits for pages that won't come

    async def _fetch(self, spec: StreamSpec, point: Checkpoint) -> None:
        """Read on from the saved position, or from the beginning if the connector can't read it."""
        try:
            await self._fetch_from(spec, point)
        except UNREADABLE:
            if point.cursor is None or spec.name in self._begun:
                raise
            self.report.warn([repaired(spec.name)])
            anew = self._begin(spec, replace(point, mode=None))
            self._points[spec.name] = anew
            await self._fetch_from(spec, anew)

    async def _fetch_from(
        self, spec: StreamSpec, point: Checkpoint, start: Start | None = None
    ) -> None:
        """Read from the checkpoint on, or from ``start`` if all records must be mapped again."""
        start, before = start or start_of(spec, point), point.short
        async for page in self.source.pages(spec.name, start):
            self._begun.add(spec.name)
            if start.since is not None and is_mapped_anew(point, page):
                anew = self._begin(spec, replace(point, mode=None))
                await self._fetch_from(spec, replace(anew, basis=page.basis), Start())
                return
            ready = self.process(page)
            point = advance(
                replace(point, basis=page.basis or point.basis),
                fetched=ready.outcome.fetched,
                repeats=page.repeats,
                cursor=page.cursor,
                total=page.total,
                covers=page.covers,
                short=page.short,
                whole=start.since is None,
                clock_off=self.source.clock_off,
            )
            compared = point.complete or self.report.mode is Mode.RECONCILE
            if point.done and compared and point.short > before:
                self.report.warn([count_differs(spec.name, point.short)])
            await self._put(page, ready, point)
            if page.recent is False and page.cursor is not None:
                await self._recent_of_all(spec)
            if self._stopped is not None and not isinstance(self._stopped, Postponed):
                return
            if page.cursor is not None and self._slice_over():
                self._stop(SliceOver())
                return

    def _came(self) -> int:
        """Return response bytes received since the last call, those of side requests included."""
        before, self._received = self._received, self.source.received
        return self._received - before

    async def _put(self, page: Page, ready: ReadyPage, point: Checkpoint) -> None:
        """Pass a page to the writer, after the pages that came along with it."""
        for side_page in page.beside:
            if side_page.stream in self._points:
                await self._buffer.put(Batch(self.process(side_page)))
        await self._buffer.put(Batch(ready, point, self._came(), page.recent))

    async def _recent_of_all(self, spec: StreamSpec) -> None:
        """Wait until all streams' recent records, and all records that this stream refers to, are stored."""
        for stream_spec in self.specs:
            if stream_spec.recent:
                await self._recent[stream_spec.name].wait()
        for before in self._before(spec):
            await self._written[before].wait()

    def _is_written(self, stream: Stream) -> None:
        self._written[stream].set()
        self._recent[stream].set()

    async def _write(self) -> None:
        """Commit waiting pages stream by stream until no more come."""
        while taken := await self._buffer.take():
            for stream, batches in _by_stream(taken).items():
                await self._write_stream(stream, batches)
            await self._note_recent(taken)

    async def _write_stream(self, stream: Stream, batches: list[Batch]) -> None:
        """Commit pages of one stream.

        Pages that came along with another stream don't move a checkpoint; they count once their own stream is read.
        """
        if beside := [batch.page for batch in batches if batch.checkpoint is None]:
            written = await self.store.commit_pages(beside, self._points[stream])
            self._beside.setdefault(stream, Counts()).add(written)
        own = [(batch.page, batch.checkpoint) for batch in batches if batch.checkpoint is not None]
        if own:
            await self.commit([page for page, _ in own], own[-1][1])

    async def _note_recent(self, taken: list[Batch]) -> None:
        """Once all recent records are stored, let streams read older records, and notify the observer."""
        for batch in taken:
            if batch.recent is False:
                self._recent[batch.page.outcome.stream].set()
        early = any(batch.recent is False for batch in taken)
        if not early or self.report.recent_ready or self._stopped is not None:
            return
        if all(self._recent[stream].is_set() for stream in self._shown_early()):
            self.report.recent_ready = True
            self.progress.recent_is_read()
            await self.store.report(self.report)

    def _shown_early(self) -> set[Stream]:
        """Return the streams whose recent records come first, and the streams that those refer to."""
        early = [spec for spec in self.specs if spec.recent]
        return {spec.name for spec in early}.union(*(self._before(spec) for spec in early))

    def process(self, page: Page) -> ReadyPage:
        """Prepare a page for writing while the ATS works on the next one."""
        if self.report.mode is Mode.RECONCILE and page.gone:
            self.named.setdefault(page.stream, set()).update(page.gone)
        outcome = process(page, self.rules, now=self.now(), limit=self.limit)
        return self.store.make_ready(outcome)

    async def commit(self, pages: list[ReadyPage], checkpoint: Checkpoint) -> None:
        """Write pages of one stream and their checkpoint, then notify the observer."""
        stream = checkpoint.stream
        written = await self.store.commit_pages(pages, checkpoint)
        for page in pages:
            self.notes.merge(page.outcome.notes)
        self._points[stream] = checkpoint
        self._count_as_written(written, self._beside.get(stream, Counts()))
        self.report.counts(stream).add(written)
        await self._tell(stream)
        if checkpoint.done:
            self._is_written(stream)

    def _count_as_written(self, written: Counts, beside: Counts) -> None:
        """Move records that this run wrote along with another stream from unchanged to new or changed."""
        for name in ("created", "updated"):
            for known in ("unchanged", "excluded"):
                moved = min(getattr(beside, name), getattr(written, known))
                setattr(beside, name, getattr(beside, name) - moved)
                setattr(written, known, getattr(written, known) - moved)
                setattr(written, name, getattr(written, name) + moved)

    async def _tell(self, stream: Stream) -> None:
        counts = self.report.counts(stream)
        self.progress.update(stream, counts, self._points[stream])
        await self.keep_report()

    async def keep_report(self) -> None:
        """Store the report, at most once per ``REPORT_EVERY``, so that pages can show the run's progress."""
        clock = asyncio.get_running_loop().time()
        if clock - self._reported >= REPORT_EVERY:
            self._reported = clock
            self.report.requests = self._requests
            await self.store.report(self.report)

    async def write_single(self, page: Page) -> None:
        """Write a page read outside the streams' passes, after the pages that came along with it."""
        for part in (*page.beside, page):
            if part.stream in self._points:
                await self.commit([self.process(part)], self._points[part.stream])

    def _count_along(self) -> None:
        """Count records that came along with others: with a limited history they may be in no list that was read."""
        if self.limit is None:
            return
        for stream, beside in self._beside.items():
            new = Counts(created=beside.created, updated=beside.updated)
            new.fetched = new.created + new.updated
            self.report.counts(stream).add(new)
            beside.created = beside.updated = 0

    async def _finish(self) -> None:
        self._count_along()
        await self.store.settle(self.report)
        for spec in self.specs:
            point = self._points[spec.name]
            if self._read_whole(spec, point) and point.complete:
                await self.store.keep_rereading(spec.name, None, self.now())
        off = self.source.clock_off
        await self.store.save_checkpoints([end_pass(point, off) for point in self._points.values()])
        if off:
            self.report.warn([clock_off(off)])
        lacking = [stream for stream, point in self._points.items() if not point.complete]
        self.report.warn(unproved(self._points[stream]) for stream in lacking)
        paused = self.report.error["paused"] if self.report.error else await self.store.paused()
        if paused:
            self.report.error = brake.error_of(paused, self._deleted())
        self.report.status = RunStatus.PARTIAL if lacking or paused else RunStatus.SUCCEEDED

    def _read_whole(self, spec: StreamSpec, point: Checkpoint) -> bool:
        """Whether this run read the whole content of a stream that most runs read incrementally."""
        if self.report.mode is Mode.INCREMENTAL or spec.cursor is None:
            return False
        return start_of(spec, point).since is None

    def _deleted(self) -> dict[str, int]:
        """Return how many records this run deleted per stream, without streams that lost none."""
        counts = self.report.streams.items()
        return {
            str(name): stream_counts.deleted
            for name, stream_counts in counts
            if stream_counts.deleted
        }

    async def _postpone(self, reason: Postponed) -> None:
        """End as partial. A reconcile in progress is marked, so that the next run continues it."""
        self.report.postpone(reason)
        await self.store.settle(self.report)
        await self.store.save_checkpoints(
            [
                replace(point, complete=False)
                for point in self._points.values()
                if point.mode is Mode.RECONCILE
            ]
        )

    @property
    def slice_is_over(self) -> bool:
        return self._slice_over()

    def end_slice_if_over(self) -> None:
        """Raise ``SliceOver`` if other runs are due; the checkpoints keep the position."""
        if self._slice_over():
            raise SliceOver

    def point(self, stream: Stream) -> Checkpoint:
        return self._points[stream]

    def set_point(self, point: Checkpoint) -> None:
        self._points[point.stream] = point

    async def read_single(self, stream: Stream, remote_id: str) -> bool:
        """Refetch one record and store the response; ``False`` if the ATS no longer has it."""
        answer = await refetch(self.source, stream, remote_id)
        for page in answer.pages:
            await self.write_single(page)
        return not answer.gone


def _by_stream(batches: list[Batch]) -> dict[Stream, list[Batch]]:
    groups: dict[Stream, list[Batch]] = {}
    for batch in batches:
        groups.setdefault(batch.page.outcome.stream, []).append(batch)
    return groups


def _cause(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error to report: a bug takes precedence over a known error that it may have caused."""
    causes = leaves(errors)
    return next((cause for cause in causes if not isinstance(cause, JemmoError)), causes[0])
