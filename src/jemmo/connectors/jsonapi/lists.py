"""Decides which lists a pass reads: everything or changes, recent records first, back to a limit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from jemmo.connectors.jsonapi.account import BOUNDS, Account
from jemmo.connectors.jsonapi.document import loosely
from jemmo.connectors.jsonapi.named import NamedLists
from jemmo.connectors.jsonapi.numbered import Position
from jemmo.connectors.jsonapi.query import Query, changed_since, changed_until
from jemmo.connectors.refusals import Refused
from jemmo.connectors.whole import make_up
from jemmo.domain.errors import ScopeTooSmall
from jemmo.domain.streams import Start, Stream

MOST_PAGES_AT_ONCE = 50
"""A list with no more pages than this is read in one go."""
MOST_PAGES_OF_JOBS = 5
"""The same for jobs, which everything else waits for."""
NEWEST_FIRST = "-updated-at"
IN_ONE_ORDER = "-updated-at,-id"
"""Newest first, for numbered pages. The id decides between records that changed at the same time."""


class PassLists:
    def __init__(self, account: Account) -> None:
        self.account = account
        self.size = int(account.config.options["page_size"])
        self.named = NamedLists(account.asker, account.digests)
        self._learning = asyncio.Lock()

    async def learn(self, stream: Stream, *, reads_all: bool = False) -> None:
        """Learn what a stream needs to know about the account, once per sync, when it is first read."""
        async with self._learning:
            await self.account.asker.known.recall()
            await self.account.learn_account(stream, reads_all=reads_all)
            await self.named.read(self.account.resources[stream].names)

    def queries(
        self, stream: Stream, since: datetime | None = None, limit: datetime | None = None
    ) -> list[Query]:
        own = self.account.resources[stream]
        query = Query(
            path=own.path,
            size=self.size,
            include=(*own.include, *own.may_include, *self.account.further_includes(stream)),
            fields=tuple(self.account.fields(stream).items()),
        )
        if since and own.newest_first:
            query = replace(query, sort=NEWEST_FIRST)
        elif since:
            query = replace(query, filters=changed_since(since))
        elif limit:
            query = replace(query, filters=changed_since(limit - BOUNDS))
        return [replace(query, fixed_filters=filters) for filters in self.account.lists(stream)]

    async def beginning(self, stream: Stream, start: Start) -> Position:
        """Return where a pass starts."""
        limit = await self._limit_of(stream) if start.since is None else None
        split = await self._split_at(stream, start, limit)
        return split or Position(url="", limit=limit)

    async def of_pass(self, stream: Stream, start: Start, position: Position) -> list[Query]:
        """Return the lists that a pass reads in turn."""
        queries = self.queries(stream, start.since, position.limit)
        changes = start.since is not None and self.account.config.limit is not None
        people = self.account.resources[stream].people
        if people and (changes or position.limit is not None):
            # The related records may not appear in any list that is read.
            queries = [
                await self.reading_with(people, stream, query, reads_all=not changes)
                for query in queries
            ]
        if position.recent:
            return await self._recent_first(stream, queries, position.recent)
        return queries

    def is_long(self, records: int | None) -> bool:
        return records is not None and records > self.size * MOST_PAGES_AT_ONCE

    def beside_whole(self, query: Query) -> list[tuple[Stream, str]]:
        """Return the other streams whose records are included with everything they are built from."""
        return [
            (other, relation)
            for other, relation in query.beside
            if query.include_all(self.account.resources[other].beside_by(relation))
        ]

    # --- a limited history ---

    async def _limit_of(self, stream: Stream) -> datetime | None:
        """Return how far back a list is read; ``None`` for all of it.

        Everything is read if the filter can't be trusted or an include that completes people is refused. Older records
        are hidden anyway.
        """
        limit, people = self.account.config.limit, self.account.resources[stream].people
        if limit is None or not people:
            return None
        (whole,), (within,) = self.queries(stream), self.queries(stream, None, limit)
        older = replace(whole, filters=changed_until(limit))
        every, new, old = [
            await self.account.asker.count(query) for query in (whole, within, older)
        ]
        if every is None or new is None or old is None or not make_up(every, new, old):
            return None
        asked = await self.reading_with(people, stream, within)
        return limit if await self._shows_all_beside(asked) else None

    async def _shows_all_beside(self, full: Query) -> bool:
        """Whether the account returns all related records that the query includes."""
        query: Query | None = self.account.asker.allowed(replace(full, size=1))
        while query is not None:
            try:
                await self.account.client.get(query.url(), loosely)
            except (Refused, ScopeTooSmall) as error:
                query = await self.account.asker.less(query, error)
                continue
            return bool(query.filters) and self.beside_whole(query) == list(query.beside)
        return False

    async def reading_with(
        self,
        others: Mapping[Stream, str],
        stream: Stream,
        query: Query,
        *,
        reads_all: bool = True,
    ) -> Query:
        """Add to a query everything we read of the records that these relations lead to."""
        others = dict(query.beside) | dict(others)
        for name in (stream, *others):
            await self.learn(name, reads_all=reads_all)
        include = dict.fromkeys(query.include)
        for other, relation in others.items():
            include |= dict.fromkeys(self.account.resources[other].beside_by(relation))
        for other, relation in others.items():
            allowed = self.account.asker.allowed(self.queries(other)[0]).include
            may = [name for name in self.account.resources[other].may_include if name in allowed]
            include |= dict.fromkeys(f"{relation}.{name}" for name in may)
        return replace(
            query,
            include=tuple(include),
            fields=tuple(self._fields_with(others, stream).items()),
            beside=tuple(others.items()),
        )

    def _fields_with(self, others: Mapping[Stream, str], stream: Stream) -> dict[str, str]:
        """Merge the sparse fields of these streams; their own records also need the relations that lead further."""
        fields = {name: self.account.fields(name) for name in (stream, *others)}
        shown = {self.account.resources[name].path: name for name in fields}
        thin = {
            kind: names
            for own in fields.values()
            for kind, names in own.items()
            if kind not in shown
        }
        for kind, name in shown.items():
            if names := fields[name].get(kind):
                links = _first_links(name, stream, others)
                thin[kind] = ",".join(dict.fromkeys((names, *links)))
        return thin

    # --- recent first ---

    async def _split_at(
        self, stream: Stream, start: Start, limit: datetime | None
    ) -> Position | None:
        """Start a pass in two parts: changes since ``start.recent``, then the rest.

        Only if that is worth its requests and the filters can be trusted: both parts together must count as many
        records as the whole list. A record that moves from the rest into the recent part has changed since
        the pass began, so the next incremental sync reads it.
        """
        if start.recent is None or not self.account.resources[stream].spec.recent:
            return None
        queries = self.queries(stream, None, limit)
        if self.account.first_lists(stream):
            counts = [await self.account.asker.count(query) for query in queries]
            many = sum(count or 0 for count in counts) > self.size * MOST_PAGES_OF_JOBS
            return Position(url="", recent=start.recent) if many else None
        whole = await self.account.asker.count(queries[0])
        if whole is None or not self.is_long(whole):
            return None
        parts = _in_two(queries[0], start.recent)
        recent, rest = [await self.account.asker.count(query) for query in parts]
        if recent is None or rest is None or recent > rest or not make_up(whole, recent, rest):
            return None
        return Position(url="", recent=start.recent, after=rest, limit=limit)

    async def _recent_first(
        self, stream: Stream, queries: list[Query], moment: datetime
    ) -> list[Query]:
        """Return the lists of both parts; the first includes related records.

        Short first lists are read again with the full ones.
        """
        if first := self.account.first_lists(stream):
            return [*(replace(queries[0], fixed_filters=filters) for filters in first), *queries]
        recent, rest = _in_two(queries[0], moment)
        return [
            await self.reading_with(self.account.resources[stream].beside, stream, recent),
            rest,
        ]


def _in_two(query: Query, moment: datetime) -> tuple[Query, Query]:
    """Split a list into changes since ``moment`` and the rest. Both parts include a two-second overlap.

    The first is sorted so that records that change during the pass move to its front, and no record is pushed out of
    sight.
    """
    recent = replace(query, filters=changed_since(moment - BOUNDS), sort=IN_ONE_ORDER)
    return recent, replace(query, filters=(*query.filters, *changed_until(moment)))


def _first_links(name: Stream, stream: Stream, others: Mapping[Stream, str]) -> list[str]:
    """Return the first step of each relation that leads further from the records of a stream."""
    if name is stream:
        return [link for link in others.values() if "." not in link]
    before = f"{others[name]}."
    return [link.removeprefix(before) for link in others.values() if link.startswith(before)]
