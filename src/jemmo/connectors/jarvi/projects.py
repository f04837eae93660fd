"""Projects and what is published of them, joined: together they are the jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from msgspec import Struct

from jemmo.connectors.jarvi.queries import Query, changed_since
from jemmo.connectors.jarvi.trust import Trust
from jemmo.connectors.jarvi.walk import Step
from jemmo.connectors.jarvi.wire import Json, Row, inner, is_deleted, moment, plain, row_id


class Walker(Protocol):
    """Walks a list, sorted; ``by_change`` when it is filtered by the time of a change."""

    def __call__(self, query: Query, *, by_change: bool) -> AsyncIterator[Step]: ...


KEYS = ("id", "referenceId", "createdAt")
"""What an offer and its project have in common, from the surest on.

That it is the id is not documented.
"""


class Joined(Struct, frozen=True):
    """A project and its offer, if it is published."""

    project: Row
    offer: Row | None

    def updated_at(self) -> datetime | None:
        times = [moment(self.project, "updatedAt"), moment(self.offer, "updatedAt")]
        return max((when for when in times if when is not None), default=None)


class Shelf(Struct, frozen=True, kw_only=True):
    """Projects as read.

    The jobs among them, the ids of those that are none or were deleted, and rows without shape.
    """

    jobs: dict[str, Joined]
    gone: tuple[str, ...]
    odd: list[Any]
    projects: list[Row]
    covers: bool
    unjoined: int = 0

    def users(self) -> dict[str, Row]:
        """The team's members, as far as they own projects or are assigned to them."""
        found: dict[str, Row] = {}
        for row in self.projects:
            assignees = row.get("assignees")
            for one in (row, *(assignees if isinstance(assignees, list) else ())):
                user = inner(one, "user")
                name = row_id(user)
                if name is not None:
                    found[name] = user
        return found


class Projects:
    """Reads them once a run: all of them, or what changed. There are few beside the people.

    The filter for changes needs no test here: if it does nothing, older rows in its answer tell.
    """

    def __init__(
        self, walk: Walker, trust: Trust, *, now: Callable[[], datetime], offers_for: timedelta
    ) -> None:
        self._walk = walk
        self._trust = trust
        self._now = now
        self._offers_for = offers_for
        self._offers: tuple[datetime, list[Any], bool] | None = None
        self._shelves: dict[datetime | None, Shelf] = {}

    async def shelf(self, since: datetime | None) -> Shelf:
        """The projects that changed since then, themselves or their offer.

        All of them without ``since``.
        """
        known = next((s for begin, s in self._shelves.items() if reaches_back(begin, since)), None)
        if known is None:
            known = self._shelves[since] = await self._read(since)
        return known

    async def whole(self) -> Shelf:
        return await self.shelf(None)

    def forget(self) -> None:
        """Read anew when asked again."""
        self._shelves.clear()
        self._offers = None

    def with_offer(self, rows: list[Json], remote_id: str) -> Joined | None:
        """The job of that id among rows just read, with its offer as last read."""
        wanted = [row for row in rows if row_id(row) == remote_id]
        offers = self._offers[1] if self._offers else []
        return _join(wanted, offers, covers=True).jobs.get(remote_id)

    async def _read(self, since: datetime | None) -> Shelf:
        if since is None or self._trust.incremental == "off":
            rows, covers = await self._list("projects", None)
            offers, offers_cover = await self._all_offers()
            return _join(rows, offers, covers=covers and offers_cover, whole=True)
        rows, covers = await self._list("projects", since)
        if any(_is_older(row, since) for row in rows):
            offers, offers_cover = await self._all_offers()  # the filter did nothing: these are all
            return _join(rows, offers, covers=covers and offers_cover, whole=True)
        changed, offers_cover = await self._list("offers", since)
        if not rows and not changed:
            return _join([], [], covers=covers and offers_cover)
        offers, offers_cover = await self._all_offers()
        shelf = _join(rows, offers, covers=covers and offers_cover)
        if all(row_id(offer) in shelf.jobs for offer in changed):
            return shelf
        return await self.whole()

    async def _list(self, entity: str, since: datetime | None) -> tuple[list[Json], bool]:
        rows: list[Any] = []
        covers = True
        where = None if since is None else changed_since(since)
        async for step in self._walk(
            Query(entity=entity, where=where), by_change=since is not None
        ):
            rows += step.rows
            covers = covers and step.covers
        return rows, covers

    async def _all_offers(self) -> tuple[list[Json], bool]:
        now = self._now()
        if self._offers is None or now - self._offers[0] >= self._offers_for:
            rows, covers = await self._list("offers", None)
            self._offers = now, rows, covers
        return self._offers[1], self._offers[2]


def _is_older(row: Json, since: datetime) -> bool:
    when = moment(row, "updatedAt")
    return when is not None and when <= since


def reaches_back(begin: datetime | None, since: datetime | None) -> bool:
    """Whether what was read from ``begin`` on (``None``.

    Everything) has all that was changed since then.
    """
    return begin is None or (since is not None and begin <= since)


def _join(rows: list[Json], offers: list[Json], *, covers: bool, whole: bool = False) -> Shelf:
    projects = [row for row in rows if row_id(row) is not None]
    matched = _matches(projects, offers)
    jobs: dict[str, Joined] = {}
    gone: list[str] = []
    for row in projects:
        name = str(row_id(row))
        if is_deleted(row) or row.get("isMadeForRecruitment") is not True:
            gone.append(name)
        else:
            jobs[name] = Joined(row, matched.get(name))
    return Shelf(
        jobs=jobs,
        gone=tuple(gone),
        odd=[row for row in rows if row_id(row) is None],
        projects=projects,
        covers=covers,
        unjoined=len(offers) - len(matched) if whole else 0,
    )


def _matches(projects: list[Row], offers: list[Json]) -> dict[str, Row]:
    """Offers by the id of their project, by the surest of the keys that tells them apart."""
    found: dict[str, Row] = {}
    left = [one for one in offers if isinstance(one, dict)]
    for key in KEYS:
        owners = _unique(projects, key)
        rest = []
        for offer in left:
            owner = owners.get(plain(offer.get(key)) or "")
            if owner is None or owner in found:
                rest.append(offer)
            else:
                found[owner] = offer
        left = rest
    return found


def _unique(projects: list[Row], key: str) -> dict[str, str]:
    """Ids of projects by a value that one of them alone has."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for row in projects:
        value = plain(row.get(key))
        if value in found:
            twice.add(value)
        elif value is not None:
            found[value] = str(row_id(row))
    return {value: name for value, name in found.items() if value not in twice}
