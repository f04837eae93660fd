"""Reads what people need first (the newest records, recent changes, open jobs), then the rest of a list.

The rest is always the whole list, so nothing depends on a filter. Records already sent in the same version are skipped,
so that no lookup is made twice.
"""

from __future__ import annotations

import base64
import zlib
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.listing import Ask, Listing, ListSource
from jemmo.connectors.loose import row_id
from jemmo.connectors.refusals import Refused
from jemmo.domain.streams import RECENT, Page, Start, Stream
from jemmo.domain.validation import parse_time

NEWEST_PAGES = 4
"""Pages of each list read before anything else; a shorter list is read in one go."""
NEWEST_OF_JOBS = 1
"""The same for jobs, which all applications wait for."""

Rows = list[dict[str, Any]]


class Place(Struct, frozen=True, kw_only=True):
    """The position of a pass: where the rest of a list continues, and which early list is being read before it.

    ``early`` is the address of that list's next page, ``None`` for its beginning. ``part`` is ``None`` once all early
    lists are read. ``sent`` holds the ids already sent, packed, so that a resumed pass doesn't send them twice.
    """

    rest: str
    part: int | None = 0
    early: str | None = None
    sent: str = ""


class NewestFirst(ListSource):
    """A ``ListSource`` for lists that are sorted newest first and can be filtered by change date."""

    together = 1
    """Records per lookup. Page sizes are multiples of it, so that no lookup is made for only a few records."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._sent: dict[Stream, dict[str, Any]] = {}

    @abstractmethod
    def early(self, listing: Listing, recent: datetime) -> list[str]:
        """Return the addresses of the lists to read before the rest."""

    @abstractmethod
    async def people(self, listing: Listing, recent: datetime) -> list[str]:
        """Return ids of candidates that complete the early lists, or whose records this list needs early."""

    @abstractmethod
    def of_people(self, listing: Listing, ids: tuple[str, ...]) -> str:
        """Return the address of these candidates' records in a list."""

    def sent(self, stream: Stream) -> dict[str, Any]:
        """Return the versions of a stream's records that were sent early, by id."""
        return self._sent.setdefault(stream, {})

    async def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        listing, place = self._listings[stream], _place(start.cursor)
        is_first = start.since is None and start.recent is not None and listing.spec.recent
        if start.recent is None or not is_first or (start.cursor and place is None):
            async for page in super().pages(stream, start):
                yield replace(page, recent=False) if is_first else page
            return
        if place is None:
            async for page in self._newest(listing):
                yield page
                place = _place(page.cursor)
        else:
            before = start.recent + RECENT  # older versions are already sent
            self.sent(stream).update(dict.fromkeys(_unpacked(place.sent), before))
        if place is not None:
            async for page in self._from(listing, start.recent, place):
                yield page

    async def _from(self, listing: Listing, recent: datetime, place: Place) -> AsyncIterator[Page]:
        """Yield the records after the newest pages, from ``place`` on."""
        follows = place.part is None
        if not follows:
            async for page in self._early(listing, recent, place):
                yield page
                follows = True
        done = self._place(listing.spec.name, place.rest, None)
        async for page in self._rest(listing, place.rest):
            cursor = _cursor(replace(done, rest=page.cursor)) if page.cursor else None
            yield replace(page, cursor=cursor, recent=False if follows else None)

    def _place(self, name: Stream, rest: str, part: int | None, early: str | None = None) -> Place:
        return Place(rest=rest, part=part, early=early, sent=_packed(self.sent(name)))

    async def _newest(self, listing: Listing) -> AsyncIterator[Page]:
        """Yield the first pages of a list, or the whole list if it is short."""
        most = NEWEST_OF_JOBS if listing.spec.name is Stream.JOBS else NEWEST_PAGES
        number, before = 0, set[str | None]()
        async for chunk in self._walk(listing, Ask(), None):
            number += 1
            page = await self._send(listing, chunk.rows)
            page = replace(page, repeats=sum(raw.remote_id in before for raw in page.raw))
            before = {raw.remote_id for raw in page.raw} - {None}
            if chunk.next is None:
                yield page
                return
            place = self._place(listing.spec.name, chunk.next, 0)
            yield replace(page, cursor=_cursor(place), recent=True)
            if number == most:
                return

    async def _early(self, listing: Listing, recent: datetime, place: Place) -> AsyncIterator[Page]:
        """Yield recent changes that are not among the newest records, and what they refer to.

        Yields nothing if the list can't be filtered that way.
        """
        name, begun = listing.spec.name, bool(place.part)
        lists = self.early(listing, recent)
        for part in range(place.part or 0, len(lists)):
            begin = place.early if part == place.part else None
            try:
                own = self.client.path_of(lists[part])
                async for chunk in self._walk(listing, Ask(), begin, own):
                    begun = True
                    page = await self._send(listing, self._unsent(listing, chunk.rows))
                    after = part if chunk.next else part + 1
                    kept = self._place(name, place.rest, after, chunk.next)
                    yield replace(page, cursor=_cursor(kept), recent=True)
            except Refused:
                if begun:
                    raise
                return
        async for page in self._needed(listing, recent, place):
            yield page
        last = self._place(name, place.rest, None)
        yield replace(await self._send(listing, []), cursor=_cursor(last), recent=False)

    async def _needed(
        self, listing: Listing, recent: datetime, place: Place
    ) -> AsyncIterator[Page]:
        """Yield the records of people, sorted by id; ``Place.early`` is the last person requested."""
        number = len(self.early(listing, recent))
        last = place.early if place.part == number else None
        people = await self.people(listing, recent)
        ids = sorted(talent_id for talent_id in people if talent_id > (last or ""))
        for first in range(0, len(ids), self.most_ids):
            some = tuple(ids[first : first + self.most_ids])
            begin = self.client.path_of(self.of_people(listing, some))
            async for chunk in self._walk(listing, Ask(), None, begin):
                page = await self._send(listing, self._unsent(listing, chunk.rows))
                kept = self._place(listing.spec.name, place.rest, number, some[-1])
                yield replace(page, cursor=_cursor(kept), recent=True)

    async def _rest(self, listing: Listing, begin: str | None) -> AsyncIterator[Page]:
        """Yield the rest of the list without records already sent, in pages that use lookups fully.

        If the pass stops, rows held back for the next page are read again.
        """
        waiting: list[Any] = []
        kept = here = begin
        before = set[str | None]()
        async for chunk in self._walk(listing, Ask(), begin):
            kept = kept if waiting else here
            waiting += self._unsent(listing, chunk.rows)
            count = len(waiting) - (len(waiting) % self.together if chunk.next else 0)
            rows, waiting = waiting[:count], waiting[count:]
            kept, here = here if rows else kept, chunk.next
            if not rows and here:
                continue
            page = await self._page(listing, rows)
            repeats = sum(raw.remote_id in before for raw in page.raw)
            before = {raw.remote_id for raw in page.raw} - {None}
            yield replace(page, repeats=repeats, cursor=kept if waiting else here)

    # --- records already sent ---

    async def _send(self, listing: Listing, rows: list[Any]) -> Page:
        page = await self._page(listing, rows)
        self._note(listing, rows)
        return page

    def _note(self, listing: Listing, rows: list[Any]) -> None:
        sent = self.sent(listing.spec.name)
        sent |= {key: row.get(self.updated_field) for row in rows if (key := row_id(row))}

    def _unsent(self, listing: Listing, rows: list[Any]) -> list[Any]:
        """Drop rows that were already sent in this version."""
        sent = self.sent(listing.spec.name)
        return [row for row in rows if not _is_in(sent, row, self.updated_field)]


