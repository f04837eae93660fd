"""Reads an account of an ATS that follows JSON:API, with numbered pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.client_source import ClientSource
from jemmo.connectors.jsonapi.access import check_access
from jemmo.connectors.jsonapi.account import BOUNDS, Account
from jemmo.connectors.jsonapi.document import (
    AnyDocument,
    attributes_of,
    decoder,
    loosely,
    single,
    usable,
)
from jemmo.connectors.jsonapi.lists import NEWEST_FIRST, PassLists
from jemmo.connectors.jsonapi.named import renamed
from jemmo.connectors.jsonapi.numbered import Position, Step, Walk, has_reached
from jemmo.connectors.jsonapi.query import Query, changed_since
from jemmo.connectors.lenient import convert
from jemmo.connectors.loose import row_id
from jemmo.connectors.refusals import NOT_FOUND, NOT_OFFERED, UNKNOWN_POSITION, Refused
from jemmo.domain.errors import JemmoError, ScopeTooSmall, StreamRefused
from jemmo.domain.history import LIMITED
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

# Objects whose records are requested one by one; if there are more, all records are read
MOST_RENAMED = 20


class Around(Struct, frozen=True):
    """What mapping a page's records needs from the included objects, and notes about ``odd`` ones."""

    objects: Any
    odd: Notes


