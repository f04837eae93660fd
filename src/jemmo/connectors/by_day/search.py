"""Reads a list that can only be searched by day: no pages, no count, and perhaps an undocumented limit.

Time is divided into windows. If a response has the size of a possible limit, its window is requested again in halves,
and a single day by each value of ``facets``. Other limits are detected: see ``cuts``.

One such list may feed several streams. Each stream walks it separately, so that each can resume separately; responses
are shared, so the list is fetched once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.by_day.cuts import Doubts
from jemmo.connectors.by_day.slices import Place, Row, Slice, in_parts, place_of
from jemmo.connectors.by_day.windows import DayFilter, Span, Walk, Window
from jemmo.connectors.loose import row_id
from jemmo.connectors.moments import days, moment
from jemmo.connectors.sharing import Shared
from jemmo.domain.history import is_older
from jemmo.domain.streams import Start, Stream

KEPT_ANSWERS = 8
Criteria = Mapping[str, Any]


class Question(Struct, frozen=True, kw_only=True):
    """One search: window, pass, ``more`` criteria, and the ``reader`` that asks (see ``sharing``)."""

    reader: str
    span: Span
    window: Window
    part: int = 0
    more: Criteria = {}

    def within(self, window: Window) -> Question:
        return replace(self, window=window)

    def only(self, **more: str | int) -> Question:
        return replace(self, more={**self.more, **more})

    def by(self, purpose: str) -> Question:
        """The same question from another reader."""
        return replace(self, reader=f"{self.reader}, {purpose}")


class DaySearch(ABC):
    """The walk. A vendor defines the filter, the passes, the facets, and how to send a search."""

    filter: ClassVar[DayFilter]
    key: ClassVar[str]
    """The field with a row's id, as text."""
    facets: ClassVar[tuple[str, ...]]
    """Criteria that divide a day, each nested in the previous one; ``values`` lists the values of each."""
    dates = ("created_at", "updated_at")

    def __init__(
        self,
        *,
        zone: ZoneInfo,
        overlap: int,
        usual: int,
        limits: Iterable[int],
        passes: Sequence[Criteria],
        walked: int | None = None,
    ) -> None:
        """``walked``: number of passes in a new walk, by default all. A pass in progress is still finished."""
        self.zone = zone
        self.limits = set(limits)  # response sizes that may be a limit
        self.passes = passes
        self._walked = len(passes) if walked is None else walked
        self._overlap = overlap
        self._usual = usual
        self._answers = Shared[list[Row]](KEPT_ANSWERS)
        self._uncut: set[tuple[bool, Window, int, int]] = set()

    # --- defined by a vendor ---

    @abstractmethod
    async def send(self, criteria: Criteria) -> list[Row]:
        """Return the rows of a search."""

    @abstractmethod
    async def begins(self, reader: str) -> date:
        """Return roughly when the account's first records were created. Any earlier ones take one request."""

    @abstractmethod
    async def values(self, facet: str, reader: str) -> list[str]:
        """Return the values of a facet, which together should cover every row."""

    def narrower(self, question: Question, rows: list[Row]) -> Question:
        """Return a narrower question if these rows show that the response contains too much."""
        return question

    async def settled(self, question: Question, place: Place, step: Slice) -> Slice:
        """Complete a slice with whatever the vendor's search leaves undecided."""
        return step

    async def completed(self, question: Question, rows: list[Row]) -> list[Row]:
        """Return the row of a refetched record, completed by other requests."""
        return rows

    def shows_active(self, rows: list[Row]) -> bool:
        """Whether these rows of the first pass are complete enough to show before the walk."""
        return True

    def parent_of(self, row: Row) -> tuple[str, str] | None:
        """Return the id and name of a record of another stream that may be known only from these rows."""
        return None

    # --- the walk ---

    def forget(self) -> None:
        self._answers.clear()

    async def ask(self, question: Question) -> list[Row]:
        criteria = {
            **self.passes[question.part],
            **self.filter.criteria(question.span, question.window, self._overlap),
            **question.more,
        }
        name = msgspec.json.encode(criteria, order="deterministic").decode()
        return await self._answers.get(name, question.reader, partial(self.send, criteria))

    def question(self, reader: str, since: datetime | None, part: int = 0) -> Question:
        span = Span.since(since, self.zone)
        return Question(reader=reader, span=span, window=span.whole, part=part)

    async def read(self, reader: str, start: Start) -> AsyncIterator[tuple[Slice, bool]]:
        """Yield the slices of a pass, and whether they are sent early: recent changes come before the walk."""
        place = place_of(start)
        if place.recent:
            recent = await self.recent(f"{reader}, lately", start.recent) if start.recent else None
            place = Place(recent=False) if recent else replace(place, recent=None)
            if recent:
                yield replace(recent, after=place), True
        async for step in self.slices(reader, start.since, place):
            yield step, False

    async def recent(self, reader: str, since: datetime) -> Slice | None:
        """Return the rows of the first pass that changed since then. The walk reads them again, so they prove nothing.

        Takes one request, or several if a response may have been truncated. ``None`` if the rows aren't complete
        enough.
        """
        question = self.question(reader, since - days(self._overlap))
        walk = Walk.through(question.window)
        answers = []
        while not walk.is_done:
            rows = await self.ask(question.within(walk.window))
            if not self.shows_active(rows):
                return None
            use, walk = walk.after(len(rows), self.limits)
            answers.append(rows if use else [])
        return Slice(rows=self.joined(*answers), window=question.window, part=0)

    async def again(self, reader: str, remote_id: str, window: Window, part: int) -> list[Row]:
        """Return the row with this id from the window in which a walk found it; an empty list if it is gone."""
        question = self.question(reader, None, part).within(window)
        rows = await self.ask(question)
        if len(rows) in self.limits and window.days == 1:
            rows, _ = await self.divided(question, rows, self.facets)
        own = [row for row in rows if self.id_of(row) == remote_id]
        return await self.completed(question, own[:1])

    async def slices(
        self, reader: str, since: datetime | None, place: Place | None = None
    ) -> AsyncIterator[Slice]:
        """Yield all rows, or those changed since ``since``, from ``place`` on."""
        onward: Place | None = place or Place()
        resumed = place is not None and (place.day is not None or place.part > 0)
        sent: dict[str, Row] = {}
        while onward is not None:
            place = onward
            whole, doubts = self.question(reader, since, place.part), Doubts(self.limits)
            begun = await self._walk(whole, place)
            async for question, rows, walk in self._windows(whole, begun):
                step = await self._slice(question, place, rows)
                for doubt in doubts.after(question.window, rows, is_last=walk.is_done):
                    async for more in self._doubted(whole.within(doubt.window), place, doubt.rows):
                        # Responses before a resumed place may have been truncated too.
                        place = replace(place, covers=place.covers and more.covers and not resumed)
                        yield replace(more, after=place, covers=place.covers)
                step = step if place.covers else _uncovered(step)
                onward = self._after(walk, step.after)
                *parts, last = in_parts(
                    [row for row in step.rows if sent.get(str(row.get(self.key))) != row]
                )
                sent = {str(row.get(self.key)): row for row in step.rows}
                for part in parts:  # a sync that stops in between reads the window again
                    yield replace(step, rows=part, after=place)
                yield replace(step, rows=last, after=onward)
                if onward is None:
                    return
                place = onward

    async def _walk(self, question: Question, place: Place) -> Walk:
        """Return the walk. In a full one, the first window spans from the earliest day to the account's first month."""
        whole, span = question.window, question.span
        usual = whole.days if span.by_update else self._usual
        length = whole.days
        if not span.by_update:
            begun = await self.begins(question.reader)
            length = max(0, (begun - span.first).days) + usual
        return Walk(
            day=min(place.day or span.first, span.end),
            end=span.end,
            span=(place.span or usual) if place.day else length,
            usual=usual,
        )

    async def _windows(
        self, question: Question, walk: Walk
    ) -> AsyncIterator[tuple[Question, list[Row], Walk]]:
        """Yield the windows of a walk with usable responses, each with the rest of the walk."""
        while not walk.is_done:
            asked = question.within(walk.window)
            rows = await self._rows(asked)
            use, walk = walk.after(len(rows), self.limits)
            if use:
                yield asked, rows, walk

    async def _rows(self, question: Question) -> list[Row]:
        rows = await self.ask(question)
        narrower = self.narrower(question, rows)
        return rows if narrower is question else await self.ask(narrower)

    def _after(self, walk: Walk, place: Place | None) -> Place | None:
        """Return where to continue after a window: the next window, the next pass, or nowhere."""
        if place is None:
            return None
        if not walk.is_done:
            return replace(place, day=walk.day, span=walk.span)
        if place.part + 1 < self._walked:
            return replace(place, part=place.part + 1, day=None, span=0)
        return None

    # --- responses that may have been truncated ---

    async def _slice(self, question: Question, place: Place, rows: list[Row]) -> Slice:
        covers, notes = place.covers, tuple[str, ...]()
        if len(rows) in self.limits:
            rows, is_whole = await self.divided(question, rows, self.facets)
            covers = covers and is_whole
            notes = () if is_whole else ("list_may_be_cut",)
        after = replace(place, covers=covers)
        step = Slice(
            rows=rows,
            window=question.window,
            part=question.part,
            after=after,
            covers=covers,
            notes=notes,
        )
        return await self.settled(question, place, step)

    async def divided(
        self, question: Question, rows: list[Row], facets: Sequence[str]
    ) -> tuple[list[Row], bool]:
        """Request a possibly truncated response again, value by value.

        The second value says whether the rows are proved complete: no part has a suspicious size, and together the
        parts contain every row of the original response.
        """
        if not facets:
            return rows, False
        facet, *finer = facets
        everyone, is_whole = [], True
        for value in await self.values(facet, question.reader):
            part = question.only(**{facet: value})
            found_rows = await self.ask(part)
            if len(found_rows) in self.limits:
                found_rows, is_part_whole = await self.divided(part, found_rows, finer)
                is_whole = is_whole and is_part_whole
            everyone += found_rows
        return self.joined(rows, everyone), is_whole and self.ids(rows) <= self.ids(everyone)

    async def _doubted(
        self, question: Question, place: Place, rows: list[Row]
    ) -> AsyncIterator[Slice]:
        """Read a doubtful window in smaller parts, if those contain rows that its response lacks."""
        window, size = question.window, len(rows)
        known = question.span.by_update, window, question.part, size
        if known in self._uncut:
            return
        if size not in self.limits and not await self._has_more(question.by("in parts"), rows):
            self._uncut.add(known)
            return
        self.limits.add(size)
        halves = Walk.through(window, max(1, window.days // 2))
        async for part, part_rows, _ in self._windows(question, halves):
            yield await self._slice(part, place, part_rows)

    async def _has_more(self, question: Question, rows: list[Row]) -> bool:
        """Whether smaller parts of a window contain rows that its response lacks.

        A part as large as the response may also be truncated, so it is divided again: by days into two halves of the
        rows, or by facet if there are too few days.
        """
        known, size = self.ids(rows), len(rows)
        if question.window.days > 2 * self._overlap + 1:
            for half in question.window.split(self._middle(question, rows)):
                half_rows = await self._rows(question.within(half))
                if not self.ids(half_rows) <= known:
                    return True
                if len(half_rows) == size:
                    return await self._has_more(question.within(half), half_rows)
            return False
        facet, *finer = self.facets
        for value in await self.values(facet, question.reader):
            part = self.narrower(question, rows).only(**{facet: value})
            part_rows = await self.ask(part)
            if len(part_rows) == size:
                part_rows, _ = await self.divided(part, part_rows, finer)
            if not self.ids(part_rows) <= known:
                return True
        return False

    def _middle(self, question: Question, rows: list[Row]) -> date:
        """Return the first day of the second half of these rows, so that each half has fewer rows."""
        window, field = question.window, self.dates[question.span.by_update]
        times = sorted(when for row in rows if (when := moment(row.get(field), self.zone)))
        if not times:
            return window.first + days(window.days // 2)
        middle = times[len(times) // 2].astimezone(self.zone).date()
        return min(max(middle, window.first + days(1)), window.last)

    # --- rows ---

    def within_history(self, step: Slice, limit: datetime | None) -> Slice:
        """Drop rows older than a limited history, for ATSs where a row is both a talent and its application."""
        if limit is None:
            return step
        times = [(row, moment(row.get(self.dates[1]), self.zone)) for row in step.rows]
        rows = [row for row, when in times if not is_older(Stream.TALENTS, when, limit)]
        return replace(step, rows=rows)

    def id_of(self, row: Row) -> str | None:
        """A row's id. Override this if ids are neither text nor numbers."""
        return row_id(row, self.key)

    def ids(self, rows: Iterable[Row]) -> set[str | None]:
        return {self.id_of(row) for row in rows}

    def joined(self, *lists: list[Row]) -> list[Row]:
        """Merge lists of rows, each record once. Rows without an id stay, to be rejected."""
        kept: dict[object, Row] = {}
        for row in (row for rows in lists for row in rows):
            kept[self.id_of(row) or id(row)] = row
        return list(kept.values())


def _uncovered(step: Slice) -> Slice:
    after = replace(step.after, covers=False) if step.after else None
    return replace(step, after=after, covers=False)
