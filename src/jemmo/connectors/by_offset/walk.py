"""Walks a list by offset and notices when rows move during the walk.

Each page starts with the last row of the previous one. If it doesn't, earlier rows were deleted and later ones moved
forward unread, so the walk goes back until it finds a known row. It advances by the number of rows received, since some
ATSs always send a hundred.

Rows created at the same time, as by an import, may change order between pages, since databases don't guarantee one. The
walk then starts over with an order that has no ties.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.loose import Json, moment, row_id
from jemmo.connectors.refusals import Refused
from jemmo.connectors.whole import repeating
from jemmo.domain.errors import TransientError

CREATED = "createdAt"
MOST_STEPS_BACK = 10
MOST_RESTARTS = 3
MOST_PAGES_WITHOUT_NEWS = 3


class Rows(Struct, frozen=True):
    """One response: its rows, and the list's count if available."""

    rows: list[Any]
    total: int | None


Fetch = Callable[[int], Awaitable[Rows]]
"""Returns the rows from an offset on, sorted by creation."""


class Position(Struct, frozen=True, kw_only=True):
    """The position of a walk.

    offset        the next row's number
    exact         whether the order has no ties
    last_id       the last row seen; ``last_created`` is when it was created
    left_out      how many rows the reader did not use
    """

    offset: int = 0
    exact: bool = False
    last_id: str | None = None
    last_created: datetime | None = None
    left_out: int = 0


class Step(Struct, frozen=True, kw_only=True):
    """The rows of one page that were not seen before.

    total   the list's own count
    short   at the end, how many counted rows were not sent
    after   where to continue, ``None`` at the end
    covers  ``False`` once something may have been missed
    """

    rows: list[Any]
    total: int | None
    short: int
    after: Position | None
    covers: bool


class Walk:
    """One pass over one list.

    ``by_change``: the list is filtered by change date. Rows that change during the walk are inserted in its middle, so
    if its count changes, it is read again from the start. ``exact`` fetches the same list in an order without ties,
    ``None`` if it has none.
    """

    def __init__(
        self,
        fetch: Fetch,
        start: Position,
        *,
        by_change: bool = False,
        exact: Fetch | None = None,
    ) -> None:
        self._in_exact_order = start.exact and exact is not None
        self._fetch = exact if exact is not None and start.exact else fetch
        self._exact = None if start.exact else exact
        self._has_ties = False
        self._total: int | None = None
        self._position = start
        self._by_change = by_change
        self._known: set[int] = set()
        self._resumed = start.offset > 0
        self._sorted = True
        self._restarts = 0
        self._idle = 0
        self._met = 0
        self._covers = True

    async def steps(self) -> AsyncIterator[Step]:
        first_total: int | None = None
        position: Position | None = self._position
        while position is not None:
            offset = max(0, position.offset - 1)
            page = await self._fetch(offset)
            if position.offset:
                self._has_ties = self._has_ties or _begins_with_tie(page)
                if not self._is_shuffled(page, position):
                    offset, page = await self._anchored(offset, page, position)
                elif await self._put_in_order():
                    position, first_total = self._position, None
                    continue
            if self._by_change and first_total not in {None, page.total}:
                position, first_total = self._restart(), None
                continue
            first_total = self._total = page.total
            step = self._step(offset, page)
            if step.short and self._has_ties and await self._put_in_order():
                step, first_total = replace(step, after=self._position, short=0), None
            yield step
            position = step.after

    def _is_shuffled(self, page: Rows, position: Position) -> bool:
        """Whether rows created together changed order: the list has the same length, but starts with another row."""
        if not page.rows or not self._sorted or page.total is None or page.total != self._total:
            return False
        first = page.rows[0]
        created = moment(first, CREATED)
        same_time = created is not None and created == position.last_created
        return same_time and row_id(first) != position.last_id

    async def _put_in_order(self) -> bool:
        """Start over in the exact order. Without one, continue, but the walk proves nothing."""
        exact, self._exact = self._exact, None
        try:
            if exact is not None and (await exact(0)).rows:
                self._fetch, self._in_exact_order, self._resumed = exact, True, False
                self._position = Position(exact=True)
                return True
        except (TransientError, Refused):
            pass
        self._covers = False
        return False

    async def _anchored(self, offset: int, page: Rows, position: Position) -> tuple[int, Rows]:
        """Return the page, or an earlier one that starts with a known row."""
        back = 0
        while offset and not self._begins_known(page, position):
            back += 1
            if back > MOST_STEPS_BACK:
                self._covers = False
                break
            offset = max(0, offset - max(1, len(page.rows) - 1))
            page = await self._fetch(offset)
        return offset, page

    def _begins_known(self, page: Rows, position: Position) -> bool:
        if not page.rows:
            return False
        first = page.rows[0]
        name = row_id(first)
        if name is not None and (name == position.last_id or hash(name) in self._known):
            return True
        created = moment(first, CREATED)
        if not self._sorted or created is None or position.last_created is None:
            return False
        return created < position.last_created

    def _restart(self) -> Position:
        self._restarts += 1
        if self._restarts > MOST_RESTARTS:
            self._covers = False
            self._by_change = False
        return Position(exact=self._in_exact_order)

    def _step(self, offset: int, page: Rows) -> Step:
        self._watch_order(page.rows)
        news = [row for row in page.rows if self._is_new(row)]
        self._watch_standstill(page.rows, news)
        end = offset + len(page.rows)
        ends = (
            len(page.rows) <= 1 and not news
        )  # requested from the last row on, and nothing new follows
        is_last = ends or (page.total is not None and end >= page.total)
        self._met += len(news)
        last = page.rows[-1] if page.rows else None
        self._position = Position(
            offset=end,
            exact=self._in_exact_order,
            last_id=row_id(last) or self._position.last_id,
            last_created=moment(last, CREATED) or self._position.last_created,
            left_out=self._position.left_out,
        )
        if self._resumed and not self._sorted:
            self._covers = False  # without an order, rows may have moved between the two runs
        return Step(
            rows=news,
            total=page.total,
            short=self._short(page.total, end) if is_last and page.total is not None else 0,
            after=None if is_last else self._position,
            covers=self._covers,
        )

    def _short(self, total: int, end: int) -> int:
        """Return how many counted rows were not sent. A resumed walk knows only its end offset."""
        return max(0, total - (end if self._resumed else self._met))

    def _is_new(self, row: Json) -> bool:
        name = row_id(row)
        if name is None:
            return True
        if hash(name) in self._known or name == self._position.last_id:
            return False
        self._known.add(hash(name))
        return True

    def _watch_order(self, rows: list[Json]) -> None:
        times = [created for row in rows if (created := moment(row, CREATED)) is not None]
        if any(later < earlier for earlier, later in pairwise(times)):
            self._sorted = False

    def _watch_standstill(self, rows: list[Json], news: list[Json]) -> None:
        self._idle = 0 if news or not rows else self._idle + 1
        if self._idle > MOST_PAGES_WITHOUT_NEWS + MOST_STEPS_BACK:
            raise repeating()


def _begins_with_tie(page: Rows) -> bool:
    """Whether the first rows were created together, so that the previous page may have ended with more of them."""
    times = [moment(row, CREATED) for row in page.rows[:2]]
    return len(times) > 1 and times[0] is not None and times[0] == times[1]
