"""Lists read by offset, using filters only after a test.

``walk`` explains how a list that changes meanwhile is read without gaps.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.by_offset.query import Query
from jemmo.connectors.by_offset.walk import Fetch, Position, Rows, Step, Walk
from jemmo.connectors.loose import count_of
from jemmo.connectors.refusals import Refused
from jemmo.connectors.whole import Kept
from jemmo.domain.errors import PermanentError
from jemmo.rest_client import RestClient

NOBODY = "00000000-0000-4000-8000-000000000000"
FAR_FUTURE = datetime(2999, 1, 1, tzinfo=UTC)


class Whole(Struct, frozen=True):
    """A list read to its end: its rows, how many counted rows are missing, and whether nothing was missed."""

    rows: list[Any]
    short: int = 0
    covers: bool = True


class OffsetLists:
    """An ATS's lists. Each filter is tested before its use, since many ATSs ignore unknown parameters.

    ``order`` names the sort parameter. Sorted lists are requested in pages of at most ``sorted_limit`` rows.
    ``incremental`` is ``auto`` to test the change filter, else ``on`` or ``off``. ``counts`` holds known counts of
    whole lists by address, -1 for a list without a count.
    """

    def __init__(
        self,
        client: RestClient,
        *,
        label: str,
        order: str | None,
        page_size: int,
        sorted_limit: int,
        incremental: str,
    ) -> None:
        self.incremental = incremental
        limit = page_size if order is None else min(page_size, sorted_limit)
        self._sorted = Query(entity="", order=order, limit=limit)
        self._client = client
        self._label = label
        self.counts: dict[str, int] = {}
        self._passed: dict[str, bool] = {}
        self._answered: set[str] = set()

    def sorted(self, entity: str) -> Query:
        return replace(self._sorted, entity=entity)

    async def ask(self, query: Query, offset: int = 0) -> Rows:
        """Request a page of a list. A filter without matches may return 404."""
        entity = query.entity
        try:
            rows = await self._client.get(
                query.url(offset), lambda body: rows_of(body, entity, self._label)
            )
        except Refused as error:
            if error.status != 404 or query.where is None:
                raise
            if entity not in self._answered:  # else the address may be wrong
                await self.ask(Query(entity=entity, limit=1))
            return Rows([], 0)
        self._answered.add(entity)
        return rows

    async def walk(
        self, query: Query, start: Position | None = None, *, by_change: bool = False
    ) -> AsyncIterator[Step]:
        """Yield every row of a list; set ``by_change`` if it is filtered by change date."""
        exact = query.exact()
        walk = Walk(
            self._fetch(query),
            start or Position(),
            by_change=by_change,
            exact=None if exact is None else self._fetch(exact),
        )
        async for step in walk.steps():
            yield step

    async def whole(self, query: Query, *, by_change: bool = False) -> Whole:
        """Read a short list into memory."""
        rows: list[Any] = []
        short, covers, kept = 0, True, Kept(query.entity)
        async for step in self.walk(query, by_change=by_change):
            kept.add_rows(step.rows)
            rows += step.rows
            short, covers = step.short, covers and step.covers
        return Whole(rows, short, covers)

    async def if_short(self, query: Query) -> Whole | None:
        """Return the whole list if its first page contains all of it."""
        step = await anext(self.walk(query))
        return Whole(step.rows, step.short, step.covers) if step.after is None else None

    async def changed(self, entity: str, since: datetime | None) -> tuple[Query, bool]:
        """Return a list, and whether it has only changes since ``since``; the whole list if the filter fails."""
        query = self.sorted(entity)
        if since is None or not await self.finds_changes(entity):
            return query, False
        return query.changed_since(since), True

    async def count(self, query: Query) -> int | None:
        return (await self.ask(query.single())).total

    # --- which filters work: each is tested once, on first use ---

    async def finds_changes(self, entity: str) -> bool:
        if self.incremental != "auto":
            return self.incremental == "on"
        return await self._gives_nothing(Query(entity=entity).changed_since(FAR_FUTURE))

    async def finds_ids(self, entity: str) -> bool:
        return await self._gives_nothing(Query(entity=entity).with_id(NOBODY))

    async def loses_none(self, query: Query, others: Query) -> bool:
        """Whether a filter loses no record: its list and the list of all others add up to the whole."""
        url = query.single().url()
        if url not in self._passed:
            asked = [query.filtered(None).single(), query.single(), others.single()]
            counts = [await self.count(each) for each in asked]
            every, passing, failing = (-1 if count is None else count for count in counts)
            self.counts |= {asked[0].url(): every, asked[1].url(): passing}
            self._passed[url] = 0 <= passing <= every <= passing + failing and failing >= 0
        return self._passed[url]

    async def _gives_nothing(self, query: Query) -> bool:
        """Whether a filter that nothing can match returns nothing."""
        query = query.single()
        if query.url() not in self._passed:
            answer = await self.ask(query)
            self._passed[query.url()] = not answer.rows and not answer.total
        return self._passed[query.url()]

    def _fetch(self, query: Query) -> Fetch:
        return lambda offset: self.ask(query, offset)


def rows_of(body: bytes, entity: str, label: str = "The ATS") -> Rows:
    """Return the rows in ``data``, under the list's own name, or in a bare array.

    Raises for anything else, since an empty list would look like the end of the list.
    """
    envelope = msgspec.json.decode(body)
    if isinstance(envelope, list):
        return Rows(envelope, None)
    if isinstance(envelope, dict):
        total = count_of(envelope.get("total"))
        for name in ("data", entity):
            if isinstance(envelope.get(name), list):
                return Rows(envelope[name], total)
    raise PermanentError(variant="no_list", ats=label, name=entity)
