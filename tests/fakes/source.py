"""An ATS in memory that returns prepared pages, repeats included, and can fail before any of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from jemmo.domain.records import Record
from jemmo.domain.streams import (
    AccessReport,
    Notes,
    Page,
    RawRecord,
    Sighting,
    SightingPage,
    Start,
    Stream,
    StreamSpec,
)

Pages = Mapping[Stream, Sequence[Sequence[Record]]]
SPECS = (
    StreamSpec(name=Stream.JOBS, cursor="updated"),
    StreamSpec(name=Stream.STAGES, cursor="updated"),
    StreamSpec(name=Stream.TALENTS, cursor="updated"),
    StreamSpec(name=Stream.APPLICATIONS, cursor="updated"),
)


class Crash(BaseException):
    """Simulates a killed process: nothing catches this, and nothing is cleaned up."""


class FakeSource:
    """Implements ``jemmo.domain.ports.Source`` over prepared pages.

    Raises ``error`` after ``fail_after`` pages. A cursor is the number of the next page, as text. ``total`` is the
    record count reported for each stream, unless ``claims`` has another. Each response counts as ``size`` bytes.
    """

    def __init__(
        self,
        pages: Pages,
        *,
        specs: Sequence[StreamSpec] = SPECS,
        fail_after: int | None = None,
        error: BaseException | None = None,
        claims: int | None = None,
        size: int = 0,
    ) -> None:
        self._pages = pages
        self._specs = [spec for spec in specs if spec.name in pages]
        self._fail_after = fail_after
        self._error = error or Crash()
        self._claims = claims
        self._requests = 0
        self.read: list[tuple[Stream, int]] = []
        self.swept: list[tuple[Stream, int]] = []
        self.starts: dict[Stream, Start] = {}
        self.clock_off = 0.0
        self._size = size

    @property
    def streams(self) -> Sequence[StreamSpec]:
        return self._specs

    @property
    def requests(self) -> int:
        return self._requests

    @property
    def received(self) -> int:
        return self._requests * self._size

    def holds(self, stream: Stream) -> dict[str, Record]:
        return {one.remote_id: one for page in self._pages[stream] for one in page}

    async def check(self) -> AccessReport:
        return AccessReport()

    async def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        self.starts[stream] = start
        pages = self._pages[stream] or [[]]
        met: set[str] = set()
        for place in range(int(start.cursor or 0), len(pages)):
            self._ask()
            self.read.append((stream, place))
            records = {str(n): one for n, one in enumerate(pages[place])}
            ids = [one.remote_id for one in pages[place]]
            repeats = len(ids) - len(set(ids) - met)
            met |= set(ids)
            yield Page(
                stream=stream,
                raw=[RawRecord(one.remote_id, one) for one in records.values()],
                map=_as_it_is,
                cursor=str(place + 1) if place + 1 < len(pages) else None,
                total=self._claims,
                repeats=repeats,
            )

    async def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        pages = self._pages[stream] or [[]]
        held = self.holds(stream)
        before: set[str] = set()
        for place in range(int(cursor or 0), len(pages)):
            self._ask()
            self.swept.append((stream, place))
            met = [held[one.remote_id] for one in pages[place]]
            ids = {one.remote_id for one in met}
            yield SightingPage(
                sightings=[Sighting(one.remote_id, one.remote_updated_at) for one in met],
                cursor=str(place + 1) if place + 1 < len(pages) else None,
                total=len(held) if self._claims is None else self._claims,
                repeats=len(met) - len(ids - before),
            )
            before |= ids

    async def fetch(self, stream: Stream, remote_id: str) -> Page | None:
        self._ask()
        found = self.holds(stream).get(remote_id)
        if found is None:
            return None
        return Page(stream=stream, raw=[RawRecord(remote_id, found)], map=_as_it_is)

    async def close(self) -> None:
        return None

    def _ask(self) -> None:
        if self._fail_after is not None and self._requests >= self._fail_after:
            raise self._error
        self._requests += 1


def _as_it_is(raw: RawRecord, _: Notes) -> Record:
    found: Record = raw.body
    return found
