"""Walks a list of numbered pages by its links, and notices when the list shifts.

If a record is deleted from a page already read, all later ones move forward by one, so one is skipped. If the list's
count falls between two pages, the previous pages are read again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from itertools import pairwise
from math import ceil
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.listing import MOST_EMPTY_PAGES
from jemmo.connectors.loose import row_id
from jemmo.connectors.whole import Visited, endless, repeating

REMEMBERED_PAGES = 12
MOST_STEPS_BACK = 10
MOST_PAGES_WITHOUT_NEWS = 3


class NumberedPage(Protocol):
    """A page as sent: its rows, the list's count, and links to the previous and next pages."""

    @property
    def rows(self) -> Sequence[Any]: ...
    @property
    def count(self) -> int | None: ...
    @property
    def next(self) -> str | None: ...
    @property
    def previous(self) -> str | None: ...


P = TypeVar("P", bound=NumberedPage)


class Position(Struct, frozen=True, kw_only=True):
    """The position of a pass: the next address, the list's last count, how many records were seen.

    ``least`` is the lowest count in this pass. A pass may read several lists, its parts: ``short`` is how many records
    earlier parts were short of their counts, ``before`` how many they contained. If ``recent`` is set, the first part
    has the changes since then and the second the rest, ``after`` records by the ATS's count. The lists contain nothing
    older than ``limit``.
    """

    url: str
    total: int | None = None
    least: int | None = None
    seen: int = 0
    short: int = 0
    part: int = 0
    before: int = 0
    after: int = 0
    recent: datetime | None = None
    limit: datetime | None = None

    def next_part(self, step: Step[Any]) -> Position:
        """Return where the next part begins, given the last step of this one."""
        return Position(
            url="",
            part=self.part + 1,
            short=step.short,
            before=self.before + step.seen,
            recent=self.recent,
            limit=self.limit,
        )

    @property
    def cursor(self) -> str:
        return msgspec.json.encode(self).decode()


class Step(Struct, Generic[P], frozen=True, kw_only=True):
    """One page of the walk, in storage order. ``after`` is ``None`` at the end.

    At the end, ``short`` is how many counted records were not sent, earlier parts included. ``seen`` is how many
    records of this part were sent so far.
    """

    page: P
    ids: list[str | None]
    repeats: int
    after: Position | None
    total: int | None
    short: int
    covers: bool
    seen: int = 0


class Walk(Generic[P]):
    """One pass over one list with ``size`` records per page.

    ``here`` makes a link relative to our host and refuses other hosts. ``expect`` is called early with each next
    address.
    """

    def __init__(
        self,
        fetch: Callable[[str], Awaitable[P]],
        start: Position,
        *,
        size: int,
        here: Callable[[str], str] = str,
        expect: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._fetch = fetch
        self._here = here
        self._expect = expect
        self._position = start
        self._size = size
        self._recent: deque[set[str]] = deque(maxlen=REMEMBERED_PAGES)
        self._visited = Visited()
        self._without_news = 0
        self._empty = 0
        self._covers = True

    async def steps(self) -> AsyncIterator[Step[P]]:
        position: Position | None = self._position
        while position is not None:
            self._mark(position.url)
            page = await self._fetch(position.url)
            if position.total is not None and page.count is not None:
                async for step in self._back(page, position, position.total - page.count):
                    yield step
            following = self._here(page.next) if page.next else None
            step = self._step(page, position, following)
            if following and self._expect is not None:
                await self._expect(following)
            yield step
            position = step.after

    async def _back(self, page: P, position: Position, deleted: int) -> AsyncIterator[Step[P]]:
        """Reread the pages that deletions may have shifted records into."""
        url = page.previous
        if deleted <= 0 or url is None or "number" not in url:
            return
        pages = ceil(deleted / self._size)
        if pages > MOST_STEPS_BACK:
            self._covers = False
        for _ in range(min(pages, MOST_STEPS_BACK)):
            if url is None:
                return
            before = await self._fetch(url)
            yield self._step(before, position, position.url)
            url = before.previous

    def _step(self, page: P, position: Position, following: str | None) -> Step[P]:
        ids = [row_id(row) for row in page.rows]
        repeats = self._count_repeats(ids)
        self._notice_standstill(ids, repeats, following)
        counts = [count for count in (self._position.least, page.count) if count is not None]
        seen, least = self._position.seen + len(ids) - repeats, min(counts, default=None)
        self._position = replace(
            self._position, url=following or "", total=page.count, least=least, seen=seen
        )
        lacks = max(0, least - seen) if following is None and least is not None else 0
        return Step(
            page=page,
            ids=ids,
            repeats=repeats,
            after=self._position if following else None,
            total=page.count,
            short=self._position.short + lacks,
            covers=self._covers,
            seen=seen,
        )

    def _count_repeats(self, ids: list[str | None]) -> int:
        fresh = {key for key in ids if key}
        again = {key for page in self._recent for key in page & fresh}
        self._recent.append(fresh)
        return sum(1 for key in ids if key in again) if again else 0

    def _notice_standstill(
        self, ids: list[str | None], repeats: int, following: str | None
    ) -> None:
        self._empty = 0 if ids else self._empty + 1
        if self._empty > MOST_EMPTY_PAGES:
            raise endless("records")
        stands = following is not None and bool(ids) and repeats == len(ids)
        self._without_news = self._without_news + 1 if stands else 0
        if self._without_news > MOST_PAGES_WITHOUT_NEWS + MOST_STEPS_BACK:
            raise repeating()

    def _mark(self, url: str) -> None:
        if url in self._visited:
            raise repeating()
        self._visited.add(url)


def has_reached(since: datetime, dates: Sequence[datetime | None]) -> bool:
    """Whether a page of a newest-first list, given its dates, ends before ``since``."""
    known = [date for date in dates if date is not None]
    in_order = all(newer >= older for newer, older in pairwise(known))
    return bool(known) and in_order and known[-1] < since
