"""Reads one Jarvi account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from jemmo.connectors.base import Config
from jemmo.connectors.jarvi import links, mapping
from jemmo.connectors.jarvi.access import check_access
from jemmo.connectors.jarvi.budget import budget_of
from jemmo.connectors.jarvi.jobs import job
from jemmo.connectors.jarvi.people import People, Seen
from jemmo.connectors.jarvi.projects import Joined, Projects, Shelf
from jemmo.connectors.jarvi.queries import Query, by_id, changed_since
from jemmo.connectors.jarvi.refusals import refusal
from jemmo.connectors.jarvi.settings import settings_of
from jemmo.connectors.jarvi.trust import Trust
from jemmo.connectors.jarvi.turns import Clock, MemoryLedger, Turns
from jemmo.connectors.jarvi.walk import Fetch, Position, Step, Walk
from jemmo.connectors.jarvi.wire import Json, Row, Rows, moment, row_id, rows_of
from jemmo.connectors.refusals import Refused
from jemmo.domain.records import Record, Stage
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
from jemmo.domain.validation import split_address
from jemmo.rest_client import RestClient

CHUNK = 1000  # records of a page made from what was kept in memory
ROWS_A_PAGE = 100


class JarviSource:
    """Implements ``jemmo.domain.ports.Source``."""

    def __init__(self, config: Config, clock: Clock | None = None) -> None:
        clock = clock or Clock()
        self.config = config
        self.settings = settings_of(config)
        patience = float(config.options["longest_wait"])
        self.turns = Turns(
            budget_of(config), config.ledger or MemoryLedger(), clock, patience=patience
        )
        self.client = RestClient(
            api_address(config),
            headers={"X-API-KEY": config.api_key, "Accept": "application/json"},
            refuse=partial(refusal, now=clock.now, patience=patience),
            pacer=None,
            connections=1,
            turn=self.turns.turn,
        )
        self.trust = Trust(
            self.ask,
            incremental=self.settings.incremental,
            filters_talents=self.settings.filters_talents,
        )
        self.people = People(self._fetcher, self.trust, self.settings, config.limit)
        self.projects = Projects(
            self._walk_sorted, self.trust, now=clock.now, offers_for=self.settings.offers_for
        )
        self._every: Seen | None = None
        self._swept: set[Stream] = set()
        self._listed: set[str] = set()

    @property
    def streams(self) -> Sequence[StreamSpec]:
        """Jarvi has no list of ids alone, so a reconcile reads everything.

        Users are told by their projects only.
        """

        def changing(name: Stream, *after: Stream, finds_deletions: bool = True) -> StreamSpec:
            return StreamSpec(
                name=name,
                cursor="updatedAt",
                lag=self.settings.lag,
                after=after,
                finds_deletions=finds_deletions,
                thin_sweep=False,
                recent=name is Stream.TALENTS,
            )

        found = [
            changing(Stream.USERS, finds_deletions=False),
            changing(Stream.JOBS, Stream.USERS),
        ]
        if not self.settings.application_paths:
            return [*found, changing(Stream.TALENTS, Stream.JOBS)]
        stages = [StreamSpec(name=Stream.STAGES)] if self.settings.statuses else []
        return [
            *found,
            *stages,
            changing(Stream.TALENTS, Stream.JOBS),
            changing(Stream.APPLICATIONS, Stream.TALENTS, Stream.STAGES),
        ]

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
        await self.client.close()

    async def check(self) -> AccessReport:
        return await check_access(self.ask, self.trust, self.settings)

    async def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        if stream is Stream.TALENTS:
            async for page in self._talents(start):
                yield page
        elif stream is Stream.APPLICATIONS:
            if start.recent is not None and self.people.in_parts:
                # What is recent came beside the talents; the rest is told once all of them are read.
                yield replace(self._page(stream, []), cursor="", recent=False)
            async for page in self._applications(start.since):
                yield page
        elif stream is Stream.STAGES:
            yield self._page(stream, [RawRecord(key, one) for key, one in self._stages().items()])
        else:
            shelf = await self.projects.shelf(start.since)
            if stream is Stream.USERS and any("disabled" not in u for u in shelf.users().values()):
                shelf = await self.projects.whole()  # who has left is told by projects they own
            yield self._from_shelf(stream, shelf)

    async def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        """Every id, out of what a whole pass of this run has met: ids cost as much as records here.

        That is used only once: a second sweep is a second look.
        """
        if stream in self._swept:
            self.projects.forget()
            self.people.seen = None
        self._swept.add(stream)
        if stream is Stream.TALENTS:
            seen, self._every = self._every, None
            seen = seen or await self._read_everyone()
            for part, is_last in _chunks(seen.sightings):
                yield SightingPage(
                    sightings=part,
                    total=seen.total if is_last else None,
                    short=seen.short,
                    covers=seen.covers,
                )
            return
        pages = self.pages(stream, Start())
        if stream is Stream.APPLICATIONS:
            pages = self._applications(None, every=True)
        async for page in pages:
            yield SightingPage(
                sightings=[
                    Sighting(one.remote_id, _changed_at(one.body))
                    for one in page.raw
                    if one.remote_id is not None
                ],
                short=page.short,
                covers=page.covers and all(one.remote_id for one in page.raw),
            )

    async def fetch(self, stream: Stream, remote_id: str) -> Page | None:
        found: Any
        if stream is Stream.TALENTS:
            found = await self._profile(remote_id)
        elif stream is Stream.APPLICATIONS:
            found = await self._application(remote_id)
        elif stream is Stream.STAGES:
            found = self._stages().get(remote_id)
        elif stream is Stream.USERS:
            found = (await self.projects.whole()).users().get(remote_id)
        else:
            found = await self._job(remote_id)
        return None if found is None else self._page(stream, [RawRecord(remote_id, found)])

    async def profile_pages(self, remote_id: str) -> list[Page]:
        """A talent and, where they stand in the profile, its applications; nothing when it is no talent."""
        row = await self._profile(remote_id)
        if row is None:
            return []
        pages = [self._page(Stream.TALENTS, [RawRecord(remote_id, row)])]
        entries = self.people.applications_of(row)
        return [*pages, self._page_of(entries)] if entries else pages

    def _page_of(self, entries: list[Row]) -> Page:
        """Applications as they stand in profiles."""
        there = [RawRecord(links.entry_id(e), e) for e in entries if not links.is_gone(e)]
        gone = [links.entry_id(e) for e in entries if links.is_gone(e)]
        page = self._page(Stream.APPLICATIONS, there)
        return replace(page, gone=tuple(key for key in gone if key))

    # --- asking ---

    async def ask(self, query: Query, offset: int = 0) -> Rows:
        """An answer of a list. A filter that finds nothing may be answered by 404, as one client has seen."""
        read = partial(rows_of, entity=query.entity)
        try:
            found = await self.client.get(query.url(offset), read)
        except Refused as error:
            if error.status != 404 or query.where is None:
                raise
            if query.entity not in self._listed:  # else it may be the address that is wrong
                await self.ask(Query(entity=query.entity, limit=1))
            return Rows([], 0)
        self._listed.add(query.entity)
        return found

    def _fetcher(self, query: Query) -> Fetch:
        async def fetch(offset: int) -> Rows:
            return await self.ask(query, offset)

        return fetch

    async def _walk(self, query: Query, *, by_change: bool) -> AsyncIterator[Step]:
        exact = self._fetcher(replace(query, exact=True)) if query.order else None
        walk = Walk(self._fetcher(query), Position(), by_change=by_change, exact=exact)
        async for step in walk.steps():
            yield step

    async def _walk_sorted(self, query: Query, *, by_change: bool) -> AsyncIterator[Step]:
        query = replace(query, order=self.settings.order, limit=self.settings.page_size)
        async for step in self._walk(query, by_change=by_change):
            yield step

    async def _job(self, remote_id: str) -> Joined | None:
        """A job as read in this run.

        One that was not met is asked for by its id, where that filter works.
        """
        found = (await self.projects.whole()).jobs.get(remote_id)
        if found is None and await self.trust.ids("projects"):
            answer = await self.ask(Query(entity="projects", where=by_id(remote_id), limit=1))
            found = self.projects.with_offer(answer.rows, remote_id)
        return found

    # --- talents ---

    async def _talents(self, start: Start) -> AsyncIterator[Page]:
        async for found in self.people.pages(start.since, start.cursor, start.recent):
            raw = [RawRecord(row_id(row), row) for row in (*found.talents, *found.odd)]
            page = self._page(Stream.TALENTS, raw)
            yield replace(
                page,
                recent=found.recent,
                beside=(self._page_of(found.applications),) if found.is_early else (),
                gone=found.gone,
                cursor=found.cursor,
                total=found.total,
                short=found.short,
                covers=found.covers,
            )
        seen = self.people.seen
        self._every = seen if seen is not None and seen.since is None else None

    async def _read_everyone(self) -> Seen:
        """Read all profiles for their ids.

        It cannot be resumed, so it is not begun where it would not end in time.
        """
        first = True
        async for page in self.people.pages(None, None):
            if first and page.total:
                await self.turns.afford(page.total // ROWS_A_PAGE)
            first = False
        return await self.people.read_through(None)

    async def _profile(self, remote_id: str) -> Row | None:
        """A profile by its id; where that filter does not work, by reading until it comes."""
        trusted = await self.trust.ids("profiles")
        query = Query(entity="profiles", where=by_id(remote_id) if trusted else None, limit=1)
        if not trusted:
            query = replace(query, order=self.settings.order, limit=self.settings.page_size)
        async for step in self._walk(query, by_change=False):
            for row in step.rows:
                if row_id(row) == remote_id:
                    return row if self.people.kept(row) else None
        return None

    # --- applications ---

    async def _applications(
        self, since: datetime | None, *, every: bool = False
    ) -> AsyncIterator[Page]:
        """Applications, with ``every`` also those of people who are older than the history."""
        most_short = 0
        for entity in dict.fromkeys(path.entity for path in self.settings.application_paths):
            async for entries, short, covers in self._entries(entity, since, every=every):
                page = self._page(
                    Stream.APPLICATIONS,
                    [
                        RawRecord(links.entry_id(one), one)
                        for one in entries
                        if not links.is_gone(one)
                    ],
                )
                gone = [links.entry_id(one) for one in entries if links.is_gone(one)]
                yield replace(
                    page, gone=tuple(one for one in gone if one), cursor="", covers=covers
                )
                most_short = max(most_short, short)
        yield replace(self._page(Stream.APPLICATIONS, []), short=most_short)

    async def _entries(
        self, entity: str, since: datetime | None, *, every: bool = False
    ) -> AsyncIterator[tuple[list[Row], int, bool]]:
        """Applications out of profiles, projects or a list of their own, with the list's ``short`` and ``covers``."""
        paths = [path for path in self.settings.application_paths if path.entity == entity]
        if entity == "profiles":
            seen = await self.people.read_through(since)
            kept = [*seen.applications, *(seen.older_applications if every else ())]
            for part, _ in _chunks(kept):
                yield [msgspec.json.decode(one) for one in part], seen.short, seen.covers
        elif entity == "projects":
            shelf = await self.projects.shelf(since)
            rows = [joined.project for joined in shelf.jobs.values()]
            yield (
                [e for row in rows for path in paths for e in links.entries(row, path)],
                shelf.short,
                shelf.covers,
            )
        else:
            by_change = since is not None and await self.trust.changes(entity)
            where = changed_since(since) if since is not None and by_change else None
            async for step in self._walk_sorted(
                Query(entity=entity, where=where), by_change=by_change
            ):
                found = [e for row in step.rows for path in paths for e in links.entries(row, path)]
                yield found, step.short, step.covers

    async def _application(self, remote_id: str) -> Row | None:
        if any(path.entity == "profiles" for path in self.settings.application_paths):
            row = await self._profile(remote_id.partition(":")[0])
            found = self.people.applications_of(row) if row else []
        else:
            found = []
            for path in self.settings.application_paths:
                async for entries, *_ in self._entries(path.entity, None):
                    found += [one for one in entries if links.entry_id(one) == remote_id]
        wanted = (one for one in found if links.entry_id(one) == remote_id)
        return next((one for one in wanted if not links.is_gone(one)), None)

    def _stages(self) -> dict[str, Stage]:
        return links.stages(self.settings)

    # --- answering ---

    def _from_shelf(self, stream: Stream, shelf: Shelf) -> Page:
        if stream is Stream.USERS:
            raw = [RawRecord(key, one) for key, one in shelf.users().items()]
            return replace(self._page(stream, raw), short=shelf.short, covers=shelf.covers)
        raw = [RawRecord(key, one) for key, one in shelf.jobs.items()]
        raw += [RawRecord(None, one) for one in shelf.odd]
        page = self._page(stream, raw, shelf)
        return replace(
            page, gone=shelf.gone, total=len(raw), short=shelf.short, covers=shelf.covers
        )

    def _page(self, stream: Stream, raw: list[RawRecord], shelf: Shelf | None = None) -> Page:
        settings = self.settings
        maps: dict[Stream, Callable[[Any, str, Notes], Record]] = {
            Stream.USERS: lambda body, key, _: mapping.user(body, key),
            Stream.JOBS: lambda body, key, notes: job(body, settings, key, notes),
            Stream.STAGES: lambda body, _, __: body,
            Stream.TALENTS: lambda body, key, notes: mapping.talent(body, settings, key, notes),
            Stream.APPLICATIONS: lambda body, key, notes: links.application(
                body, settings, key, notes
            ),
        }
        untold = [shelf] if shelf else []

        def to_record(one: RawRecord, notes: Notes) -> Record:
            for found in untold:
                if found.unjoined:
                    notes.add("not_joined:offers", one.remote_id or "", found.unjoined)
                if found.refused:
                    notes.add("lookup_refused:offers", "")
            untold.clear()
            return maps[stream](one.body, one.remote_id or "", notes)

        return Page(stream=stream, raw=raw, map=to_record)


def api_address(config: Config) -> str:
    """The API's address: an address without a path of its own gets the usual one."""
    if split_address(config.base_url).path.strip("/"):
        return config.base_url
    return f"{config.base_url}/{config.options['api_path'].strip('/')}"


def _chunks(found: list[Json]) -> Iterable[tuple[list[Json], bool]]:
    """At least one part, each with whether it is the last."""
    starts = range(0, len(found), CHUNK) or range(1)
    return [(found[start : start + CHUNK], start == starts[-1]) for start in starts]


def _changed_at(body: Json) -> datetime | None:
    return body.updated_at() if isinstance(body, Joined) else moment(body, "updatedAt")
