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
from jemmo.connectors.jarvi.queries import TALENTS, Query, Where, changed_since
from jemmo.connectors.jarvi.settings import Settings
from jemmo.connectors.jarvi.trust import Trust
from jemmo.connectors.jarvi.walk import Fetch, Position, Step, Walk
from jemmo.connectors.jarvi.wire import Json, Row, is_deleted, moment, row_id
from jemmo.domain.streams import Sighting

Fetcher = Callable[[Query], Fetch]


class Place(Struct, frozen=True, kw_only=True):
    """A saved place: it counts for the same question only."""

    query: str
    position: Position


def is_kept(row: Json, *, contacts: bool) -> bool:
    """Whether a profile is synced: a talent that was not deleted, or with ``contacts`` anybody."""
    return not is_deleted(row) and (contacts or row.get("isTalent") is True)


class PeoplePage(Struct, frozen=True, kw_only=True):
    """One page.

    Talents, the ids of all others, rows without an id, and what of the talents are applications.
    """

    talents: list[Row]
    gone: tuple[str, ...]
    odd: list[Any]
    applications: list[Row]
    cursor: str | None
    total: int | None
    short: int
    covers: bool


class Seen(Struct, kw_only=True):
    """What a whole pass met, kept so that another one need not be made.

    Ids, and applications in a small form.
    """

    since: datetime | None
    sightings: list[Sighting] = []
    applications: list[bytes] = []
    total: int | None = None
    short: int = 0
    covers: bool = True
    ended: bool = False


class People:
    """Reads profiles, and remembers what its last pass from beginning to end has met."""

    def __init__(self, fetcher: Fetcher, trust: Trust, settings: Settings) -> None:
        self._fetcher = fetcher
        self._trust = trust
        self._settings = settings
        self._paths = [path for path in settings.application_paths if path.entity == "profiles"]
        self.seen: Seen | None = None

    async def pages(self, since: datetime | None, cursor: str | None) -> AsyncIterator[PeoplePage]:
        query, by_change = await self._query(since)
        start = _resumed(cursor, query)
        seen = self.seen = Seen(since=since) if not start.offset else None
        exact = self._fetcher(replace(query, exact=True)) if query.order else None
        walk = Walk(self._fetcher(query), start, by_change=by_change, exact=exact)
        left_out = start.left_out
        async for step in walk.steps():
            page = self._sort(step)
            left_out += len(step.rows) - len(page.talents) - len(page.odd)
            total = None if step.total is None else max(0, step.total - left_out)
            after = None if step.after is None else replace(step.after, left_out=left_out)
            cursor = None if after is None else _saved(query, after)
            if seen is not None:
                self._remember(seen, page, total)
            yield replace(page, cursor=cursor, total=total)
        if seen is not None:
            seen.ended = True

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
        talents = [row for row in known if self.kept(row)]
        return PeoplePage(
            talents=talents,
            gone=tuple(str(row_id(row)) for row in known if not self.kept(row)),
            odd=[row for row in step.rows if row_id(row) is None],
            applications=[entry for row in talents for entry in self.applications_of(row)],
            cursor=None,
            total=None,
            short=step.short,
            covers=step.covers,
        )

    def _remember(self, seen: Seen, page: PeoplePage, total: int | None) -> None:
        seen.sightings += [
            Sighting(str(row_id(row)), moment(row, "updatedAt")) for row in page.talents
        ]
        seen.applications += [msgspec.json.encode(entry) for entry in page.applications]
        seen.total = None if total is None else total - len(page.odd)
        seen.short = page.short
        seen.covers = seen.covers and page.covers and not page.odd


def _resumed(cursor: str | None, query: Query) -> Position:
    if cursor is None:
        return Position()
    try:
        place = msgspec.json.decode(cursor, type=Place)
    except msgspec.DecodeError:
        return Position()
    return place.position if place.query == query.url() else Position()


def _saved(query: Query, position: Position) -> str:
    return msgspec.json.encode(Place(query=query.url(), position=position)).decode()
