"""Large pages don't accumulate in a worker's memory, even if they contain few records."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fakes.company import Company, company
from fakes.running import run_source
from fakes.source import FakeSource

from jemmo.domain.enums import JobStatus
from jemmo.domain.records import Job
from jemmo.domain.streams import Page, Start, Stream
from jemmo.pipeline.buffer import MOST_BYTES

pytestmark = pytest.mark.one_server

PAGES = 12
IN_HAND = 3  # pages: one is being written, one is waiting, one was just created


class Watched(FakeSource):
    """Records for each page how many earlier pages have not been written yet."""

    def __init__(self, found: Company) -> None:
        jobs = [Job(remote_id=str(n), title="Cook", status=JobStatus.OPEN) for n in range(PAGES)]
        super().__init__({Stream.JOBS: [[one] for one in jobs]}, size=MOST_BYTES)
        self.found = found
        self.behind: list[int] = []

    async def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        async for page in super().pages(stream, start):
            written = await self.found.value("SELECT count(*) FROM job WHERE connection_id = {me}")
            self.behind.append(len(self.behind) - written)
            yield page


async def test_a_large_page_is_written_before_many_more_are_requested(database_url: str) -> None:
    found = await company(database_url, base_url="http://127.0.0.1:1")
    source = Watched(found)

    await run_source(source, found)

    assert len(source.behind) == PAGES
    assert max(source.behind) <= IN_HAND
