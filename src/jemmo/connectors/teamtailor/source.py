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
from jemmo.connectors.teamtailor.lists import Lists
from jemmo.connectors.teamtailor.lookups import Inclusions
from jemmo.connectors.teamtailor.queries import (
    LOOKUPS,
    NEWEST_FIRST,
    PATHS,
    SWEEP_FIELD,
    Query,
    changed_since,
    needed_beside,
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
from jemmo.domain.history import LIMITED
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


class TeamtailorSource:
    """Implements ``jemmo.domain.ports.Source``."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.size = int(config.options["page_size"])
        self.client = client(config)
        self.learner = Learner(self.client, config)
        self.lists = Lists(config, self.client, self.learner)
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
                if asked.beside and asked.filters:
                    page = replace(page, beside=self._beside(asked, step))
                if position.recent:
                    page = self._in_parts(stream, page, position, asked, step)
                elif stream is Stream.STAGES and start.recent and self.lists.is_long(step.total):
                    page = replace(page, recent=False)  # recent applications bring theirs along
                yield page

    async def _renamed(self, stream: Stream, before: str | None) -> AsyncIterator[Page]:
        """Records whose place or role is called otherwise now: nobody says that their own date moves.

        They have no place in the list of changes, so they come first, and again when a pass is taken up.
        """
        found = self.learner.renamed(stream, before)
        filters: list[tuple[tuple[str, str], ...]]
        filters = [()] if len(found) > MOST_RENAMED else [(one,) for one in found]
        if self.config.limit and stream in LIMITED:
            filters = [(*one, *changed_since(self.config.limit - BOUNDS)) for one in filters]
        for query in self.lists.queries(stream, None):
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
            position = await self.lists.beginning(stream, start)
        queries = await self.lists.of_pass(stream, start, position)
        if position.part >= len(queries):
            raise ValueError(f"There is no part {position.part} of {stream}.")
        return position, queries

    async def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        await self.learner.learn(stream)
        field = SWEEP_FIELD.get(stream, "updated-at")
        met: set[str] = set()
        queries = self.lists.queries(stream, None)
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
        query: Query | None = self.learner.allowed(self.lists.queries(stream, None)[0])
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

    async def _walk(
        self, stream: Stream, wanted: Query, start: Position
    ) -> AsyncIterator[tuple[Query, Step]]:
        """The steps of a list, each with what was asked for: less than wanted where a part of that is refused.

        Raises ``StreamRefused`` for a lookup that this account does not show at all.
        """
        if stream in LOOKUPS and (known := self.learner.remembering.refuses(wanted.path)):
            raise StreamRefused(known.message, stream=stream)
        query = self.learner.allowed(wanted)
        decode = loosely if wanted.beside else decoder(KINDS[stream].attributes)
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
        return replace(page, total=total, recent=step.after is not None)

    def _beside(self, asked: Query, step: Step) -> tuple[Page, ...]:
        """The related records of other streams, where all was allowed that they are made of."""
        included = [one for one in step.document.included if isinstance(one, dict)]
        inclusions = Inclusions(included_in(included), self.lookups)
        pages = []
        for other, relation in asked.beside:
            raw = [
                RawRecord(key, one)
                for one in included
                if one.get("type") == PATHS[other] and (key := id_of(one))
            ]
            if raw and asked.include_all(needed_beside(relation, other)):
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


def _cursor(position: Position) -> str:
    return msgspec.json.encode(position).decode()
