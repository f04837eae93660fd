"""Walks the profiles: talents and contacts in one table, deleted ones still in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.jarvi.links import entries
from jemmo.connectors.jarvi.projects import reaches_back
from jemmo.connectors.jarvi.queries import (
    SORTED_LIMIT,
    TALENTS,
    Query,
    Where,
    changed_since,
    changed_until,
)
from jemmo.connectors.jarvi.settings import Settings
from jemmo.connectors.jarvi.trust import Trust
from jemmo.connectors.jarvi.walk import Fetch, Position, Step, Walk
from jemmo.connectors.jarvi.wire import Json, Row, is_deleted, moment, row_id
from jemmo.connectors.refusals import Refused
from jemmo.connectors.whole import make_up
from jemmo.domain.history import is_older
from jemmo.domain.streams import Sighting, Stream

Fetcher = Callable[[Query], Fetch]

MOST_PAGES_AT_ONCE = 50
"""A list that is no longer is read in one go: that takes little more than a minute."""


class Part(Struct, frozen=True, kw_only=True):
    """One of the lists that a pass reads one after the other: what changed lately, then the rest.

    number   0 or 1
    before   how many rows the lists before it had, ``short`` how many of them were counted but did not come
    after    how many rows the lists after it have, when the pass began
    """

    number: int = 0
    before: int = 0
    short: int = 0
    after: int = 0


class Place(Struct, frozen=True, kw_only=True):
    """A saved place: it counts for the same question only. ``part`` is ``None`` where a pass is one list."""

    query: str
    position: Position
    part: Part | None = None


def is_kept(row: Json, *, contacts: bool) -> bool:
    """Whether a profile is synced: a talent that was not deleted, or with ``contacts`` anybody."""
    return not is_deleted(row) and (contacts or row.get("isTalent") is True)


class PeoplePage(Struct, frozen=True, kw_only=True):
    """One page.

    Talents, the ids of all others, rows without an id, and what of the talents are applications. ``older`` are talents
    who are older than the history as a whole, left out. ``is_early`` in the first of two lists.
    """

    talents: list[Row]
    older: list[Row]
    gone: tuple[str, ...]
    odd: list[Any]
    applications: list[Row]
    cursor: str | None
    total: int | None
    short: int
    covers: bool
    recent: bool | None = None
    is_early: bool = False


class Seen(Struct, kw_only=True):
    """What a whole pass met, kept so that another one need not be made.

    Ids, and applications in a small form; apart from them those of people who are left out.
    """

    since: datetime | None
    sightings: list[Sighting] = []
    applications: list[bytes] = []
    older: int = 0
    older_applications: list[bytes] = []
    total: int | None = None
    short: int = 0
    covers: bool = True
    ended: bool = False


class People:
    """Reads profiles, and remembers what its last pass from beginning to end has met."""

    def __init__(
        self, fetcher: Fetcher, trust: Trust, settings: Settings, limit: datetime | None = None
    ) -> None:
        self._fetcher = fetcher
        self._trust = trust
        self._settings = settings
        self._paths = [path for path in settings.application_paths if path.entity == "profiles"]
        self.seen: Seen | None = None
        self.in_parts = False
        # Where applications stand elsewhere, a profile does not tell who is older as a whole: all are read.
        whole = len(self._paths) == len(settings.application_paths)
        self._limit = limit if whole else None

    async def pages(
        self, since: datetime | None, cursor: str | None, recent: datetime | None = None
    ) -> AsyncIterator[PeoplePage]:
        """What changed since a moment or, where that is ``None``, everybody: first who changed from ``recent`` on."""
        query, by_change = await self._query(since)
        place = _resumed(cursor, query, recent)
        if place is None:
            part = await self._split_at(query, recent) if since is None and recent else None
            place = Place(query="", position=Position(), part=part)
        part, start = place.part, place.position
        self.in_parts = part is not None
        seen = self.seen = None if start.offset or (part and part.number) else Seen(since=since)
        while True:
            own = _of_part(query, part, recent)
            rows, last = start.offset, part is None or part.number > 0
            async for step in self._steps(own, start, by_change=by_change or not last):
                rows += len(step.rows)
                page, start = self._counted(step, own, part, start)
                if step.after is None and part is not None and not last:
                    short = page.short
                    part = Part(number=1, before=rows, short=short)
                    start = Position(left_out=start.left_out)
                    after = _of_part(query, part, recent)
                    page = replace(page, cursor=_saved(after, start, part), recent=False, short=0)
                if seen is not None:
                    self._remember(seen, page)
                yield page
            if last:
                break
        if seen is not None:
            seen.ended = True

    async def _steps(
        self, query: Query, start: Position, *, by_change: bool
    ) -> AsyncIterator[Step]:
        exact = self._fetcher(replace(query, exact=True)) if query.order else None
        walk = Walk(self._fetcher(query), start, by_change=by_change, exact=exact)
        async for step in walk.steps():
            yield step

    def _counted(
        self, step: Step, query: Query, part: Part | None, start: Position
    ) -> tuple[PeoplePage, Position]:
        """A step as a page, with the count of all lists of the pass; and the position after it."""
        page, own = self._sort(step), part or Part()
        left_out = start.left_out + len(step.rows) - len(page.talents) - len(page.odd)
        every = None if step.total is None else own.before + step.total + own.after
        after = replace(step.after or Position(), left_out=left_out)
        page = replace(
            page,
            total=None if every is None else max(0, every - left_out),
            short=own.short + page.short,
            cursor=None if step.after is None else _saved(query, after, part),
            recent=None if part is None else not part.number,
            is_early=part is not None and not part.number,
        )
        return page, after

    async def _split_at(self, query: Query, recent: datetime) -> Part | None:
        """The first of two lists, where that is worth its requests and their counts add up to that of the whole."""
        whole = self._trust.counts.get(query.where == TALENTS) or await self._count(query)
        if whole is None or whole <= SORTED_LIMIT * MOST_PAGES_AT_ONCE:
            return None
        try:
            lately = await self._count(query.also(changed_since(recent)))
            rest = await self._count(query.also(changed_until(recent)))
        except Refused:
            return None
        if not lately or not rest or lately > rest:
            return None
        return Part(after=rest) if make_up(whole, lately, rest) else None

    async def _count(self, query: Query) -> int | None:
        return (await self._fetcher(replace(query, order=None, limit=1))(0)).total

    async def read_through(self, since: datetime | None) -> Seen:
        """What a pass from beginning to end meets; the last one, if it reached as far back."""
        if self.seen is None or not self.seen.ended or not reaches_back(self.seen.since, since):
            async for _ in self.pages(since, None):
                pass
        return self.seen or Seen(since=since, covers=False)

    def kept(self, row: Json) -> bool:
        """Whether a profile belongs to what is synced.

        Talents that were not deleted, contacts only if asked for.
        """
        return is_kept(row, contacts=self._settings.with_contacts)

    def applications_of(self, row: Row) -> list[Row]:
        return [entry for path in self._paths for entry in entries(row, path)]

    def _is_older(self, row: Row) -> bool:
        """Whether neither a talent nor any application of theirs has changed since the history begins."""
        if not is_older(Stream.TALENTS, moment(row, "updatedAt"), self._limit):
            return False
        return all(
            is_older(Stream.APPLICATIONS, moment(entry, "updatedAt"), self._limit)
            for entry in self.applications_of(row)
            if not is_deleted(entry)
        )

    async def _query(self, since: datetime | None) -> tuple[Query, bool]:
        """What to ask, and whether that is filtered by the time of a change.

        What changed is asked for whether it is a talent or not, so that one who was deleted, or is
        a talent no more, is seen to be.
        """
        settings = self._settings
        where: Where | None = None
        by_change = since is not None and await self._trust.changes("profiles")
        if since is not None and by_change:
            where = changed_since(since)
        elif not settings.with_contacts and await self._trust.talents():
            where = TALENTS
        query = Query(
            entity="profiles", where=where, order=settings.order, limit=settings.page_size
        )
        return query, by_change

    def _sort(self, step: Step) -> PeoplePage:
        known = [row for row in step.rows if row_id(row) is not None]
        kept = [row for row in known if self.kept(row)]
        older = [row for row in kept if self._is_older(row)]
        left_out = {id(row) for row in older}
        talents = [row for row in kept if id(row) not in left_out]
        return PeoplePage(
            talents=talents,
            older=older,
            gone=tuple(str(row_id(row)) for row in known if not self.kept(row)),
            odd=[row for row in step.rows if row_id(row) is None],
            applications=[entry for row in talents for entry in self.applications_of(row)],
            cursor=None,
            total=None,
            short=step.short,
            covers=step.covers,
        )

    def _remember(self, seen: Seen, page: PeoplePage) -> None:
        seen.sightings += [
            Sighting(str(row_id(row)), moment(row, "updatedAt"))
            for row in (*page.talents, *page.older)
        ]
        seen.applications += [msgspec.json.encode(entry) for entry in page.applications]
        seen.older_applications += [
            msgspec.json.encode(entry) for row in page.older for entry in self.applications_of(row)
        ]
        seen.older += len(page.older)
        seen.total = None if page.total is None else page.total - len(page.odd) + seen.older
        seen.short = page.short
        seen.covers = seen.covers and page.covers and not page.odd


def _of_part(query: Query, part: Part | None, recent: datetime | None) -> Query:
    if part is None or recent is None:
        return query
    return query.also(changed_until(recent) if part.number else changed_since(recent))


def _resumed(cursor: str | None, query: Query, recent: datetime | None) -> Place | None:
    """The place kept, if it is one in these lists."""
    if cursor is None:
        return None
    try:
        place = msgspec.json.decode(cursor, type=Place)
    except msgspec.DecodeError:
        return None
    return place if place.query == _of_part(query, place.part, recent).url() else None


def _saved(query: Query, position: Position, part: Part | None) -> str:
    place = Place(query=query.url(), position=position, part=part)
    return msgspec.json.encode(place).decode()
