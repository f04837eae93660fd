"""One sync run from its first request to its report.

Readers, one per stream, fetch and process pages; one writer commits them, all that waits of one stream at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from jemmo.domain.errors import JemmoError, Postponed, SliceOver
from jemmo.domain.outcomes import ReadyPage, RunReport, RunStatus, RunWarning
from jemmo.domain.ports import Progress, RunStore, Source
from jemmo.domain.rules import Rules
from jemmo.domain.streams import Checkpoint, Mode, Notes, Page, Stream, StreamSpec
from jemmo.pipeline.buffer import Batch, Buffer
from jemmo.pipeline.plan import advance, begin_pass, end_pass, plausible, start_of
from jemmo.pipeline.process import process
from jemmo.pipeline.reconcile import Reconciler

REPORT_EVERY = 1.0  # seconds between two looks others get at a run under way


class SyncRun:
    """Reads the streams of one source into one store. Ports, rules and clock are passed in."""

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
    ) -> None:
        self.source = source
        self.store = store
        self.rules = rules
        self.report = report
        self.progress = progress
        self.now = now
        self.specs = [spec for spec in source.streams if only is None or spec.name in only]
        self.notes = Notes()
        self._slice_over = slice_over
        self._earlier_requests = report.requests
        self._buffer = Buffer()
        self._written = {spec.name: asyncio.Event() for spec in self.specs}
        self._points: dict[Stream, Checkpoint] = {}
        self._reported = 0.0
        self._stopped: JemmoError | None = None

    async def execute(self) -> RunReport:
        """Run to the end. The report is kept whatever happens; an explained failure is in it, not raised."""
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
            pass  # the report stays open, and the checkpoints say where to go on
        except JemmoError as error:
            self.report.fail(error)
        finally:
            self.report.requests = self._requests
            self.report.warn(_warnings(self.notes))
        return self.report

    @property
    def _requests(self) -> int:
        return self._earlier_requests + self.source.requests

    async def _read_all(self) -> None:
        found = plausible(await self.store.checkpoints(), self.now())
        for spec in self.specs:
            self._points[spec.name] = begin_pass(
                spec, found.get(spec.name), self.report.mode, self.now()
            )
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write())
                async with asyncio.TaskGroup() as readers:
                    for spec in self.specs:
                        readers.create_task(self._read(spec))
                self._buffer.close()
        except* JemmoError as errors:
            raise _first(errors) from None

    async def _read(self, spec: StreamSpec) -> None:
        """Fetch and process one stream's pages, once the streams it refers to are in the tables."""
        point = self._points[spec.name]
        if point.done:
            self._written[spec.name].set()
            return
        for before in self._before(spec):
            await self._written[before].wait()
        if self._stopped is not None:
            return
        if self._has_nothing_to_follow(spec):
            self._written[spec.name].set()
            return
        try:
            await self._fetch(spec, point)
        except JemmoError as reason:
            self._stop(reason)

    def _before(self, spec: StreamSpec) -> list[Stream]:
        """The streams of this run to wait for. Those that only follow others come last, so nobody waits for them."""
        if self._following(spec):
            return self._following(spec)
        last = {one.name for one in self.specs if self._following(one)}
        return [one for one in spec.after if one in self._written and one not in last]

    def _following(self, spec: StreamSpec) -> list[Stream]:
        """The streams of this run that this one follows, in a sync where that counts."""
        if self.report.mode is not Mode.INCREMENTAL or self._points[spec.name].watermark is None:
            return []
        return [one for one in spec.follows if one in self._written]

    def _has_nothing_to_follow(self, spec: StreamSpec) -> bool:
        """Whether what this stream follows brought nothing. Its watermark stays, so nothing is skipped by that."""
        counts = [self.report.counts(one) for one in self._following(spec)]
        return bool(counts) and all(one.fetched == one.unchanged for one in counts)

    def _stop(self, reason: JemmoError) -> None:
        """Ask for no more pages. Those that are here are written, so that the next run need not ask again."""
        if self._stopped is None or isinstance(self._stopped, Postponed):
            self._stopped = reason
        for written in self._written.values():
            written.set()  # nobody is to wait for what comes another time

    async def _fetch(self, spec: StreamSpec, point: Checkpoint) -> None:
        async for page in self.source.pages(spec.name, start_of(spec, point)):
            ready = self.process(page)
            point = advance(
                point,
                fetched=ready.outcome.fetched,
                repeats=page.repeats,
                cursor=page.cursor,
                total=page.total,
                covers=page.covers,
            )
            await self._buffer.put(Batch(ready, point))
            if self._stopped is not None and not isinstance(self._stopped, Postponed):
                return
            if page.cursor is not None and self._slice_over():
                self._stop(SliceOver("Others wait for this worker."))
                return

    async def _write(self) -> None:
        """Commit what waits, stream by stream, until no more comes."""
        while taken := await self._buffer.take():
            for batches in _by_stream(taken):
                await self.commit([batch.page for batch in batches], batches[-1].checkpoint)

    def process(self, page: Page) -> ReadyPage:
        """All that becomes of a page before it is written: done while the ATS works on the next one."""
        return self.store.make_ready(process(page, self.rules))

    async def commit(self, pages: list[ReadyPage], checkpoint: Checkpoint) -> None:
        """Write pages of one stream and their checkpoint, then tell who watches."""
        stream = checkpoint.stream
        written = await self.store.commit_pages(pages, checkpoint)
        for page in pages:
            self.notes.merge(page.outcome.notes)
        self._points[stream] = checkpoint
        self.report.counts(stream).add(written)
        await self._tell(stream)
        if checkpoint.done:
            self._written[stream].set()

    async def _tell(self, stream: Stream) -> None:
        counts = self.report.counts(stream)
        self.progress.update(stream, counts, self._points[stream])
        clock = asyncio.get_running_loop().time()
        if clock - self._reported >= REPORT_EVERY:
            self._reported = clock
            self.report.requests = self._requests
            await self.store.report(self.report)

    async def _finish(self) -> None:
        await self.store.settle(self.report)
        for point in self._points.values():
            await self.store.save_checkpoint(end_pass(point))
        unproved = [stream for stream, point in self._points.items() if not point.complete]
        self.report.warn(
            RunWarning(
                code="not_proved_complete",
                message=_unproved(self._points[stream]),
            )
            for stream in unproved
        )
        held = self.report.error is not None
        self.report.status = RunStatus.PARTIAL if unproved or held else RunStatus.SUCCEEDED

    async def _postpone(self, reason: Postponed) -> None:
        """End partly done. A reconcile under way is marked, so that the next run goes on with it."""
        self.report.postpone(reason)
        await self.store.settle(self.report)
        for point in self._points.values():
            if point.mode is Mode.RECONCILE:
                await self.store.save_checkpoint(replace(point, complete=False))

    @property
    def slice_is_over(self) -> bool:
        return self._slice_over()

    def end_slice_if_over(self) -> None:
        """Raise ``SliceOver`` where others are to have their turn; what is kept says where to go on."""
        if self._slice_over():
            raise SliceOver("Others wait for this worker.")

    def point(self, stream: Stream) -> Checkpoint:
        return self._points[stream]

    def set_point(self, point: Checkpoint) -> None:
        self._points[point.stream] = point

    async def read_single(self, stream: Stream, remote_id: str) -> bool:
        """Read one record again and store it; ``False`` when the ATS says that it is gone."""
        page = await self.source.fetch(stream, remote_id)
        if page is None:
            return False
        await self.commit([self.process(page)], self._points[stream])
        return True


