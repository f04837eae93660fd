"""Reads one Teamtailor account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from jemmo.connectors.base import Config
from jemmo.connectors.lenient import convert
from jemmo.connectors.teamtailor.access import check_access
from jemmo.connectors.teamtailor.client import client
from jemmo.connectors.teamtailor.learning import Learner, included_in
from jemmo.connectors.teamtailor.lookups import Inclusions
from jemmo.connectors.teamtailor.queries import (
    INCLUDES,
    NEWEST_FIRST,
    PATHS,
    SWEEP_FIELD,
    Query,
    changed_since,
    every_job,
)
from jemmo.connectors.teamtailor.refusals import Refused
from jemmo.connectors.teamtailor.streams import KINDS, streams_of
from jemmo.connectors.teamtailor.walk import AnyDocument, Position, Step, Walk
from jemmo.connectors.teamtailor.wire import (
    Document,
    Resource,
    SingleDocument,
    decoder,
)
from jemmo.domain.records import Record
from jemmo.domain.streams import (
    AccessReport,
    Notes,
    Page,
    RawRecord,
    Sighting,
    SightingPage,
    Start,
    Stream,
    StreamSpec,
)
from jemmo.domain.validation import parse_time, utc
from jemmo.rest_client.ahead import Ahead


class TeamtailorSource:
    """Implements ``jemmo.domain.ports.Source``."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.size = int(config.options["page_size"])
        self.client = client(config)
        self.learner = Learner(self.client, config)
        self.lookups = self.learner.lookups
        self._unfiltered: set[Stream] = set()
        self._ahead: list[Ahead[AnyDocument]] = []

    @property
    def streams(self) -> Sequence[StreamSpec]:
        return streams_of(self.config)

    @property
    def requests(self) -> int:
        return self.client.requests

    async def close(self) -> None:
        for ahead in self._ahead:
            await ahead.close()
        await self.client.close()

    async def check(self) -> AccessReport:
        return await check_access(self.client, self.config)

    async def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        """Everything, or what changed since ``start.since``; jobs in one pass per feed."""
        await self.learner.learn(stream)
        position = msgspec.json.decode(start.cursor, type=Position) if start.cursor else None
        queries = self._queries(stream, start.since)
        first = position.part if position else 0
        met: set[str] = set()
        for part in range(first, len(queries)):
            begin = position if position and part == first else Position(url="", part=part)
            last_part = part == len(queries) - 1
            newest_first = queries[part].sort == NEWEST_FIRST
            async for step in self._walk(stream, queries[part], begin):
                filtered = bool(queries[part].filters) and stream not in self._unfiltered
                page = self._page(
                    stream,
                    step,
                    met if len(queries) > 1 else None,
                    start.since if filtered else None,
                )
                if len(queries) > 1 or newest_first:
                    page = replace(page, total=None)  # the list's count is not this pass's
                if newest_first and start.since and _reached(step, start.since):
                    yield replace(page, cursor=None)
                    break
                if page.cursor is None and not last_part:
                    page = replace(page, cursor=_cursor(Position(url="", part=part + 1)))
                yield page

    async def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        await self.learner.learn(stream)
        field = SWEEP_FIELD.get(stream, "updated-at")
        met: set[str] = set()
        queries = self._queries(stream, None)
        begin = msgspec.json.decode(cursor, type=Position) if cursor else Position(url="")
        for part in range(begin.part, len(queries)):
            thin = replace(
                queries[part], include=(), optional=(), fields=((PATHS[stream], field),), sort="id"
            )
            place = begin if part == begin.part else Position(url="", part=part)
            async for step in self._walk(stream, thin, place):
                ids = [key for key in step.ids if key]
                repeats = step.repeats
                if len(queries) > 1:
                    repeats = sum(1 for key in ids if key in met)
                    met.update(ids)
                after = step.after
                if after is None and part + 1 < len(queries):
                    after = Position(url="", part=part + 1)
                yield SightingPage(
                    sightings=_sightings(step),
                    cursor=_cursor(after) if after else None,
                    total=step.total if len(queries) == 1 else None,
                    repeats=repeats,
                    covers=step.covers and None not in step.ids,
                )

    async def fetch(self, stream: Stream, remote_id: str) -> Page | None:
        await self.learner.learn(stream)
        query = self._queries(stream, None)[0]
        includes = ",".join((*query.include, *query.optional))
        url = f"v1/{PATHS[stream]}/{quote(remote_id, safe='')}"
        try:
            body = await self.client.get(
                f"{url}?include={includes}" if includes else url,
                msgspec.json.Decoder(SingleDocument).decode,
            )
        except Refused as error:
            if error.status == 404:
                return None
            raise
        included = included_in(body.included)
        raw = RawRecord(remote_id, body.data)
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
                query = replace(query, optional=("stage-type",))
            return [replace(query, sort=NEWEST_FIRST) if since else query]
        if since is not None:
            query = replace(query, filters=changed_since(since))
        if stream is not Stream.JOBS:
            return [query]
        return [replace(query, fixed_filters=every_job(feed)) for feed in self.learner.feeds]

    async def _walk(self, stream: Stream, query: Query, start: Position) -> AsyncIterator[Step]:
        """The steps of a list, asked for with less when a part of the question is refused."""
        decode = decoder(KINDS[stream].attributes)
        ahead = Ahead(
            lambda url: self.client.get(url, decode)
        )  # no walk is given an older one's pages
        self._ahead.append(ahead)
        # What changed last comes first in few pages, and which one is the last is seen on it.
        expect = None if query.sort == NEWEST_FIRST else ahead.expect
        while True:
            begin = start if start.url else replace(start, url=query.url())
            walk = Walk(ahead.get, begin, size=self.size, here=self.client.path_of, expect=expect)
            begun = False
            try:
                async for step in walk.steps():
                    begun = True
                    yield step
                return
            except Refused as error:
                less = query.without(error.part) if error.part and not begun else None
                if start.url and not begun and error.status in (400, 404):
                    start = Position(url="", part=start.part)  # the saved place is no longer known
                    continue
                if less is None:
                    raise
                if error.part == "filter":
                    self._unfiltered.add(stream)
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
            covers=step.covers,
        )

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


def _cursor(position: Position) -> str:
    return msgspec.json.encode(position).decode()


def _reached(step: Step, since: datetime) -> bool:
    """Whether a walk from the newest on has come to what is known already."""
    times = [when for one in step.document.data if (when := _updated_at(one)) is not None]
    in_order = all(newer >= older for newer, older in pairwise(times))
    return bool(times) and in_order and times[-1] < since


def _updated_at(resource: Any) -> datetime | None:
    if isinstance(resource, Resource):
        return utc(resource.attributes.updated_at)
    attributes = resource.get("attributes") if isinstance(resource, dict) else None
    return parse_time(attributes.get("updated-at")) if isinstance(attributes, dict) else None


def _sightings(step: Step) -> list[Sighting]:
    return [
        Sighting(key, _updated_at(one))
        for key, one in zip(step.ids, step.document.data, strict=True)
        if key
    ]