class JsonApiSource(ClientSource):
    """Implements ``jemmo.domain.ports.Source`` for an account."""

    def __init__(self, account: Account) -> None:
        super().__init__(account.client)
        self.account = account
        self.lists = PassLists(account)
        self._ahead: list[Ahead[AnyDocument]] = []
        self._comes_beside = {name for own in account.resources.values() for name in own.beside}

    async def check(self) -> AccessReport:
        return await check_access(self.account)

    @property
    def streams(self) -> Sequence[StreamSpec]:
        return [own.spec for own in self.account.resources.values()]

    async def close(self) -> None:
        for ahead in self._ahead:
            await ahead.close()
        await super().close()

    async def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        """Yield everything, or what changed since ``start.since``.

        A full read of a long list starts with its recent part: see ``lists``.
        """
        await self.account.asker.known.recall(again=start.asks_again)
        await self.lists.learn(stream, reads_all=start.since is None)
        basis = self._basis(stream, start.basis)
        if start.since is not None:
            after = start.cursor or Position(url="").cursor
            async for page in self._renamed(stream, start.basis):
                yield replace(page, cursor=after)
        async for page in self._pass(stream, start):
            yield replace(page, basis=basis)

    async def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        await self.lists.learn(stream)
        own, queries, met = self.account.resources[stream], self.lists.queries(stream), set[str]()
        begin = msgspec.json.decode(cursor, type=Position) if cursor else Position(url="")
        short = begin.short
        for part in range(begin.part, len(queries)):
            fields = ((own.path, own.sweep_field),)
            thin = replace(queries[part], include=(), fields=fields, sort="id")
            place = begin if part == begin.part else Position(url="", part=part, short=short)
            async for _, step in self._walk(stream, thin, place):
                repeats = _repeats(step, met) if len(queries) > 1 else step.repeats
                after = step.after
                if after is None and part + 1 < len(queries):
                    short = step.short
                    after = place.next_part(step)
                yield SightingPage(
                    sightings=_sightings(step),
                    cursor=after.cursor if after else None,
                    total=step.total if len(queries) == 1 else None,
                    repeats=repeats,
                    short=step.short,
                    covers=step.covers and None not in step.ids,
                )

    async def fetch(self, stream: Stream, remote_id: str) -> Page | None:
        await self.lists.learn(stream)
        full = self.lists.queries(stream)[0]
        people = self.account.resources[stream].people
        if people and self.account.config.limit is not None:
            # The person may have been excluded until now, and older records are in no list of changes.
            full = await self.lists.reading_with(people, stream, full, reads_all=False)
        query: Query | None = self.account.asker.allowed(full)
        while query is not None:
            try:
                body = await self.client.get(query.url_of(remote_id), single)
            except (Refused, ScopeTooSmall) as error:
                if isinstance(error, Refused) and error.status in NOT_FOUND:
                    return None
                query = await self.account.asker.less(replace(query, fields=(), sort=None), error)
                if query is None:
                    raise
                continue
            raw = RawRecord(row_id(body.data) or remote_id, body.data)
            page = self._as_page(stream, [raw], self._around(body.included))
            return replace(page, beside=self._beside(query, body.included))
        return None

    # --- a pass ---

    async def _pass(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        """Yield the pages of a pass, list by list."""
        position, queries = await self._begin(stream, start)
        overlap = bool(self.account.first_lists(stream)) and len(queries) > 1
        met = set[str]() if overlap else None
        following: Position | None = position
        while following is not None:
            position, following = following, None
            async for asked, step in self._walk(stream, queries[position.part], position):
                page = self._page(stream, step, met, start.since if asked.filters else None)
                newest_first = asked.sort == NEWEST_FIRST
                if met is not None or newest_first:
                    page = replace(page, total=None)  # the list's count is not that of the pass
                if newest_first and start.since and has_reached(start.since, _dates(step)):
                    yield replace(page, cursor=None)
                    return
                if page.cursor is None and position.part + 1 < len(queries):
                    following = position.next_part(step)
                    page = replace(page, cursor=following.cursor)
                if asked.beside and asked.filters:
                    page = replace(page, beside=self._beside(asked, step.page.included))
                yield self._in_order(stream, page, position, asked, step, start)

    async def _begin(self, stream: Stream, start: Start) -> tuple[Position, list[Query]]:
        """Return where a pass starts or continues, and the lists it reads in turn.

        Raises ``ValueError`` for a position in a list that no longer exists.
        """
        if start.cursor:
            position = msgspec.json.decode(start.cursor, type=Position)
        else:
            position = await self.lists.beginning(stream, start)
        queries = await self.lists.of_pass(stream, start, position)
        if position.part >= len(queries):
            raise ValueError(f"There is no part {position.part} of {stream}.")
        return position, queries

    async def _renamed(self, stream: Stream, before: str | None) -> AsyncIterator[Page]:
        """Yield records that refer to a renamed object, since their own date need not change.

        They are not in the list of changes, so they come first, and again if the pass is resumed.
        """
        by = self.account.resources[stream].names
        names = [(by[kind], key) for kind, key in renamed(before, self._basis(stream, before))]
        filters = [()] if len(names) > MOST_RENAMED else [(name,) for name in names]
        limit = self.account.config.limit if stream in LIMITED else None
        within = changed_since(limit - BOUNDS) if limit else ()
        for whole in self.lists.queries(stream):
            for name in filters:
                query = replace(whole, filters=(*name, *within))
                async for _, step in self._walk(stream, query, Position(url="")):
                    page = self._page(stream, step, None, None)
                    yield replace(page, total=None, short=0, repeats=len(page.raw))

    def _basis(self, stream: Stream, before: str | None) -> str | None:
        names = self.account.resources[stream].names
        return self.lists.named.basis(names, self.account.digest, before) if names else None

    async def _walk(
        self, stream: Stream, full: Query, start: Position
    ) -> AsyncIterator[tuple[Query, Step[AnyDocument]]]:
        """Yield the steps of a list with the query that was sent, which is less than ``full`` if a part is refused.

        Raises ``StreamRefused`` for an optional list that this account refuses.
        """
        own = self.account.resources[stream]
        if own.optional and self.account.asker.known.of_list(full.path):
            raise StreamRefused(stream=stream)
        query = self.account.asker.allowed(full)
        decode = loosely if full.beside else decoder(own.resource, self.account.included)
        # A walk never reuses pages that an earlier one requested.
        ahead = Ahead[AnyDocument](lambda url: self.client.get(url, decode))
        self._ahead.append(ahead)
        while True:
            whole = query.fixed_filters == full.fixed_filters
            # Recent changes are on few pages, and each page shows whether it is the last, so don't read ahead.
            expect = None if query.sort == NEWEST_FIRST else ahead.expect
            begin = start if start.url else replace(start, url=query.url())
            walk = Walk(
                ahead.get, begin, size=self.lists.size, here=self.client.path_of, expect=expect
            )
            begun = False
            try:
                async for step in walk.steps():
                    begun = True
                    yield query, step if whole else replace(step, covers=False)
                return
            except (Refused, ScopeTooSmall) as error:
                if begun:
                    raise
                if start.url and isinstance(error, Refused) and error.status in UNKNOWN_POSITION:
                    start = replace(
                        start, url="", total=None, least=None, seen=0
                    )  # the position is no longer known
                    continue
                less = await self.account.asker.less(query, error)
                if less is None:
                    raise await self._without(stream, full, error) from None
                query = less

    async def _without(
        self, stream: Stream, query: Query, error: Refused | ScopeTooSmall
    ) -> JemmoError:
        """Return the error of a stream, or ``StreamRefused`` if the sync can continue without it."""
        is_refused = isinstance(error, ScopeTooSmall) or error.status in NOT_OFFERED
        if not self.account.resources[stream].optional or not is_refused:
            return error
        await self.account.asker.known.note(query.path)
        return StreamRefused(stream=stream)

    # --- pages ---

    def _page(
        self, stream: Stream, step: Step[AnyDocument], met: set[str] | None, since: datetime | None
    ) -> Page:
        self.account.note(stream, step.page.rows)
        raw = [RawRecord(key, row) for key, row in zip(step.ids, step.page.rows, strict=True)]
        return replace(
            self._as_page(stream, raw, self._around(step.page.included), since),
            cursor=step.after.cursor if step.after else None,
            total=step.total,
            repeats=step.repeats if met is None else _repeats(step, met),
            short=step.short,
            covers=step.covers,
        )

    def _in_order(
        self,
        stream: Stream,
        page: Page,
        position: Position,
        asked: Query,
        step: Step[AnyDocument],
        start: Start,
    ) -> Page:
        """Set a page's count over both parts of a pass, and whether more recent records follow."""
        own = self.account.resources[stream]
        if not position.recent:
            # Recent records of this stream come along with those of other streams.
            waits = start.recent and not own.spec.recent and stream in self._comes_beside
            return replace(page, recent=False) if waits and self.lists.is_long(step.total) else page
        if first := self.account.first_lists(stream):
            last = len(first) - 1
            follow = position.part < last or (position.part == last and step.after is not None)
            return replace(page, recent=follow)
        total = None if step.total is None else position.before + step.total + position.after
        if (
            not asked.filters
        ):  # the filter was suddenly refused, so the parts are no longer separate
            page = replace(page, covers=False)
        follow = not position.part and step.after is not None
        return replace(page, total=total, recent=follow)

    def _beside(self, asked: Query, included: Iterable[Any]) -> tuple[Page, ...]:
        """Return the included records of other streams, unless an include that they need was refused."""
        objects = [each for each in included if isinstance(each, dict)]
        around, pages = self._around(objects), []
        for other, _ in self.lists.beside_whole(asked):
            path = self.account.resources[other].path
            own = [each for each in objects if each.get("type") == path]
            if raw := [RawRecord(key, each) for each in own if (key := row_id(each))]:
                pages.append(self._as_page(other, raw, around))
        return tuple(pages)

    def _around(self, included: Iterable[Any]) -> Around:
        odd = Notes()
        return Around(self.account.around(usable(included, self.account.included, odd)), odd)

    def _as_page(
        self,
        stream: Stream,
        raw: list[RawRecord],
        around: Around,
        since: datetime | None = None,
    ) -> Page:
        own, refused = self.account.resources[stream], self.account.refused_lists(stream)

        def to_record(record: RawRecord, notes: Notes) -> Record:
            if record is raw[0]:
                notes.merge(around.odd)
            for name in refused:
                notes.add(f"lookup_refused:{name}", record.remote_id or "")
            resource = record.body
            if not isinstance(resource, Struct):
                resource = convert(resource, own.resource, record.remote_id or "", notes)
            mapped = own.map(resource, around.objects, notes)
            for name in own.unsent(resource):
                notes.add(f"relation_not_sent:{stream}.{name}", mapped.remote_id)
            if since and mapped.remote_updated_at and mapped.remote_updated_at < since:
                notes.add("filter_ignored", mapped.remote_id)
            return mapped

        return Page(stream=stream, raw=raw, map=to_record)


def _repeats(step: Step[AnyDocument], met: set[str]) -> int:
    """Count a page's records that are already in ``met``, and add all of them to it."""
    ids = [key for key in step.ids if key]
    repeats = sum(key in met for key in ids)
    met.update(ids)
    return repeats


def _dates(step: Step[AnyDocument]) -> list[datetime | None]:
    return [_updated_at(row) for row in step.page.rows]


def _updated_at(row: Any) -> datetime | None:
    """Return when a record, decoded or not, last changed."""
    if isinstance(row, dict):
        return parse_time(attributes_of(row).get("updated-at"))
    attributes = getattr(row, "attributes", None)
    return utc(attributes.updated_at) if attributes is not None else None


def _sightings(step: Step[AnyDocument]) -> list[Sighting]:
    """Return a page's ids and change dates."""
    dated = zip(step.ids, _dates(step), strict=True)
    return [Sighting(key, changed) for key, changed in dated if key]