def _by_stream(batches: list[Batch]) -> list[list[Batch]]:
    groups: dict[Stream, list[Batch]] = {}
    for batch in batches:
        groups.setdefault(batch.checkpoint.stream, []).append(batch)
    return list(groups.values())


def _first(errors: BaseExceptionGroup[JemmoError]) -> JemmoError:
    found: BaseException = errors
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, JemmoError)
    return found


def _unproved(point: Checkpoint) -> str:
    if point.total is None:
        return f"The list of {point.stream} could not be read to a proved end."
    return f"The ATS counts {point.total} {point.stream}, but {point.seen} were read."


def _warnings(notes: Notes) -> list[RunWarning]:
    return [
        RunWarning(code=code, message=_meaning(code), count=count, example=notes.examples[code])
        for code, count in sorted(notes.counts.items())
    ]


def _meaning(code: str) -> str:
    kind, _, detail = code.partition(":")
    meanings = {
        "unknown_value": f"The ATS sent a value we do not know yet ({detail}); it is kept as text.",
        "filter_ignored": "The ATS ignores the filter for changed records, so all were read.",
        "not_joined": f"Some of the ATS's records could not be matched with each other ({detail}).",
        "dropped_value": f"A value could not be read and was left empty ({detail}).",
        "unlisted_job": "Applications name jobs that the ATS does not list; each is kept by its title.",
        "unknown_stage": "Applications name stages that the ATS does not list; these were left empty.",
        "ambiguous_stage": "Two stages have the same name, so applications may stand in either.",
        "shared_email": "Talents share an e-mail address; they may be one person.",
        "salary_in_thousands": "Yearly salaries under 1000 were taken as thousands.",
        "list_may_be_cut": "The ATS may have cut a list that cannot be asked for in smaller parts.",
        "archived_hidden": "The ATS shows no archived records although asked, so nothing is deleted here.",
        "key_expires": f"The API key expires on {detail}; replace it before.",
    }
    return meanings.get(kind, code)
