"""Reads the pages of a stream and prepares them for the writer."""

from __future__ import annotations

from msgspec.structs import replace

from jemmo.domain.errors import JemmoError, Postponed, SliceOver, StreamRefused
from jemmo.domain.outcomes import PageOutcome, ReadyPage, RunWarning
from jemmo.domain.streams import Checkpoint, Mode, Page, Start, StreamSpec
from jemmo.pipeline.buffer import Batch, Buffer
from jemmo.pipeline.plan import UNREADABLE, advance, begin_pass, is_mapped_anew, start_of
from jemmo.pipeline.process import process
from jemmo.pipeline.remarks import count_differs, repaired
from jemmo.pipeline.run_state import RunState
from jemmo.pipeline.stream_order import StreamOrder


class PageReader:
    """Fetches streams side by side, each from its checkpoint on, and puts their pages into the buffer."""

    def __init__(self, state: RunState, order: StreamOrder, buffer: Buffer) -> None:
        self._state = state
        self._order = order
        self._buffer = buffer
        self._begun: set[str] = set()
        self._received = 0

    def begin(self, spec: StreamSpec, point: Checkpoint | None) -> Checkpoint:
        return begin_pass(
            spec, point, self._state.report.mode, self._state.now(), self._state.limit
        )

    def prepare(self, page: Page) -> ReadyPage:
        """Map a page and apply the rules while the ATS works on the next one."""
        if self._state.report.mode is Mode.RECONCILE and page.gone:
            self._state.named.setdefault(page.stream, set()).update(page.gone)
        outcome = process(page, self._state.rules, now=self._state.now(), limit=self._state.limit)
        return self._state.store.make_ready(outcome)

    async def read(self, spec: StreamSpec) -> None:
        """Fetch and prepare one stream's pages once the streams it refers to are stored."""
        point = self._state.points[spec.name]
        if point.done:
            self._order.mark_written(spec.name)
            return
        await self._order.wait_to_begin(spec)
        if self._state.stopped is not None:
            return
        try:
            if await self._order.has_nothing_to_follow(spec):
                self._order.mark_written(spec.name)
                return
            await self._fetch(spec, point)
        except StreamRefused as reason:
            await self._go_without(point, reason)
        except JemmoError as reason:
            self._stop(reason)

    async def _go_without(self, point: Checkpoint, reason: StreamRefused) -> None:
        """Keep a refused lookup's records as they are, and mark it as read, since retrying is pointless."""
        self._state.report.warn([RunWarning.of_error(reason)])
        nothing = self._state.store.make_ready(PageOutcome(stream=point.stream))
        done = replace(
            point, cursor=None, done=True, watermark=point.pass_started_at, complete=True
        )
        await self._buffer.put(Batch(nothing, done))

    def _stop(self, reason: JemmoError) -> None:
        """Stop requesting pages. Pages already received are written, to spare the next run their requests."""
        self._state.stop(reason)
        self._order.release_all()

    async def _fetch(self, spec: StreamSpec, point: Checkpoint) -> None:
        """Read on from the saved position, or from the beginning if the connector can't read it."""
        try:
            await self._fetch_from(spec, point)
        except UNREADABLE:
            if point.cursor is None or spec.name in self._begun:
                raise
            self._state.report.warn([repaired(spec.name)])
            anew = self.begin(spec, replace(point, mode=None))
            self._state.points[spec.name] = anew
            await self._fetch_from(spec, anew)

    async def _fetch_from(
        self, spec: StreamSpec, point: Checkpoint, start: Start | None = None
    ) -> None:
        """Read from the checkpoint on, or from ``start`` if all records must be mapped again."""
        start, before = start or start_of(spec, point), point.short
        async for page in self._state.source.pages(spec.name, start):
            self._begun.add(spec.name)
            if start.since is not None and is_mapped_anew(point, page):
                anew = self.begin(spec, replace(point, mode=None))
                await self._fetch_from(spec, replace(anew, basis=page.basis), Start())
                return
            ready = self.prepare(page)
            point = self._advance(point, page, ready, whole=start.since is None)
            compared = point.complete or self._state.report.mode is Mode.RECONCILE
            if point.done and compared and point.short > before:
                self._state.report.warn([count_differs(spec.name, point.short)])
            await self._put(page, ready, point)
            if page.recent is False and page.cursor is not None:
                await self._order.wait_for_recent(spec)
            stopped = self._state.stopped
            if stopped is not None and not isinstance(stopped, Postponed):
                return
            if page.cursor is not None and self._state.slice_over():
                self._stop(SliceOver())
                return

    def _advance(
        self, point: Checkpoint, page: Page, ready: ReadyPage, *, whole: bool
    ) -> Checkpoint:
        """Return the checkpoint after a page."""
        return advance(
            replace(point, basis=page.basis or point.basis),
            fetched=ready.outcome.fetched,
            repeats=page.repeats,
            cursor=page.cursor,
            total=page.total,
            covers=page.covers,
            short=page.short,
            whole=whole,
            clock_off=self._state.source.clock_off,
        )

    async def _put(self, page: Page, ready: ReadyPage, point: Checkpoint) -> None:
        """Pass a page to the writer, after the pages that came along with it."""
        for side_page in page.beside:
            if side_page.stream in self._state.points:
                await self._buffer.put(Batch(self.prepare(side_page)))
        await self._buffer.put(Batch(ready, point, self._new_bytes(), page.recent))

    def _new_bytes(self) -> int:
        """Return response bytes received since the last call, those of side requests included."""
        before, self._received = self._received, self._state.source.received
        return self._received - before
