"""Which lists a pass over a stream reads: everything or what changed, recent records first, back to a limit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from jemmo.connectors.base import Config
from jemmo.connectors.teamtailor.learning import Learner
from jemmo.connectors.teamtailor.queries import (
    BESIDE,
    IN_ONE_ORDER,
    INCLUDES,
    NEWEST_FIRST,
    PATHS,
    WHOLE_PEOPLE,
    Query,
    changed_since,
    changed_until,
    every_job,
    needed_beside,
    open_jobs,
    with_beside,
)
from jemmo.connectors.teamtailor.refusals import Refused
from jemmo.connectors.teamtailor.streams import BOUNDS
from jemmo.connectors.teamtailor.walk import Position
from jemmo.connectors.teamtailor.wire import loosely
from jemmo.connectors.whole import make_up
from jemmo.domain.errors import ScopeTooSmall
from jemmo.domain.streams import Start, Stream
from jemmo.rest_client import RestClient

MOST_PAGES_AT_ONCE = 50
"""A list that is no longer is read in one go: eleven seconds at our pace."""
MOST_PAGES_OF_JOBS = 5
"""The same of jobs, which all else waits for."""


class Lists:
    def __init__(self, config: Config, client: RestClient, learner: Learner) -> None:
        self._config = config
        self._client = client
        self._learner = learner
        self._size = int(config.options["page_size"])

    def queries(
        self, stream: Stream, since: datetime | None, limit: datetime | None = None
    ) -> list[Query]:
        query = Query(
            path=PATHS[stream],
            size=self._size,
            include=INCLUDES.get(stream, ()),
            fields=self._learner.fields(stream),
        )
        if stream is Stream.STAGES:
            if self._config.on("stage_types"):
                query = replace(query, include=(*query.include, "stage-type"))
            return [replace(query, sort=NEWEST_FIRST) if since else query]
        if stream is Stream.APPLICATIONS and self._learner.knows_types_by_relation_alone:
            query = replace(query, include=(*query.include, "stage.stage-type"))
        if since is not None:
            query = replace(query, filters=changed_since(since))
        elif limit is not None:
            query = replace(query, filters=changed_since(limit - BOUNDS))
        if stream is not Stream.JOBS:
            return [query]
        return [replace(query, fixed_filters=every_job(feed)) for feed in self._learner.feeds]

    async def beginning(self, stream: Stream, start: Start) -> Position:
        """Where a pass begins."""
        limit = await self._limit_of(stream) if start.since is None else None
        split = await self._split_at(stream, start, limit)
        return split or Position(url="", limit=limit)

    async def of_pass(self, stream: Stream, start: Start, position: Position) -> list[Query]:
        """The lists that a pass reads one after the other."""
        queries = self.queries(stream, start.since, position.limit)
        changes = start.since is not None and self._config.limit is not None
        if stream in WHOLE_PEOPLE and (changes or position.limit is not None):
            # What belongs to these records may be in no list that is read.
            others = WHOLE_PEOPLE[stream]
            queries = [
                await self._with(others, stream, one, reads_all=not changes) for one in queries
            ]
        if position.recent:
            return await self._recent_first(stream, queries, position.recent)
        return queries

    def is_long(self, records: int | None) -> bool:
        return records is not None and records > self._size * MOST_PAGES_AT_ONCE

    # --- a limited history ---

    async def _limit_of(self, stream: Stream) -> datetime | None:
        """How far back a list is read; ``None`` for all of it.

        All, where the filter does not prove itself or where what makes people whole is refused: what is older than the
        history is hidden in any case.
        """
        limit = self._config.limit
        if limit is None or stream not in WHOLE_PEOPLE:
            return None
        (whole,), (within,) = self.queries(stream, None), self.queries(stream, None, limit)
        older = replace(whole, filters=changed_until(limit))
        every, new, old = [await self._learner.count(one) for one in (whole, within, older)]
        if every is None or new is None or old is None:
            return None
        if not make_up(every, new, old):
            return None
        asked = await self._with(WHOLE_PEOPLE[stream], stream, within)
        return limit if await self._shows_all_beside(asked) else None

    async def _shows_all_beside(self, wanted: Query) -> bool:
        """Whether an account shows all that is wanted beside the records of a list."""
        query: Query | None = self._learner.allowed(replace(wanted, size=1))
        while query is not None:
            try:
                await self._client.get(query.url(), loosely)
            except (Refused, ScopeTooSmall) as error:
                query = await self._learner.less(query, error)
                continue
            return bool(query.filters) and all(
                query.include_all(needed_beside(relation, other))
                for other, relation in query.beside
            )
        return False

    async def _with(
        self,
        others: Mapping[Stream, str],
        stream: Stream,
        query: Query,
        *,
        reads_all: bool = True,
    ) -> Query:
        others = dict(query.beside) | dict(others)
        streams = (stream, *others)
        for one in streams:
            await self._learner.learn(one, reads_all=reads_all)
        fields = {one: dict(self._learner.fields(one)) for one in streams}
        stages = self._learner.allowed(*self.queries(Stream.STAGES, None))
        with_types = "stage-type" in stages.include
        return with_beside(query, stream, others, fields, with_types=with_types)

    # --- recent first ---

    async def _split_at(
        self, stream: Stream, start: Start, limit: datetime | None
    ) -> Position | None:
        """The beginning of a pass in two parts: first what changed from ``start.recent`` on, then the rest.

        Only where that is worth its requests, and where the filters prove themselves: both parts together count as many
        records as the whole list. What moves from the rest into the recent part meanwhile has changed after the
        pass began, so the next incremental sync reads it.
        """
        if start.recent is None or not (stream in BESIDE or stream is Stream.JOBS):
            return None
        query, *more = self.queries(stream, None, limit)
        whole = await self._learner.count(query)
        if stream is Stream.JOBS:
            jobs = [whole, *[await self._learner.count(one) for one in more]]
            many = sum(one or 0 for one in jobs) > self._size * MOST_PAGES_OF_JOBS
            return Position(url="", recent=start.recent) if many else None
        if whole is None or not self.is_long(whole):
            return None
        recent, rest = [await self._learner.count(one) for one in _in_two(query, start.recent)]
        if recent is None or rest is None or recent > rest:
            return None
        if not make_up(whole, recent, rest):
            return None
        return Position(url="", recent=start.recent, after=rest, limit=limit)

    async def _recent_first(
        self, stream: Stream, queries: list[Query], moment: datetime
    ) -> list[Query]:
        """The lists of both parts, the first with what belongs to its records.

        Jobs that are open come before all jobs. They are few, and so may be read twice.
        """
        if stream is Stream.JOBS:
            first = [
                replace(one, fixed_filters=open_jobs(feed))
                for one, feed in zip(queries, self._learner.feeds, strict=True)
            ]
            return first + queries
        recent, rest = _in_two(queries[0], moment)
        return [await self._with(BESIDE[stream], stream, recent), rest]


def _in_two(query: Query, moment: datetime) -> tuple[Query, Query]:
    """A list as what changed from a moment on and the rest. They meet in two seconds that belong to both.

    The first is ordered so that whatever changes meanwhile moves to its front, and pushes no record out of sight.
    """
    recent = replace(query, filters=changed_since(moment - BOUNDS), sort=IN_ONE_ORDER)
    return recent, replace(query, filters=(*query.filters, *changed_until(moment)))
