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
from jemmo.connectors.whole import Kept
from jemmo.domain.errors import ConfigError


class Walker(Protocol):
    """Walks a list, sorted; ``by_change`` when it is filtered by the time of a change."""

    def __call__(self, query: Query, *, by_change: bool) -> AsyncIterator[Step]: ...


KEYS = ("id", "referenceId", "createdAt")
"""What an offer and its project have in common, from the surest on.

That it is the id is not documented.
"""


class Joined(Struct, frozen=True):
    """A project and its offer, if it is published; ``tells`` is ``False`` where the key may not read offers."""

    project: Row
    offer: Row | None
    tells: bool = True

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
    short: int
    covers: bool
    unjoined: int = 0
    refused: bool = False

    def users(self) -> dict[str, Row]:
        """The team's members, as far as they own projects or are assigned to them.

        Only an owner comes with ``disabled``, so what one place says is kept with another.
        """
        found: dict[str, Row] = {}
        for row in self.projects:
            assignees = row.get("assignees")
            for one in (row, *(assignees if isinstance(assignees, list) else ())):
                user = inner(one, "user")
                name = row_id(user)
                if name is not None:
                    found[name] = found.get(name, {}) | user
        return found


class Listed(Struct, frozen=True):
    """A list read to its end: its rows, by how many it is short of its own count, whether none was missed.

    ``refused`` where the key may not read it.
    """

    rows: list[Json]
    short: int = 0
    covers: bool = True
    refused: bool = False


class Projects:
    """Reads them once a run: all of them, or what changed. There are few beside the people.

    All, where one answer holds them: whether a project's date moves with its custom fields, which are nearly all of a
    job, is not documented. The filter for changes needs no test: if it does nothing, older rows in its answer tell.
    """

    def __init__(
        self, walk: Walker, trust: Trust, *, now: Callable[[], datetime], offers_for: timedelta
    ) -> None:
        self._walk = walk
        self._trust = trust
        self._now = now
        self._offers_for = offers_for
        self._offers: tuple[datetime, Listed] | None = None
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
        offers = self._offers[1] if self._offers else Listed([])
        return _join(Listed(wanted), offers).jobs.get(remote_id)

    async def _read(self, since: datetime | None) -> Shelf:
        if since is None or self._trust.incremental == "off":
            return _join(await self._list("projects", None), await self._all_offers(), whole=True)
        few = await self._if_few()
        projects = few or await self._list("projects", since)
        if few or any(_is_older(row, since) for row in projects.rows):
            # These are all, since they are few or the filter did nothing.
            self._shelves[None] = _join(projects, await self._all_offers(), whole=True)
            return self._shelves[None]
        changed = await self._published(since)
        if not projects.rows and not changed.rows:
            return _join(projects, changed)
        shelf = _join(projects, await self._all_offers())
        if all(row_id(offer) in shelf.jobs for offer in changed.rows):
            return shelf
        return await self.whole()

    async def _if_few(self) -> Listed | None:
        """All projects, if the first answer has them."""
        step = await anext(self._walk(Query(entity="projects"), by_change=False))
        return Listed(step.rows, step.short, step.covers) if step.after is None else None

    async def _list(self, entity: str, since: datetime | None) -> Listed:
        rows: list[Json] = []
        short, covers, kept = 0, True, Kept(entity)
        where = None if since is None else changed_since(since)
        async for step in self._walk(
            Query(entity=entity, where=where), by_change=since is not None
        ):
            kept.add_rows(step.rows)
            rows += step.rows
            short, covers = step.short, covers and step.covers
        return Listed(rows, short, covers)

    async def _all_offers(self) -> Listed:
        now = self._now()
        if self._offers is None or now - self._offers[0] >= self._offers_for:
            self._offers = now, await self._published(None)
        return self._offers[1]

    async def _published(self, since: datetime | None) -> Listed:
        """Offers, which the reference says are for the public key; where a private one is refused, none are told."""
        if self._offers is not None and self._offers[1].refused:
            return self._offers[1]
        try:
            return await self._list("offers", since)
        except ConfigError:
            self._offers = self._now(), Listed([], refused=True)
            return self._offers[1]


def _is_older(row: Json, since: datetime) -> bool:
    when = moment(row, "updatedAt")
    return when is not None and when <= since


def reaches_back(begin: datetime | None, since: datetime | None) -> bool:
    """Whether what was read from ``begin`` on (``None``.

    Everything) has all that was changed since then.
    """
    return begin is None or (since is not None and begin <= since)


def is_job(row: Row) -> bool:
    """Whether a project is a job: others are sales, for example."""
    return not is_deleted(row) and row.get("isMadeForRecruitment") is True


def _join(listed: Listed, offers: Listed, *, whole: bool = False) -> Shelf:
    projects = [row for row in listed.rows if row_id(row) is not None]
    matched = _matches(projects, offers.rows)
    jobs: dict[str, Joined] = {}
    gone: list[str] = []
    for row in projects:
        name = str(row_id(row))
        if is_job(row):
            jobs[name] = Joined(row, matched.get(name), tells=not offers.refused)
        else:
            gone.append(name)
    return Shelf(
        jobs=jobs,
        gone=tuple(gone),
        odd=[row for row in listed.rows if row_id(row) is None],
        projects=projects,
        short=listed.short,
        covers=listed.covers and offers.covers,
        unjoined=len(offers.rows) - len(matched) if whole else 0,
        refused=offers.refused,
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
