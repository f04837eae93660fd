"""Which lists a pass over a stream reads: everything or what changed, recent records first, back to a limit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from jemmo.connectors.base import Config
from jemmo.connectors.client_source import ClientSource
from jemmo.connectors.jsonapi.asking import Asker
from jemmo.connectors.jsonapi.document import loosely
from jemmo.connectors.jsonapi.named import NamedLists
from jemmo.connectors.jsonapi.query import Filters, Query, changed_since, changed_until
from jemmo.connectors.jsonapi.resource import ResourceType
from jemmo.connectors.known_refusals import KnownRefusals
from jemmo.connectors.numbered import Position
from jemmo.connectors.refusals import Refused
from jemmo.connectors.whole import make_up
from jemmo.domain.errors import ScopeTooSmall
from jemmo.domain.streams import Start, Stream
from jemmo.rest_client import RestClient

MOST_PAGES_AT_ONCE = 50
"""A list that is no longer is read in one go."""
MOST_PAGES_OF_JOBS = 5
"""The same of jobs, which all else waits for."""
BOUNDS = timedelta(seconds=2)
"""Read back in any case: whether a filter's bound counts, and whether it knows less than seconds, is not known."""
NEWEST_FIRST = "-updated-at"
IN_ONE_ORDER = "-updated-at,-id"
"""Newest first, for pages with numbers: many records may have changed at the same moment."""


