"""Commits prepared pages with their checkpoints, and counts what they changed."""

from __future__ import annotations

import asyncio

from jemmo.domain.outcomes import Counts, ReadyPage
from jemmo.domain.streams import Checkpoint, Notes, Stream
from jemmo.pipeline.buffer import Batch, Buffer
from jemmo.pipeline.run_state import RunState
from jemmo.pipeline.stream_order import StreamOrder

REPORT_EVERY = 1.0  # seconds; shorter syncs store only their final report


class PageWriter:
    """Takes pages from the buffer and writes them stream by stream, several pages per transaction.

    ``notes`` are the remarks of all written pages.
    """

    def __init__(self, state: RunState, order: StreamOrder, buffer: Buffer) -> None:
        self.notes = Notes()
        self._state = state
        self._order = order
        self._buffer = buffer
        self._beside: dict[Stream, Counts] = {}
        self._reported = asyncio.get_running_loop().time()

    async def write(self) -> None:
        """Commit waiting pages until no more come."""
        while taken := await self._buffer.take():
            for stream, batches in _by_stream(taken).items():
                await self._write_stream(stream, batches)
            await self._note_recent(taken)

    async def _write_stream(self, stream: Stream, batches: list[Batch]) -> None:
        """Commit pages of one stream.

        Pages that came along with another stream don't move a checkpoint; they count once their own stream is read.
        """
        if beside := [batch.page for batch in batches if batch.checkpoint is None]:
            written = await self._state.store.commit_pages(beside, self._state.points[stream])
            self._beside.setdefault(stream, Counts()).add(written)
        own = [(batch.page, batch.checkpoint) for batch in batches if batch.checkpoint is not None]
        if own:
            await self.commit([page for page, _ in own], own[-1][1])

    async def _note_recent(self, taken: list[Batch]) -> None:
        """Once all recent records are stored, let streams read older records, and notify the observer."""
        early = [batch.page.outcome.stream for batch in taken if batch.recent is False]
        for stream in early:
            self._order.mark_recent(stream)
        report = self._state.report
        if not early or report.recent_ready or self._state.stopped is not None:
            return
        if self._order.recent_is_stored():
            report.recent_ready = True
            self._state.progress.recent_is_read()
            await self._state.store.report(report)

    async def commit(self, pages: list[ReadyPage], checkpoint: Checkpoint) -> None:
        """Write pages of one stream and their checkpoint, then notify the observer."""
        stream = checkpoint.stream
        written = await self._state.store.commit_pages(pages, checkpoint)
        for page in pages:
            self.notes.merge(page.outcome.notes)
        self._state.points[stream] = checkpoint
        _count_as_written(written, self._beside.get(stream, Counts()))
        counts = self._state.report.counts(stream)
        counts.add(written)
        self._state.progress.update(stream, counts, checkpoint)
        await self.keep_report()
        if checkpoint.done:
            self._order.mark_written(stream)

    async def keep_report(self) -> None:
        """Store the report, at most once per ``REPORT_EVERY``, so that pages can show the run's progress."""
        clock = asyncio.get_running_loop().time()
        if clock - self._reported >= REPORT_EVERY:
            self._reported = clock
            self._state.report.requests = self._state.requests
            await self._state.store.report(self._state.report)

    def count_beside(self) -> None:
        """Count records that came along with others: with a limited history they may be in no list that was read."""
        for stream, beside in self._beside.items():
            new = Counts(created=beside.created, updated=beside.updated)
            new.fetched = new.created + new.updated
            self._state.report.counts(stream).add(new)
            beside.created = beside.updated = 0


def _by_stream(batches: list[Batch]) -> dict[Stream, list[Batch]]:
    groups: dict[Stream, list[Batch]] = {}
    for batch in batches:
        groups.setdefault(batch.page.outcome.stream, []).append(batch)
    return groups


def _count_as_written(written: Counts, beside: Counts) -> None:
    """Move records that this run wrote along with another stream from unchanged to new or changed."""
    for name in ("created", "updated"):
        for known in ("unchanged", "excluded"):
            moved = min(getattr(beside, name), getattr(written, known))
            setattr(beside, name, getattr(beside, name) - moved)
            setattr(written, known, getattr(written, known) - moved)
            setattr(written, name, getattr(written, name) + moved)
