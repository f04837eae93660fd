"""Reads outside the streams' passes: single records, and pages that a reconcile reads itself."""

from __future__ import annotations

from jemmo.domain.refetch import refetch
from jemmo.domain.streams import Page, Stream
from jemmo.pipeline.page_reader import PageReader
from jemmo.pipeline.page_writer import PageWriter
from jemmo.pipeline.run_state import RunState


class SingleReads:
    def __init__(self, state: RunState, reader: PageReader, writer: PageWriter) -> None:
        self._state = state
        self._reader = reader
        self._writer = writer

    async def write(self, page: Page) -> None:
        """Write a page after the pages that came along with it. The stream's checkpoint stays."""
        points = self._state.points
        for part in (*page.beside, page):
            if part.stream in points:
                await self._writer.commit([self._reader.prepare(part)], points[part.stream])

    async def refetch(self, stream: Stream, remote_id: str) -> bool:
        """Refetch one record and store the response; ``False`` if the ATS no longer has it."""
        answer = await refetch(self._state.source, stream, remote_id)
        for page in answer.pages:
            await self.write(page)
        return not answer.gone
