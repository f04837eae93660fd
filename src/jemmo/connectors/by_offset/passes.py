"""Reads a list in resumable passes that may start with recent changes.

Declare which rows belong to a stream (``Rule``); this module handles requests, positions, counts, a limited history,
and the ids seen by a full pass, which spare a sweep its own requests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.by_offset.lists import OffsetLists
from jemmo.connectors.by_offset.query import CHANGED, Query, Where
from jemmo.connectors.by_offset.walk import Position, Step
from jemmo.connectors.loose import Row, moment, row_id
from jemmo.connectors.refusals import Refused
from jemmo.connectors.whole import make_up
from jemmo.domain.streams import RawRecord, Sighting, SightingPage

T = TypeVar("T")

USUAL_PAGE = 100
MOST_PAGES_AT_ONCE = 50
"""A list with no more pages than this is read in one go, in little more than a minute."""
CHUNK = 1000  # records per page made from memory


class Part(Struct, frozen=True, kw_only=True):
    """One of the two lists of a pass: recent changes, then the rest.

    number   0 or 1
    before   rows in the previous list; ``short`` is how many more rows that list counted
    after    rows in the following list when the pass began
    """

    number: int = 0
    before: int = 0
    short: int = 0
    after: int = 0


class Place(Struct, frozen=True, kw_only=True):
    """A saved position, valid only for the same query. ``part`` is ``None`` if the pass reads one list."""

    query: str
    position: Position
    part: Part | None = None


class ListPage(Struct, frozen=True, kw_only=True):
    """One page of a pass.

    kept      rows that belong to the stream
    older     rows that belong to the stream but are older than a limited history
    nested    records inside ``kept`` rows; ``older_nested`` those inside ``older`` rows
    gone      ids of all other rows: deleted, or no longer in the stream
    odd       rows without an id
    is_early  whether the page has recent changes that come first
    """

    kept: list[Row]
    older: list[Row]
    nested: list[Row]
    older_nested: list[Row]
    gone: tuple[str, ...]
    odd: list[Any]
    short: int
    covers: bool
    cursor: str | None = None
    total: int | None = None
    recent: bool | None = None
    is_early: bool = False

    @property
    def records(self) -> list[RawRecord]:
        return [RawRecord(row_id(row), row) for row in (*self.kept, *self.odd)]

    @property
    def facts(self) -> dict[str, Any]:
        """The attributes of a ``Page`` other than its records."""
        names = ("gone", "cursor", "total", "short", "covers", "recent")
        return {name: getattr(self, name) for name in names}


class Rule(Struct, frozen=True):
    """Which rows of a list belong to a stream, which of them are too old, and which records they contain."""

    is_kept: Callable[[Row], bool]
    is_older: Callable[[Row], bool] = lambda _: False
    nested: Callable[[Row], list[Row]] = lambda _: []

    def page(self, step: Step) -> ListPage:
        named = [row for row in step.rows if row_id(row) is not None]
        belonging = [row for row in named if self.is_kept(row)]
        older = [row for row in belonging if self.is_older(row)]
        left_out = {id(row) for row in older}
        kept = [row for row in belonging if id(row) not in left_out]
        return ListPage(
            kept=kept,
            older=older,
            nested=[entry for row in kept for entry in self.nested(row)],
            older_nested=[entry for row in older for entry in self.nested(row)],
            gone=tuple(str(row_id(row)) for row in named if not self.is_kept(row)),
            odd=[row for row in step.rows if row_id(row) is None],
            short=step.short,
            covers=step.covers,
        )


class ListPass:
    """One pass over a list; if worthwhile, changes since ``recent`` come first.

    ``is_resumed``: ``pages`` has continued from a saved position; ``in_parts``: the pass reads two lists.
    """

    def __init__(
        self,
        lists: OffsetLists,
        query: Query,
        rule: Rule,
        *,
        by_change: bool = False,
        recent: datetime | None = None,
    ) -> None:
        self._lists = lists
        self._query = query
        self._rule = rule
        self._by_change = by_change
        self._recent = recent
        self._place = Place(query="", position=Position())

    @property
    def is_resumed(self) -> bool:
        part = self._place.part
        return bool(self._place.position.offset or (part and part.number))

    @property
    def in_parts(self) -> bool:
        return self._place.part is not None

    def resume(self, cursor: str | None) -> bool:
        """Continue from a saved position, if it is valid for these lists."""
        try:
            place = msgspec.json.decode(cursor or "", type=Place)
        except msgspec.DecodeError:
            return False
        if place.query != self._of_part(place.part).url():
            return False
        self._place = place
        return True

    async def split(self) -> None:
        """Read two lists, if that is worth the requests and their counts add up to that of the whole."""
        if self._recent is None:
            return
        known = self._lists.counts.get(self._query.single().url())
        total = known or await self._lists.count(self._query)
        if total is None or total <= USUAL_PAGE * MOST_PAGES_AT_ONCE:
            return
        try:
            lately = await self._lists.count(self._query.changed_since(self._recent))
            rest = await self._lists.count(self._query.changed_until(self._recent))
        except Refused:
            return
        if lately and rest and lately <= rest and make_up(total, lately, rest):
            self._place = replace(self._place, part=Part(after=rest))

    async def pages(self) -> AsyncIterator[ListPage]:
        part, position = self._place.part, self._place.position
        while True:
            query, is_last = self._of_part(part), part is None or part.number > 0
            rows, by_change = position.offset, self._by_change or not is_last
            async for step in self._lists.walk(query, position, by_change=by_change):
                rows += len(step.rows)
                page, position = self._counted(step, query, part, position)
                if step.after is None and part is not None and not is_last:
                    part = Part(number=1, before=rows, short=page.short)
                    position = Position(left_out=position.left_out)
                    cursor = _saved(self._of_part(part), position, part)
                    page = replace(page, cursor=cursor, recent=False, short=0)
                yield page
            if is_last:
                return

    def _counted(
        self, step: Step, query: Query, part: Part | None, position: Position
    ) -> tuple[ListPage, Position]:
        """Return a step as a page, counted over all lists of the pass, and the position after it."""
        page, counts = self._rule.page(step), part or Part()
        left_out = position.left_out + len(step.rows) - len(page.kept) - len(page.odd)
        after = replace(step.after or Position(), left_out=left_out)
        total = None
        if step.total is not None:
            total = max(0, counts.before + step.total + counts.after - left_out)
        is_early = part is not None and part.number == 0
        page = replace(
            page,
            total=total,
            short=counts.short + page.short,
            cursor=None if step.after is None else _saved(query, after, part),
            recent=None if part is None else is_early,
            is_early=is_early,
        )
        return page, after

    def _of_part(self, part: Part | None) -> Query:
        if part is None or self._recent is None:
            return self._query
        if part.number:
            return self._query.changed_until(self._recent)
        return self._query.changed_since(self._recent)


def _saved(query: Query, position: Position, part: Part | None) -> str:
    place = Place(query=query.url(), position=position, part=part)
    return msgspec.json.encode(place).decode()


class Seen(Struct, kw_only=True):
    """The ids seen by a full pass, so that a sweep need not read the list again. ``since`` is how far back it reached.

    Also holds the records nested in its rows, in compact form, and separately those before a limited history.
    """

    since: datetime | None
    sightings: list[Sighting] = []
    nested: list[bytes] = []
    older_nested: list[bytes] = []
    older: int = 0
    total: int | None = None
    short: int = 0
    covers: bool = True
    ended: bool = False

    def add(self, page: ListPage) -> None:
        rows = (*page.kept, *page.older)
        self.sightings += [Sighting(str(row_id(row)), moment(row, CHANGED)) for row in rows]
        self.nested += map(msgspec.json.encode, page.nested)
        self.older_nested += map(msgspec.json.encode, page.older_nested)
        self.older += len(page.older)
        self.total = None if page.total is None else page.total - len(page.odd) + self.older
        self.short = page.short
        self.covers = self.covers and page.covers and not page.odd

    def reaches(self, since: datetime | None) -> bool:
        return self.ended and reaches_back(self.since, since)

    def pages(self) -> Iterator[SightingPage]:
        chunks = in_chunks(self.sightings)
        for number, chunk in enumerate(chunks, start=1):
            total = self.total if number == len(chunks) else None
            yield SightingPage(sightings=chunk, total=total, short=self.short, covers=self.covers)


class PassedList:
    """The list of ``entity``, read in passes; remembers the last full one.

    ``only`` has a filter for the stream's rows and one for all others, used if together they lose none. ``in_parts``:
    the last pass began with recent changes.
    """

    def __init__(
        self,
        lists: OffsetLists,
        entity: str,
        rule: Rule,
        *,
        only: tuple[Where, Where] | None = None,
    ) -> None:
        self._lists = lists
        self._every = lists.sorted(entity)
        self.rule = rule
        self._only = only
        self.seen: Seen | None = None
        self.in_parts = False

    async def pages(
        self, since: datetime | None, cursor: str | None = None, recent: datetime | None = None
    ) -> AsyncIterator[ListPage]:
        """Yield what changed since ``since``, or everything if it is ``None``."""
        query, by_change = await self._query(since)
        reading = ListPass(self._lists, query, self.rule, by_change=by_change, recent=recent)
        if not reading.resume(cursor) and since is None:
            await reading.split()
        self.in_parts = reading.in_parts
        seen = self.seen = None if reading.is_resumed else Seen(since=since)
        async for page in reading.pages():
            if seen is not None:
                seen.add(page)
            yield page
        if seen is not None:
            seen.ended = True

    def forget(self) -> None:
        """Discard the remembered pass."""
        self.seen = None

    async def read_through(self, since: datetime | None) -> Seen:
        """Return the ids of a full pass, or of the last one if it reached as far back."""
        if self.seen is None or not self.seen.reaches(since):
            async for _ in self.pages(since):
                pass
        return self.seen or Seen(since=since, covers=False)

    async def sightings(
        self, afford: Callable[[int], Awaitable[None]]
    ) -> AsyncIterator[SightingPage]:
        """Yield every id seen by the last full pass; without one, the list is read for its ids.

        That can't be resumed, so ``afford`` is first called with the number of pages, and may refuse.
        """
        if self.seen is None or not self.seen.reaches(None):
            is_first = True
            async for page in self.pages(None):
                if is_first and page.total:
                    await afford(page.total // USUAL_PAGE)
                is_first = False
        for sightings in (await self.read_through(None)).pages():
            yield sightings

    async def find(self, remote_id: str) -> Row | None:
        """Return a row of the stream by id or, if that filter doesn't work, by reading until it appears."""
        query = self._every
        if await self._lists.finds_ids(query.entity):
            query = query.with_id(remote_id)
        async for step in self._lists.walk(query):
            for row in step.rows:
                if row_id(row) == remote_id:
                    return row if self.rule.is_kept(row) else None
        return None

    async def _query(self, since: datetime | None) -> tuple[Query, bool]:
        """Return the query, and whether it filters by change date.

        Changes are requested for all rows, so that rows that were deleted or left the stream are noticed.
        """
        query, by_change = await self._lists.changed(self._every.entity, since)
        if self._only is not None and not by_change:
            own, others = (query.filtered(where) for where in self._only)
            if await self._lists.loses_none(own, others):
                query = own
        return query, by_change


def reaches_back(begin: datetime | None, since: datetime | None) -> bool:
    """Whether records read from ``begin`` on (``None``: everything) include all changes since ``since``."""
    return begin is None or (since is not None and begin <= since)


def in_chunks(values: Sequence[T]) -> list[list[T]]:
    """Split into chunks; always returns at least one, possibly empty."""
    starts = range(0, len(values), CHUNK) or range(1)
    return [list(values[start : start + CHUNK]) for start in starts]