def _is_in(sent: dict[str, Any], row: Any, field: str) -> bool:
    key = row_id(row)
    if key is None or key not in sent:
        return False
    version, known = row.get(field), sent[key]
    if isinstance(known, datetime):
        changed = parse_time(version)
        return changed is not None and changed < known
    return version is not None and version == known


def _packed(ids: Iterable[str]) -> str:
    """Pack numeric ids into two or three characters each."""
    numbers = sorted(int(digits) for digits in ids if digits.isascii() and digits.isdecimal())
    steps = [later - earlier for earlier, later in pairwise([0, *numbers])]
    return base64.b64encode(zlib.compress(msgspec.json.encode(steps))).decode()


def _unpacked(packed: str) -> Iterator[str]:
    """Unpack ids. Raises ``ValueError`` for any other text."""
    if packed:
        try:
            plain = zlib.decompress(base64.b64decode(packed))
        except zlib.error as error:
            raise ValueError(str(error)) from None
        yield from map(str, accumulate(msgspec.json.decode(plain, type=list[int])))


def _place(cursor: str | None) -> Place | None:
    """Return the saved place; ``None`` for the address of a list that is read in one go."""
    if cursor is None or not cursor.startswith("{"):
        return None
    return msgspec.json.decode(cursor, type=Place)


def _cursor(place: Place) -> str:
    return msgspec.json.encode(place).decode()
