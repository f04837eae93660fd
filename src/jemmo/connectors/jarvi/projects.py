"""Projects joined with their offers: together they are the jobs. Users are known only from projects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from jemmo.connectors.by_offset.lists import OffsetLists, Whole
from jemmo.connectors.by_offset.passes import reaches_back
from jemmo.connectors.jarvi.applications import is_deleted
from jemmo.connectors.jarvi.matching import matches
from jemmo.connectors.loose import Json, Row, flag, inner, moment, row_id
from jemmo.domain.errors import ConfigError

KEYS = ("id", "referenceId", "createdAt")
"""Fields that an offer and its project may share, most reliable first. Which one it is, is undocumented."""


class Joined(Struct, frozen=True):
    """A project and its offer, if published; ``tells`` is ``False`` if the key may not read offers."""

    project: Row
    offer: Row | None
    tells: bool = True

    def updated_at(self) -> datetime | None:
        times = [moment(self.project, "updatedAt"), moment(self.offer, "updatedAt")]
        return max((when for when in times if when is not None), default=None)


class Shelf(Struct, frozen=True, kw_only=True):
    """Projects as read.

    jobs      projects that are jobs, by id; ``gone`` are ids of projects that aren't, or that were deleted
    odd       rows without an id
    unjoined  number of offers without a project
    refused   whether the key may not read offers
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
        """Return the team members who own projects or are assigned to them.

        Only owners have ``disabled``, so a user's data from both sources is merged.
        """
        users: dict[str, Row] = {}
        for row in self.projects:
            assignees = row.get("assignees")
            for place in (row, *(assignees if isinstance(assignees, list) else ())):
                user = inner(place, "user")
                key = row_id(user)
                if key is not None:
                    users[key] = users.get(key, {}) | user
        return users

    @property
    def knows_who_left(self) -> bool:
        return all("disabled" in user for user in self.users().values())

    def notes(self) -> Iterator[tuple[str, int]]:
        """Yield warnings about offers for the report: code and count."""
        if self.unjoined:
            yield "not_joined:offers", self.unjoined
        if self.refused:
            yield "lookup_refused:offers", 1


class Projects:
    """Reads all projects, or those that changed, once per run. There are few projects compared with people.

    All of them are read if one response holds them, because it is undocumented whether a change of custom fields, which
    make up most of a job, moves a project's date. The change filter needs no test: if it has no effect, the response
    contains older rows.
    """

    def __init__(
        self, lists: OffsetLists, *, now: Callable[[], datetime], offers_for: timedelta
    ) -> None:
        self._lists = lists
        self._now = now
        self._offers_for = offers_for
        self._offers: tuple[datetime, Whole | None] | None = None
        self._shelves: dict[datetime | None, Shelf] = {}

    async def shelf(self, since: datetime | None) -> Shelf:
        """Return the projects that changed since then, or whose offer did; all of them without ``since``."""
        for begin, shelf in self._shelves.items():
            if reaches_back(begin, since):
                return shelf
        shelf = self._shelves[since] = await self._read(since)
        return shelf

    async def whole(self) -> Shelf:
        return await self.shelf(None)

    def forget(self) -> None:
        """Discard the cached projects."""
        self._shelves.clear()
        self._offers = None

    async def find(self, remote_id: str) -> Joined | None:
        """Return a job read in this run; otherwise request it by id, if that filter works."""
        joined = (await self.whole()).jobs.get(remote_id)
        if joined is None and await self._lists.finds_ids("projects"):
            answer = await self._lists.ask(self._lists.sorted("projects").with_id(remote_id))
            rows = [row for row in answer.rows if row_id(row) == remote_id]
            offers = self._offers[1] if self._offers else Whole([])
            joined = join(Whole(rows), offers).jobs.get(remote_id)
        return joined

    async def _read(self, since: datetime | None) -> Shelf:
        query = self._lists.sorted("projects")
        if since is None or self._lists.incremental == "off":
            return join(await self._lists.whole(query), await self._all_offers(), is_all=True)
        few = await self._lists.if_short(query)
        changes = query.changed_since(since)
        projects = few or await self._lists.whole(changes, by_change=True)
        if few or any(_is_older(row, since) for row in projects.rows):
            # There are few rows or the filter had no effect, so these are all projects.
            self._shelves[None] = join(projects, await self._all_offers(), is_all=True)
            return self._shelves[None]
        changed = await self._published(since)
        if not projects.rows and not (changed and changed.rows):
            return join(projects, changed)
        shelf = join(projects, await self._all_offers())
        if all(row_id(offer) in shelf.jobs for offer in (changed.rows if changed else ())):
            return shelf
        return await self.whole()

    async def _all_offers(self) -> Whole | None:
        now = self._now()
        if self._offers is None or now - self._offers[0] >= self._offers_for:
            self._offers = now, await self._published(None)
        return self._offers[1]

    async def _published(self, since: datetime | None) -> Whole | None:
        """Return offers; ``None`` if this key may not read them. The documentation reserves them for the public key."""
        if self._offers is not None and self._offers[1] is None:
            return None
        query = self._lists.sorted("offers")
        if since is not None:
            query = query.changed_since(since)
        try:
            return await self._lists.whole(query, by_change=since is not None)
        except ConfigError:
            self._offers = self._now(), None
            return None


def _is_older(row: Json, since: datetime) -> bool:
    when = moment(row, "updatedAt")
    return when is not None and when <= since


def is_job(row: Row) -> bool:
    """Whether a project is a job rather than a sale, for example.

    A row that doesn't show this proves nothing, so its mapping rejects it.
    """
    return not is_deleted(row) and flag(row.get("isMadeForRecruitment")) is not False


def join(listed: Whole, offers: Whole | None, *, is_all: bool = False) -> Shelf:
    """Join projects with their offers. If both lists are complete, count offers without a project."""
    published = offers or Whole([])
    projects = {key: row for row in listed.rows if (key := row_id(row)) is not None}
    rows = [row for row in listed.rows if row_id(row) is not None]
    matched = matches(rows, published.rows, KEYS)
    jobs = {
        key: Joined(row, matched.get(key), tells=offers is not None)
        for key, row in projects.items()
        if is_job(row)
    }
    return Shelf(
        jobs=jobs,
        gone=tuple(key for key in projects if key not in jobs),
        odd=[row for row in listed.rows if row_id(row) is None],
        projects=rows,
        short=listed.short,
        covers=listed.covers and published.covers,
        unjoined=len(published.rows) - len(matched) if is_all else 0,
        refused=offers is None,
    )
