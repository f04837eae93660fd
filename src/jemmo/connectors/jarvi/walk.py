"""Walks a list by offset and notices when rows moved meanwhile.

Each page begins with the last row of the page before. When it does not, rows before it are gone and
later ones moved up unseen, so the walk goes back until it meets a row it knows. The step is always
the number of rows received: Jarvi gives a hundred rows whatever is asked for.

Rows of one time, as an import makes them, may come in another order with each page, since a database promises none.
Then the walk begins again in an order that has no equals.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.jarvi.wire import Json, Rows, moment, row_id
from jemmo.connectors.refusals import Refused
from jemmo.domain.errors import PermanentError, TransientError

Fetch = Callable[[int], Awaitable[Rows]]

MOST_STEPS_BACK = 10
MOST_RESTARTS = 3
MOST_PAGES_WITHOUT_NEWS = 3


class Position(Struct, frozen=True, kw_only=True):
    """Where a walk stands.

    The next row's number, the last row met, how many rows its reader left out, whether rows come in exact order.
    """

    offset: int = 0
    exact: bool = False
    last_id: str | None = None
    last_created: datetime | None = None
    left_out: int = 0


class Step(Struct, frozen=True, kw_only=True):
    """The rows of one page that were not met before.

    ``after`` is where to go on, ``None`` at the end.

    ``total`` is the list's own count, ``short`` by how many rows the list ends before it. ``covers`` is ``False``
    once something may have been missed.
    """

    rows: list[Any]
    total: int | None
    short: int
    after: Position | None
    covers: bool


class Walk:
    """One pass over one list.

    ``by_change`` says that the list is filtered by the time of a change: rows that change now enter
    in its middle, so when its count changes it is read again from the beginning. ``exact`` gives the same list
    without equals in its order, ``None`` where there is no such order.
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
        self._has_equals = False
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
                self._has_equals = self._has_equals or _begins_with_equals(page)
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
            if step.short and self._has_equals and await self._put_in_order():
                step, first_total = replace(step, after=self._position, short=0), None
            yield step
            position = step.after

    def _is_shuffled(self, page: Rows, position: Position) -> bool:
        """Whether rows of one time came in another order than before: the list is as long, and begins elsewhere."""
        if not page.rows or not self._sorted or page.total is None or page.total != self._total:
            return False
        first = page.rows[0]
        when = moment(first, "createdAt")
        return (
            when is not None and when == position.last_created and row_id(first) != position.last_id
        )

    async def _put_in_order(self) -> bool:
        """Begin again in exact order; where there is none, go on, but prove nothing by this walk."""
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
        """The page, or an earlier one that begins with a row that was met before."""
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
        created = moment(first, "createdAt")
        return (
            self._sorted
            and created is not None
            and position.last_created is not None
            and created < position.last_created
        )

    def _restart(self) -> Position:
        self._restarts += 1
        if self._restarts > MOST_RESTARTS:
            self._covers = False
            self._by_change = False
        return Position(exact=self._in_exact_order)

    def _step(self, offset: int, page: Rows) -> Step:
        self._watch_order(page.rows)
        news = [row for row in page.rows if self._is_new(row)]
        self._notice_standstill(page.rows, news)
        end = offset + len(page.rows)
        ends = len(page.rows) <= 1 and not news  # asked from the last row on, nothing follows it
        is_last = ends or (page.total is not None and end >= page.total)
        self._met += len(news)
        last = page.rows[-1] if page.rows else None
        self._position = Position(
            offset=end,
            exact=self._in_exact_order,
            last_id=row_id(last) or self._position.last_id,
            last_created=moment(last, "createdAt") or self._position.last_created,
            left_out=self._position.left_out,
        )
        if self._resumed and not self._sorted:
            self._covers = False  # without an order, what moved while nobody looked is not noticed
        return Step(
            rows=news,
            total=page.total,
            short=self._short(page.total, end) if is_last and page.total is not None else 0,
            after=None if is_last else self._position,
            covers=self._covers,
        )

    def _short(self, total: int, end: int) -> int:
        """How many rows the list's own count tells of besides; a resumed walk only knows where it came to."""
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
        times = [when for row in rows if (when := moment(row, "createdAt")) is not None]
        if any(later < earlier for earlier, later in pairwise(times)):
            self._sorted = False

    def _notice_standstill(self, rows: list[Json], news: list[Json]) -> None:
        self._idle = 0 if news or not rows else self._idle + 1
        if self._idle > MOST_PAGES_WITHOUT_NEWS + MOST_STEPS_BACK:
            raise PermanentError(
                "Jarvi sends the same rows again and again, so the list has no end.",
                code="page_repeats",
                next_step="Sync again later. If the problem persists, tell Jarvi's support which list.",
            )


def _begins_with_equals(page: Rows) -> bool:
    """Whether the first rows are of one time, so that the page before may have ended with others of it."""
    times = [moment(row, "createdAt") for row in page.rows[:2]]
    return len(times) > 1 and times[0] is not None and times[0] == times[1]
