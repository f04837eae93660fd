"""A source for ATSs that return each stream as a paginated list.

A vendor declares the addresses and how to read a page.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.client_source import ClientSource
from jemmo.connectors.lenient import convert
from jemmo.connectors.loose import row_id
from jemmo.connectors.refusals import NOT_FOUND, UNKNOWN_POSITION, Refused
from jemmo.connectors.whole import Visited, endless
from jemmo.domain.errors import PermanentError, ScopeTooSmall
from jemmo.domain.records import Record
from jemmo.domain.streams import (
    AccessCheck,
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
from jemmo.domain.validation import parse_time
from jemmo.rest_client import Answer, RestClient

MOST_EMPTY_PAGES = 1000
"""In a row. Some ATSs omit records that the key may not see, so pages may be empty."""


class Listing(Struct, frozen=True, kw_only=True):
    """One stream of an ATS: where its list is, the type of a row, and how to map it.

    ``map`` takes a row as ``kind``, the result of ``ListSource.beside`` for its page, and notes. ``key`` is the field
    with a row's id. ``rows`` selects this stream's rows if the list contains others. ``right`` is the ATS's name of the
    list, if it differs from the stream's.
    """

    spec: StreamSpec
    path: str
    kind: type[Any]
    map: Callable[[Any, Any, Notes], Record]
    key: str = "id"
    rows: Callable[[list[Any]], list[Any]] | None = None
    right: str = ""


class Ask(Struct, frozen=True, kw_only=True):
    """A list query: changes only, only ids and dates (``thin``), a page ``size``, certain ``ids``."""

    since: datetime | None = None
    thin: bool = False
    size: int | None = None
    ids: tuple[str, ...] = ()


class Chunk(Struct, frozen=True, kw_only=True):
    """One page as sent: its rows, the next page's address, the ATS's count of the whole list."""

    rows: list[Any]
    next: str | None = None
    total: int | None = None


class ListSource(ClientSource, ABC):
    """Implements ``jemmo.domain.ports.Source``, given addresses and pages.

    The list's pagination must be stable when records are added or deleted during a read: by cursor or by id. For
    numbered pages see ``jsonapi/numbered.py``.
    """

    updated_field = "updated_at"
    precision = timedelta(seconds=1)  # of change dates and of the filter for them
    most_ids = 50  # per request; 1 if each record has its own address

    def __init__(self, client: RestClient, listings: Sequence[Listing]) -> None:
        super().__init__(client)
        self._listings = {listing.spec.name: listing for listing in listings}

    # --- defined by a vendor ---

    @abstractmethod
    def address(self, listing: Listing, ask: Ask) -> str:
        """Return the address of the first page of a query."""

    @abstractmethod
    def chunk(self, answer: Answer) -> Chunk:
        """Decode a response. May raise the errors of ``msgspec`` for an invalid body."""

    async def account(self) -> tuple[str | None, str | None]:
        """Return the id and name of the key's company, if available."""
        return None, None

    async def beside(self, listing: Listing, rows: list[Any]) -> Any:
        """Return what else mapping these rows needs, using one or two requests for all rows."""
        return None

    async def further(self, listing: Listing, since: datetime) -> AsyncIterator[list[Any]]:
        """Yield unchanged rows to reread, since a related record changed."""
        nothing: list[list[Any]] = []
        for rows in nothing:
            yield rows

    async def back_to(self, stream: Stream) -> datetime | None:
        """Return how far back a limited history reads a list; ``None`` for all of it (``domain.history``).

        Set a limit only if ``others_of`` completes each person who is read.
        """
        return None

    async def others_of(self, listing: Listing, rows: list[Any]) -> tuple[Page, ...]:
        """Return further records of these people that are older than a limited history."""
        return ()

    async def details(self, paths: Mapping[str, str]) -> dict[str, Any]:
        """Fetch the JSON at each path, by key. Takes one request each, so use it only for data that no list contains.

        Deleted records are left out.
        """

        async def fetch(key: str, path: str) -> tuple[str, Any]:
            try:
                return key, await self.client.get(path, msgspec.json.decode)
            except Refused as error:
                if error.status not in NOT_FOUND:
                    raise
                return key, None

        details = await asyncio.gather(*(fetch(key, path) for key, path in paths.items()))
        return {key: value for key, value in details if value is not None}

    # --- implementation of Source ---

    @property
    def streams(self) -> Sequence[StreamSpec]:
        return [listing.spec for listing in self._listings.values()]

    async def check(self) -> AccessReport:
        """Test with one small request per stream."""
        account_id, account_name = await self.account()
        checks, totals = [], {}
        for listing in self._listings.values():
            stream = listing.spec.name
            right = f"read {listing.right or stream}"
            try:
                chunk = await self.client.ask(self.address(listing, Ask(size=1)), self.chunk)
            except ScopeTooSmall as error:
                checks.append(AccessCheck(name=right, ok=False, detail=error.message))
                continue
            checks.append(AccessCheck(name=right, ok=True))
            if chunk.total is not None:
                totals[str(stream)] = chunk.total
        return AccessReport(
            account_id=account_id, account_name=account_name, checks=checks, totals=totals
        )

    async def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        listing = self._listings[stream]
        ask = Ask(since=start.since or await self.back_to(stream))
        if start.since is not None:
            # Yielded first, and again if a pass is resumed, since they have no position in the list.
            begin = start.cursor or self._begin(listing, ask)
            async for rows in self.further(listing, start.since):
                page = await self._page(listing, rows)
                yield replace(page, cursor=begin, beside=await self.others_of(listing, rows))
        before: set[str | None] = set()
        async for chunk in self._walk(listing, ask, start.cursor):
            page = await self._page(listing, chunk.rows, ask.since)
            yield replace(
                page,
                cursor=chunk.next,
                total=None if ask.since else chunk.total,
                beside=await self.others_of(listing, chunk.rows),
                repeats=sum(raw.remote_id in before for raw in page.raw),
            )
            before = {raw.remote_id for raw in page.raw} - {None}

    async def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        """Yield every id with as few fields as possible; if that is refused, read the full list."""
        listing, before, begun = self._listings[stream], set[str](), False
        for ask in (Ask(thin=True), Ask()):
            try:
                async for chunk in self._walk(listing, ask, cursor):
                    begun = True
                    page = self._sighted(listing, chunk, before)
                    yield page
                    before = {sighting.remote_id for sighting in page.sightings}
            except Refused:
                if begun or not ask.thin:
                    raise
            else:
                return

    async def fetch(self, stream: Stream, remote_id: str) -> Page | None:
        page = await self.fetch_some(stream, [remote_id])
        return page if page.raw else None

    async def fetch_some(self, stream: Stream, remote_ids: Sequence[str]) -> Page:
        """Fetch up to ``most_ids`` records by id in one request; no request if none of the ids is valid.

        A merged record may be replaced by the surviving one, under its own id.
        """
        listing = self._listings[stream]
        ids = tuple(
            dict.fromkeys(remote_id for remote_id in remote_ids if self.could_be(remote_id))
        )
        if not ids:
            return await self._page(listing, [])
        try:
            chunk = await self.client.ask(
                self.address(listing, Ask(ids=ids, size=len(ids) + 1)), self.chunk
            )
        except Refused as error:
            if self.most_ids > 1 or error.status not in NOT_FOUND:
                raise  # an unknown list proves nothing about its records
            chunk = Chunk(rows=[])
        rows = {key: row for row in _own(listing, chunk).rows if (key := row_id(row, listing.key))}
        if len(rows) > len(ids):  # the id filter had no effect, so missing records are not gone
            raise PermanentError(variant="filter", name=stream)
        page = await self._page(listing, list(rows.values()))
        return replace(page, beside=await self.others_of(listing, list(rows.values())))

    def could_be(self, remote_id: str) -> bool:
        """Whether this can be an id of this ATS. An id that the ATS refuses would fail the request for the others."""
        return remote_id.isascii() and remote_id.replace("-", "").replace("_", "").isalnum()

    # --- internals ---

    async def _walk(
        self, listing: Listing, ask: Ask, cursor: str | None, begin: str | None = None
    ) -> AsyncIterator[Chunk]:
        """Yield a list's pages from the start or a saved position; starts over if the position is unknown."""
        begin = begin or self._begin(listing, ask)
        url: str | None = cursor or begin
        visited, begun, empty = Visited(), False, 0
        while url is not None:
            try:
                chunk = await self.client.ask(url, self.chunk)
            except Refused as error:
                if begun or url == begin or error.status not in UNKNOWN_POSITION:
                    raise
                url = begin
                continue
            begun = True
            visited.add(url)
            url = self.client.path_of(chunk.next) if chunk.next else None
            empty = 0 if chunk.rows else empty + 1
            if empty > MOST_EMPTY_PAGES or (url is not None and url in visited):
                raise endless(listing.spec.name)
            yield replace(_own(listing, chunk), next=url)

    def _sighted(self, listing: Listing, chunk: Chunk, before: set[str]) -> SightingPage:
        seen = [(row_id(row, listing.key), row) for row in chunk.rows]
        sightings = [
            Sighting(key, parse_time(row.get(self.updated_field))) for key, row in seen if key
        ]
        return SightingPage(
            sightings=sightings,
            cursor=chunk.next,
            total=chunk.total,
            repeats=sum(sighting.remote_id in before for sighting in sightings),
            covers=len(sightings) == len(seen),
        )

    def _begin(self, listing: Listing, ask: Ask) -> str:
        return self.client.path_of(self.address(listing, ask))

    async def _page(self, listing: Listing, rows: list[Any], since: datetime | None = None) -> Page:
        beside = await self.beside(listing, rows) if rows else None

        def to_record(raw: RawRecord, notes: Notes) -> Record:
            record = listing.map(
                convert(raw.body, listing.kind, raw.remote_id or "", notes), beside, notes
            )
            changed = record.remote_updated_at
            if since and changed and changed < since - self.precision:
                notes.add("filter_ignored", record.remote_id)
            return record

        raw = [RawRecord(row_id(row, listing.key), row) for row in rows]
        return Page(stream=listing.spec.name, raw=raw, map=to_record)


def _own(listing: Listing, chunk: Chunk) -> Chunk:
    """Return this stream's rows of a page, without the count, which covers the whole list."""
    if listing.rows is None:
        return chunk
    return replace(chunk, rows=listing.rows(chunk.rows), total=None)