class JsonApiLists(ClientSource):
    def __init__(
        self, config: Config, client: RestClient, resources: Sequence[ResourceType]
    ) -> None:
        super().__init__(client)
        self.config = config
        self.size = int(config.options["page_size"])
        lag = timedelta(minutes=int(config.options["lag_minutes"])) + BOUNDS
        self.resources = {own.spec.name: _lagging(own, lag) for own in resources}
        self.asker = Asker(client, KnownRefusals(config.refusals))
        self.named = NamedLists(self.asker, self.digests)
        self._learning = asyncio.Lock()

    # --- a vendor's part ---

    async def learn_account(self, stream: Stream, *, reads_all: bool) -> None:
        """Ask what reading a stream needs to know of the account; with ``reads_all`` that may cost a few requests."""

    def digests(self, rows: Iterable[Any]) -> Mapping[str, str]:
        """A digest of each object of the lists in ``ResourceType.names``, by ``type:id``."""
        return {}

    def fields(self, stream: Stream) -> Mapping[str, str]:
        """Sparse fields, by type: of the stream's own records and of what comes along."""
        return self.resources[stream].thin

    def further_includes(self, stream: Stream) -> tuple[str, ...]:
        """Includes that this account's records need besides the declared ones."""
        return ()

    def lists(self, stream: Stream) -> tuple[Filters, ...]:
        """Filters of the lists that make up a stream, if it takes several; they may overlap."""
        return ((),)

    def first_lists(self, stream: Stream) -> tuple[Filters, ...]:
        """Filters of short lists to read before ``lists`` where recent records comes first."""
        return ()

    # --- the lists of a pass ---

    async def learn(self, stream: Stream, *, reads_all: bool = False) -> None:
        """Learns what a stream needs to know about the account, once per sync, when it is first read."""
        async with self._learning:
            await self.asker.known.recall()
            await self.learn_account(stream, reads_all=reads_all)
            await self.named.read(self.resources[stream].names)

    def queries(
        self, stream: Stream, since: datetime | None = None, limit: datetime | None = None
    ) -> list[Query]:
        own = self.resources[stream]
        query = Query(
            path=own.path,
            size=self.size,
            include=(*own.include, *own.may_include, *self.further_includes(stream)),
            fields=tuple(self.fields(stream).items()),
        )
        if since and own.newest_first:
            query = replace(query, sort=NEWEST_FIRST)
        elif since:
            query = replace(query, filters=changed_since(since))
        elif limit:
            query = replace(query, filters=changed_since(limit - BOUNDS))
        return [replace(query, fixed_filters=filters) for filters in self.lists(stream)]

    async def beginning(self, stream: Stream, start: Start) -> Position:
        """Where a pass begins."""
        limit = await self._limit_of(stream) if start.since is None else None
        split = await self._split_at(stream, start, limit)
        return split or Position(url="", limit=limit)

    async def of_pass(self, stream: Stream, start: Start, position: Position) -> list[Query]:
        """The lists that a pass reads one after the other."""
        queries = self.queries(stream, start.since, position.limit)
        changes = start.since is not None and self.config.limit is not None
        people = self.resources[stream].people
        if people and (changes or position.limit is not None):
            # Related records may be in no list that is read.
            queries = [
                await self._with(people, stream, query, reads_all=not changes) for query in queries
            ]
        if position.recent:
            return await self._recent_first(stream, queries, position.recent)
        return queries

    def is_long(self, records: int | None) -> bool:
        return records is not None and records > self.size * MOST_PAGES_AT_ONCE

    def beside_whole(self, query: Query) -> list[tuple[Stream, str]]:
        """The other streams whose records come along with all that they are made of."""
        return [
            (other, relation)
            for other, relation in query.beside
            if query.include_all(self.resources[other].beside_by(relation))
        ]

    # --- a limited history ---

    async def _limit_of(self, stream: Stream) -> datetime | None:
        """How far back a list is read; ``None`` for all of it.

        Everything, if the filter can't be trusted or an include that completes people is refused; older records are
        hidden in any case.
        """
        limit, people = self.config.limit, self.resources[stream].people
        if limit is None or not people:
            return None
        (whole,), (within,) = self.queries(stream), self.queries(stream, None, limit)
        older = replace(whole, filters=changed_until(limit))
        every, new, old = [await self.asker.count(query) for query in (whole, within, older)]
        if every is None or new is None or old is None or not make_up(every, new, old):
            return None
        asked = await self._with(people, stream, within)
        return limit if await self._shows_all_beside(asked) else None

    async def _shows_all_beside(self, full: Query) -> bool:
        """Whether an account shows all that is to come along with the records of a list."""
        query: Query | None = self.asker.allowed(replace(full, size=1))
        while query is not None:
            try:
                await self.client.get(query.url(), loosely)
            except (Refused, ScopeTooSmall) as error:
                query = await self.asker.less(query, error)
                continue
            return bool(query.filters) and self.beside_whole(query) == list(query.beside)
        return False

    async def _with(
        self,
        others: Mapping[Stream, str],
        stream: Stream,
        query: Query,
        *,
        reads_all: bool = True,
    ) -> Query:
        """The query, asking as well for all that we read of the records that these relations lead to."""
        others = dict(query.beside) | dict(others)
        for name in (stream, *others):
            await self.learn(name, reads_all=reads_all)
        include = dict.fromkeys(query.include)
        for other, relation in others.items():
            include |= dict.fromkeys(self.resources[other].beside_by(relation))
        for other, relation in others.items():
            allowed = self.asker.allowed(self.queries(other)[0]).include
            may = [name for name in self.resources[other].may_include if name in allowed]
            include |= dict.fromkeys(f"{relation}.{name}" for name in may)
        return replace(
            query,
            include=tuple(include),
            fields=tuple(self._fields_with(others, stream).items()),
            beside=tuple(others.items()),
        )

    def _fields_with(self, others: Mapping[Stream, str], stream: Stream) -> dict[str, str]:
        """The sparse fields of all these streams: their own records need the relations that lead on, too."""
        fields = {name: self.fields(name) for name in (stream, *others)}
        shown = {self.resources[name].path: name for name in fields}
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
        """The beginning of a pass in two parts: first what changed from ``start.recent`` on, then the rest.

        Only where that is worth its requests, and where the filters prove themselves: both parts together count as many
        records as the whole list. A record that moves from the rest into the recent part has changed since the pass
        began, so the next incremental sync reads it.
        """
        if start.recent is None or not self.resources[stream].spec.recent:
            return None
        queries = self.queries(stream, None, limit)
        if self.first_lists(stream):
            counts = [await self.asker.count(query) for query in queries]
            many = sum(count or 0 for count in counts) > self.size * MOST_PAGES_OF_JOBS
            return Position(url="", recent=start.recent) if many else None
        whole = await self.asker.count(queries[0])
        if whole is None or not self.is_long(whole):
            return None
        parts = _in_two(queries[0], start.recent)
        recent, rest = [await self.asker.count(query) for query in parts]
        if recent is None or rest is None or recent > rest or not make_up(whole, recent, rest):
            return None
        return Position(url="", recent=start.recent, after=rest, limit=limit)

    async def _recent_first(
        self, stream: Stream, queries: list[Query], moment: datetime
    ) -> list[Query]:
        """The lists of both parts, the first with what belongs to its records.

        Short first lists are read again with the whole ones.
        """
        if first := self.first_lists(stream):
            return [*(replace(queries[0], fixed_filters=filters) for filters in first), *queries]
        recent, rest = _in_two(queries[0], moment)
        return [await self._with(self.resources[stream].beside, stream, recent), rest]


def _lagging(own: ResourceType, lag: timedelta) -> ResourceType:
    return replace(own, spec=replace(own.spec, lag=lag)) if own.spec.cursor else own


def _in_two(query: Query, moment: datetime) -> tuple[Query, Query]:
    """A list as what changed from a moment on and the rest. They meet in two seconds that belong to both.

    The first is ordered so that whatever changes in the meantime moves to its front, and pushes no record out of sight.
    """
    recent = replace(query, filters=changed_since(moment - BOUNDS), sort=IN_ONE_ORDER)
    return recent, replace(query, filters=(*query.filters, *changed_until(moment)))


def _first_links(name: Stream, stream: Stream, others: Mapping[Stream, str]) -> list[str]:
    """The first step of each relation that leads on from the records of a stream."""
    if name is stream:
        return [link for link in others.values() if "." not in link]
    before = f"{others[name]}."
    return [link.removeprefix(before) for link in others.values() if link.startswith(before)]
