"""Reads one Teamtailor account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from jemmo.connectors.base import Config
from jemmo.connectors.lenient import convert
from jemmo.connectors.refusals import NOT_FOUND
from jemmo.connectors.teamtailor.access import check_access
from jemmo.connectors.teamtailor.client import client
from jemmo.connectors.teamtailor.learning import Learner, included_in
from jemmo.connectors.teamtailor.lookups import Inclusions
from jemmo.connectors.teamtailor.queries import (
    BESIDE,
    IN_ONE_ORDER,
    INCLUDES,
    LOOKUPS,
    NEWEST_FIRST,
    PATHS,
    SWEEP_FIELD,
    Query,
    changed_since,
    changed_until,
    every_job,
    needed_beside,
    open_jobs,
    with_beside,
)
from jemmo.connectors.teamtailor.refusals import Refused
from jemmo.connectors.teamtailor.streams import BOUNDS, KINDS, streams_of
from jemmo.connectors.teamtailor.walk import (
    AnyDocument,
    Position,
    Step,
    Walk,
    id_of,
    reached,
    sightings,
)
from jemmo.connectors.teamtailor.wire import (
    Document,
    Resource,
    SingleDocument,
    decoder,
    loosely,
)
from jemmo.domain.errors import JemmoError, ScopeTooSmall, StreamRefused
from jemmo.domain.records import Record
from jemmo.domain.streams import (
    AccessReport,
    Notes,
    Page,
    RawRecord,
    SightingPage,
    Start,
    Stream,
    StreamSpec,
)
from jemmo.rest_client.ahead import Ahead

MOST_RENAMED = 20  # places and roles whose records are asked for one by one; of more, all are read
MOST_PAGES_AT_ONCE = 50
"""A list that is no longer is read in one go: eleven seconds at our pace."""
MOST_PAGES_OF_JOBS = 5
"""The same of jobs, which all else waits for."""


class TeamtailorSource:
    """Implements ``jemmo.domain.ports.Source``."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.size = int(config.options["page_size"])
        self.client = client(config)
        self.learner = Learner(self.client, config)
        self.lookups = self.learner.lookups
        self._ahead: list[Ahead[AnyDocument]] = []

    @property
    def streams(self) -> Sequence[StreamSpec]:
        return streams_of(self.config)

    @property
    def requests(self) -> int:
        return self.client.requests

    @property
    def received(self) -> int:
        return self.client.received

    @property
    def clock_off(self) -> float:
        return self.client.clock_off

    async def close(self) -> None:
        for ahead in self._ahead:
            await ahead.close()
        await self.client.close()

    async def check(self) -> AccessReport:
        return await check_access(self.client, self.config)

    async def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        """Everything, or what changed since ``start.since``; jobs in one pass per feed.

        Where everything is read, the recent part of a long list comes first: see ``_split_at``.
        """
        await self.learner.remembering.recall(again=start.asks_again)
        await self.learner.learn(stream, reads_all=start.since is None)
        basis = self.learner.basis(stream, start.basis)
        if start.since is not None:
            after = start.cursor or _cursor(Position(url=""))
            async for page in self._renamed(stream, start.basis):
                yield replace(page, cursor=after)
        async for page in self._pass(stream, start):
            yield replace(page, basis=basis)

    async def _pass(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        """The lists of a pass, one after the other."""
        position, queries = await self._begin(stream, start)
        overlap = stream is Stream.JOBS and len(queries) > 1
        met = set[str]() if overlap else None
        following: Position | None = position
        while following is not None:
            position, following = following, None
            async for asked, step in self._walk(stream, queries[position.part], position):
                page = self._page(stream, step, met, start.since if asked.filters else None)
                newest_first = asked.sort == NEWEST_FIRST
                if met is not None or newest_first:
                    page = replace(page, total=None)  # the list's count is not this pass's
                if newest_first and start.since and reached(step, start.since):
                    yield replace(page, cursor=None)
                    return
                if page.cursor is None and position.part + 1 < len(queries):
                    following = position.next_part(step)
                    page = replace(page, cursor=_cursor(following))
                if position.recent:
                    page = self._in_parts(stream, page, position, asked, step)
                elif stream is Stream.STAGES and start.recent and self._is_long(step.total):
                    page = replace(page, recent=False)  # recent applications bring theirs along
                yield page

    async def _renamed(self, stream: Stream, before: str | None) -> AsyncIterator[Page]:
        """Records whose place or role is called otherwise now: nobody says that their own date moves.

        They have no place in the list of changes, so they come first, and again when a pass is taken up.
        """
        found = self.learner.renamed(stream, before)
        filters: list[tuple[tuple[str, str], ...]]
        filters = [()] if len(found) > MOST_RENAMED else [(one,) for one in found]
        for query in self._queries(stream, None):
            for one in filters:
                wanted = replace(query, filters=one)
                async for _, step in self._walk(stream, wanted, Position(url="")):
                    page = self._page(stream, step, None, None)
                    yield replace(page, total=None, short=0, repeats=len(page.raw))

    async def _begin(self, stream: Stream, start: Start) -> tuple[Position, list[Query]]:
        """Where a pass begins or goes on, and the lists that it reads one after the other.

        Raises ``ValueError`` for a place in a list that there no longer is.
        """
        if start.cursor:
            position = msgspec.json.decode(start.cursor, type=Position)
        else:
            position = await self._split_at(stream, start) or Position(url="")
        queries = self._queries(stream, start.since)
        if position.recent:
            queries = await self._recent_first(stream, queries, position.recent)
        if position.part >= len(queries):
            raise ValueError(f"There is no part {position.part} of {stream}.")
        return position, queries

    async def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        await self.learner.learn(stream)
        field = SWEEP_FIELD.get(stream, "updated-at")
        met: set[str] = set()
        queries = self._queries(stream, None)
        begin = msgspec.json.decode(cursor, type=Position) if cursor else Position(url="")
        short = begin.short
        for part in range(begin.part, len(queries)):
            thin = replace(queries[part], include=(), fields=((PATHS[stream], field),), sort="id")
            place = begin if part == begin.part else Position(url="", part=part, short=short)
            async for _, step in self._walk(stream, thin, place):
                ids = [key for key in step.ids if key]
                repeats = step.repeats
                if len(queries) > 1:
                    repeats = sum(1 for key in ids if key in met)
                    met.update(ids)
                after = step.after
                if after is None and part + 1 < len(queries):
                    short = step.short
                    after = place.next_part(step)
                yield SightingPage(
                    sightings=sightings(step),
                    cursor=_cursor(after) if after else None,
                    total=step.total if len(queries) == 1 else None,
                    repeats=repeats,
                    short=step.short,
                    covers=step.covers and None not in step.ids,
                )

    async def fetch(self, stream: Stream, remote_id: str) -> Page | None:
        await self.learner.learn(stream)
        query: Query | None = self.learner.allowed(self._queries(stream, None)[0])
        body = None
        while body is None and query is not None:
            includes = f"?include={','.join(query.include)}" if query.include else ""
            url = f"v1/{PATHS[stream]}/{quote(remote_id, safe='')}{includes}"
            try:
                body = await self.client.get(url, msgspec.json.Decoder(SingleDocument).decode)
            except (Refused, ScopeTooSmall) as error:
                if isinstance(error, Refused) and error.status in NOT_FOUND:
                    return None
                query = await self.learner.less(replace(query, fields=(), sort=None), error)
                if query is None:
                    raise
        assert body is not None
        included = included_in(body.included)
        raw = RawRecord(id_of(body.data) or remote_id, body.data)
        return self._as_page(stream, [raw], Inclusions(included, self.lookups))

    # --- asking ---

    def _queries(self, stream: Stream, since: datetime | None) -> list[Query]:
        query = Query(
            path=PATHS[stream],
            size=self.size,
            include=INCLUDES.get(stream, ()),
            fields=self.learner.fields(stream),
        )
        if stream is Stream.STAGES:
            if self.config.on("stage_types"):
                query = replace(query, include=(*query.include, "stage-type"))
            return [replace(query, sort=NEWEST_FIRST) if since else query]
        if stream is Stream.APPLICATIONS and self.learner.knows_types_by_relation_alone:
            query = replace(query, include=(*query.include, "stage.stage-type"))
        if since is not None:
            query = replace(query, filters=changed_since(since))
        if stream is not Stream.JOBS:
            return [query]
        return [replace(query, fixed_filters=every_job(feed)) for feed in self.learner.feeds]

    async def _split_at(self, stream: Stream, start: Start) -> Position | None:
        """The beginning of a pass in two parts: first what changed from ``start.recent`` on, then the rest.

        Only where that is worth its requests, and where the filters prove themselves: both parts together count as many
        records as the whole list. What moves from the rest into the recent part meanwhile has changed after the
        pass began, so the next incremental sync reads it.
        """
        if start.recent is None or not (stream in BESIDE or stream is Stream.JOBS):
            return None
        query, *more = self._queries(stream, None)
        whole = await self.learner.count(query)
        if stream is Stream.JOBS:
            jobs = [whole, *[await self.learner.count(one) for one in more]]
            is_long = sum(one or 0 for one in jobs) > self.size * MOST_PAGES_OF_JOBS
            return Position(url="", recent=start.recent) if is_long else None
        if whole is None or not self._is_long(whole):
            return None
        recent, rest = [await self.learner.count(one) for one in _in_two(query, start.recent)]
        if recent is None or rest is None or recent > rest:
            return None
        if not 0 <= recent + rest - whole <= whole // 100:
            return None
        return Position(url="", recent=start.recent, after=rest)

    def _is_long(self, records: int | None) -> bool:
        return records is not None and records > self.size * MOST_PAGES_AT_ONCE

    async def _recent_first(
        self, stream: Stream, queries: list[Query], moment: datetime
    ) -> list[Query]:
        """The lists of both parts, the first with what belongs to its records.

        Jobs that are open come before all jobs. They are few, and so may be read twice.
        """
        if stream is Stream.JOBS:
            first = [
                replace(one, fixed_filters=open_jobs(feed))
                for one, feed in zip(queries, self.learner.feeds, strict=True)
            ]
            return first + queries
        streams = (stream, *BESIDE[stream])
        for other in streams:
            await self.learner.learn(other, reads_all=True)
        recent, rest = _in_two(queries[0], moment)
        fields = {one: dict(self.learner.fields(one)) for one in streams}
        with_types = (
            "stage-type" in self.learner.allowed(*self._queries(Stream.STAGES, None)).include
        )
        return [with_beside(recent, stream, fields, with_types=with_types), rest]

    async def _walk(
        self, stream: Stream, wanted: Query, start: Position
    ) -> AsyncIterator[tuple[Query, Step]]:
        """The steps of a list, each with what was asked for: less than wanted where a part of that is refused.

        Raises ``StreamRefused`` for a lookup that this account does not show at all.
        """
        if stream in LOOKUPS and (known := self.learner.remembering.refuses(wanted.path)):
            raise StreamRefused(known.message, stream=stream)
        query = self.learner.allowed(wanted)
        decode = loosely if wanted.sort == IN_ONE_ORDER else decoder(KINDS[stream].attributes)
        ahead = Ahead(
            lambda url: self.client.get(url, decode)
        )  # no walk is given an older one's pages
        self._ahead.append(ahead)
        while True:
            whole = query.fixed_filters == wanted.fixed_filters
            # What changed last comes first in few pages, and which one is the last is seen on it.
            expect = None if query.sort == NEWEST_FIRST else ahead.expect
            begin = start if start.url else replace(start, url=query.url())
            walk = Walk(ahead.get, begin, size=self.size, here=self.client.path_of, expect=expect)
            begun = False
            try:
                async for step in walk.steps():
                    begun = True
                    yield query, step if whole else replace(step, covers=False)
                return
            except (Refused, ScopeTooSmall) as error:
                if begun:
                    raise
                if start.url and isinstance(error, Refused) and error.status in (400, 404):
                    start = replace(start, url="", total=None, least=None, seen=0)  # place unknown
                    continue
                less = await self.learner.less(query, error)
                if less is None:
                    refused = _without(stream, error)
                    if isinstance(refused, StreamRefused):
                        await self.learner.remembering.note(wanted.path, message=error.message)
                    raise refused from None
                query = less

    # --- answering ---

    def _page(
        self, stream: Stream, step: Step, met: set[str] | None, since: datetime | None
    ) -> Page:
        if stream is Stream.STAGES:
            self.learner.note_stages(step.document.data)
        repeats = step.repeats
        if met is not None:
            repeats = sum(1 for key in step.ids if key in met)
            met.update(key for key in step.ids if key)
        document = step.document
        strict = isinstance(document, Document)
        included = document.included if strict else included_in(document.included)
        page = self._as_page(
            stream,
            [RawRecord(key, one) for key, one in zip(step.ids, document.data, strict=True)],
            Inclusions(included, self.lookups),
            since,
        )
        return replace(
            page,
            cursor=_cursor(step.after) if step.after else None,
            total=step.total,
            repeats=repeats,
            short=step.short,
            covers=step.covers,
        )

    def _in_parts(
        self, stream: Stream, page: Page, position: Position, asked: Query, step: Step
    ) -> Page:
        """A page of a pass in two parts: the count of both, whether this is the end of the first, what came along."""
        if stream is Stream.JOBS:
            last = len(self.learner.feeds) - 1  # of the open ones
            open_follow = position.part < last or (position.part == last and step.after is not None)
            return replace(page, recent=open_follow)
        total = None if step.total is None else position.before + step.total + position.after
        if not asked.filters:  # refused all of a sudden, so the parts are no longer what they were
            page = replace(page, covers=False)
        if position.part:
            return replace(page, total=total, recent=False)
        beside = self._beside(stream, asked, step)
        return replace(page, total=total, recent=step.after is not None, beside=beside)

    def _beside(self, stream: Stream, asked: Query, step: Step) -> tuple[Page, ...]:
        """The related records of other streams, where all was allowed that they are made of."""
        included = [one for one in step.document.included if isinstance(one, dict)]
        inclusions = Inclusions(included_in(included), self.lookups)
        pages = []
        for other in BESIDE[stream]:
            raw = [
                RawRecord(key, one)
                for one in included
                if one.get("type") == PATHS[other] and (key := id_of(one))
            ]
            if raw and asked.include_all(needed_beside(stream, other)):
                pages.append(self._as_page(other, raw, inclusions))
        return tuple(pages)

    def _as_page(
        self,
        stream: Stream,
        raw: list[RawRecord],
        included: Inclusions,
        since: datetime | None = None,
    ) -> Page:
        kind = KINDS[stream]

        def to_record(one: RawRecord, notes: Notes) -> Record:
            resource = one.body
            if not isinstance(resource, Resource):
                resource = convert(resource, kind.resource, one.remote_id or "", notes)
            record = kind.map(resource, included, notes)
            if since and record.remote_updated_at and record.remote_updated_at < since:
                notes.add("filter_ignored", record.remote_id)
            return record

        return Page(stream=stream, raw=raw, map=to_record)


def _without(stream: Stream, error: Refused | ScopeTooSmall) -> JemmoError:
    """The error of a stream, or that the sync goes on without it."""
    is_missing = isinstance(error, ScopeTooSmall) or error.status in NOT_FOUND
    if stream in LOOKUPS and is_missing:
        return StreamRefused(error.message, stream=stream)
    return error


def _in_two(query: Query, moment: datetime) -> tuple[Query, Query]:
    """A list as what changed from a moment on and the rest. They meet in two seconds that belong to both.

    The first is ordered so that whatever changes meanwhile moves to its front, and pushes no record out of sight.
    """
    recent = replace(query, filters=changed_since(moment - BOUNDS), sort=IN_ONE_ORDER)
    return recent, replace(query, filters=changed_until(moment))


def _cursor(position: Position) -> str:
    return msgspec.json.encode(position).decode()
