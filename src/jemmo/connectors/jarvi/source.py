"""Reads one Jarvi account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from jemmo.connectors.base import Config
from jemmo.connectors.by_offset.passes import in_chunks
from jemmo.connectors.client_source import ClientSource
from jemmo.connectors.jarvi import applications, mapping
from jemmo.connectors.jarvi.access import check_access
from jemmo.connectors.jarvi.client import client_of, lists_of
from jemmo.connectors.jarvi.jobs import job, posting
from jemmo.connectors.jarvi.projects import Joined, Projects, Shelf
from jemmo.connectors.jarvi.settings import Settings, settings_of
from jemmo.connectors.jarvi.talents import talents_of
from jemmo.connectors.jarvi.time_budget import Clock, time_budget
from jemmo.connectors.loose import Row, moment, row_id
from jemmo.connectors.paging import sightings_in
from jemmo.domain.errors import StreamRefused
from jemmo.domain.records import Record
from jemmo.domain.streams import (
    AccessReport,
    Notes,
    Page,
    RawRecord,
    SightingPage,
    Start,
    Stream,
    StreamSpec,
)

MAPS: dict[Stream, Callable[[Any, Settings, str, Notes], Record]] = {
    Stream.USERS: lambda row, _, remote_id, __: mapping.user(row, remote_id),
    Stream.JOBS: job,
    Stream.POSTINGS: posting,
    Stream.STAGES: lambda stage, *_: stage,
    Stream.TALENTS: mapping.talent,
    Stream.APPLICATIONS: applications.application,
}


class JarviSource(ClientSource):
    """Implements ``jemmo.domain.ports.Source``."""

    def __init__(self, config: Config, clock: Clock | None = None) -> None:
        self.settings = settings_of(config)
        self.budget = time_budget(config, "Jarvi", clock)
        super().__init__(client_of(config, self.budget))
        self.lists = lists_of(self.client, self.settings)
        self.talents = talents_of(self.lists, self.settings, config.limit)
        self.projects = Projects(
            self.lists, now=self.budget.clock.now, offers_for=self.settings.offers_for
        )
        self._swept: set[Stream] = set()

    @property
    def streams(self) -> Sequence[StreamSpec]:
        """Jarvi can't list ids alone, so a reconcile reads everything. Users are known only from projects."""

        def changing(name: Stream, *after: Stream) -> StreamSpec:
            return StreamSpec(
                name=name,
                cursor="updatedAt",
                lag=self.settings.lag,
                after=after,
                finds_deletions=name is not Stream.USERS,
                thin_sweep=False,
                recent=name is Stream.TALENTS,
            )

        specs = [
            changing(Stream.USERS),
            changing(Stream.JOBS, Stream.USERS),
            changing(Stream.POSTINGS, Stream.JOBS),
        ]
        if self.settings.application_paths and self.settings.statuses:
            specs.append(StreamSpec(name=Stream.STAGES))
        specs.append(changing(Stream.TALENTS, Stream.JOBS))
        if self.settings.application_paths:
            specs.append(changing(Stream.APPLICATIONS, Stream.TALENTS, Stream.STAGES))
        return specs

    async def check(self) -> AccessReport:
        return await check_access(self.lists, self.settings)

    async def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        if stream is Stream.TALENTS:
            async for page in self._talents(start):
                yield page
        elif stream is Stream.APPLICATIONS:
            if start.recent is not None and self.talents.in_parts:
                # Recent applications came with the talents; the rest is read after all talents.
                yield self._page(stream, {}, cursor="", recent=False)
            async for page in self._applications(start.since):
                yield page
        elif stream is Stream.STAGES:
            yield self._page(stream, applications.stages(self.settings))
        else:
            shelf = await self.projects.shelf(start.since)
            if stream is Stream.USERS and not shelf.knows_who_left:
                shelf = (
                    await self.projects.whole()
                )  # only their own projects show which users have left
            yield self._of_shelf(stream, shelf, start.since)

    async def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        """Yield every id from this run's full pass, since Jarvi can't list ids at lower cost.

        A second sweep requests the list again.
        """
        if stream in self._swept:
            self.projects.forget()
            self.talents.forget()
        self._swept.add(stream)
        if stream is Stream.TALENTS:
            async for sightings in self.talents.sightings(self.budget.afford):
                yield sightings
            return
        is_nested = stream is Stream.APPLICATIONS
        pages = self._applications(None, every=True) if is_nested else self.pages(stream, Start())
        async for page in pages:
            yield sightings_in(page, _changed_at)

    async def fetch(self, stream: Stream, remote_id: str) -> Page | None:
        body: Any
        match stream:
            case Stream.TALENTS:
                body = await self.talents.find(remote_id)
            case Stream.APPLICATIONS:
                body = await self._application(remote_id)
            case Stream.STAGES:
                body = applications.stages(self.settings).get(remote_id)
            case Stream.USERS:
                body = (await self.projects.whole()).users().get(remote_id)
            case Stream.POSTINGS:
                joined = await self.projects.find(remote_id)
                body = joined if joined and joined.offer else None
            case _:
                body = await self.projects.find(remote_id)
        return None if body is None else self._page(stream, {remote_id: body})

    async def profile_pages(self, remote_id: str) -> list[Page]:
        """Return a talent with the applications in its profile; nothing if it is not a talent."""
        row = await self.talents.find(remote_id)
        if row is None:
            return []
        entries = self.talents.rule.nested(row)
        beside = [self._page_of(entries)] if entries else []
        return [self._page(Stream.TALENTS, {remote_id: row}), *beside]

    # --- talents ---

    async def _talents(self, start: Start) -> AsyncIterator[Page]:
        async for page in self.talents.pages(start.since, start.cursor, start.recent):
            beside = (self._page_of(page.nested),) if page.is_early else ()
            yield self._page(Stream.TALENTS, page.records, beside=beside, **page.facts)

    # --- applications ---

    async def _applications(
        self, since: datetime | None, *, every: bool = False
    ) -> AsyncIterator[Page]:
        """Yield applications; with ``every``, also those of people older than the history."""
        most_short = 0
        for entity in dict.fromkeys(path.entity for path in self.settings.application_paths):
            async for entries, short, covers in self._entries(entity, since, every=every):
                yield replace(self._page_of(entries), cursor="", covers=covers)
                most_short = max(most_short, short)
        yield self._page(Stream.APPLICATIONS, {}, short=most_short)

    async def _entries(
        self, entity: str, since: datetime | None, *, every: bool = False
    ) -> AsyncIterator[tuple[list[Row], int, bool]]:
        """Yield applications from profiles, projects or their own list, with that list's ``short`` and ``covers``."""
        if entity == "profiles":
            seen = await self.talents.read_through(since)
            kept = [*seen.nested, *(seen.older_nested if every else ())]
            for chunk in in_chunks(kept):
                yield [msgspec.json.decode(entry) for entry in chunk], seen.short, seen.covers
        elif entity == "projects":
            shelf = await self.projects.shelf(since)
            rows = [joined.project for joined in shelf.jobs.values()]
            yield self._in_rows(entity, rows), shelf.short, shelf.covers
        else:
            query, by_change = await self.lists.changed(entity, since)
            async for step in self.lists.walk(query, by_change=by_change):
                yield self._in_rows(entity, step.rows), step.short, step.covers

    def _in_rows(self, entity: str, rows: list[Row]) -> list[Row]:
        paths = [path for path in self.settings.application_paths if path.entity == entity]
        return [
            entry for row in rows for path in paths for entry in applications.entries(row, path)
        ]

    async def _application(self, remote_id: str) -> Row | None:
        entities = dict.fromkeys(path.entity for path in self.settings.application_paths)
        if "profiles" in entities:
            row = await self.talents.find(remote_id.partition(":")[0])
            return applications.pick(self.talents.rule.nested(row) if row else [], remote_id)
        for entity in entities:
            async for entries, *_ in self._entries(entity, None):
                if (entry := applications.pick(entries, remote_id)) is not None:
                    return entry
        return None

    # --- pages ---

    def _of_shelf(self, stream: Stream, shelf: Shelf, since: datetime | None) -> Page:
        if stream is Stream.USERS:
            return self._page(stream, shelf.users(), short=shelf.short, covers=shelf.covers)
        if stream is Stream.POSTINGS:
            return self._of_offers(shelf, since)
        raw = [RawRecord(remote_id, joined) for remote_id, joined in shelf.jobs.items()]
        raw += [RawRecord(None, row) for row in shelf.odd]
        return self._page(
            stream,
            raw,
            remarks=list(shelf.notes()),
            gone=shelf.gone,
            total=len(raw),
            short=shelf.short,
            covers=shelf.covers,
        )

    def _of_offers(self, shelf: Shelf, since: datetime | None) -> Page:
        """Return the published offers. Raises ``StreamRefused`` if the key may not read any.

        A changed project without an offer may have been unpublished; its offer is assumed to have had the same id.
        """
        if shelf.refused:
            raise StreamRefused(stream=Stream.POSTINGS)
        offers = {key: joined for joined in shelf.jobs.values() if (key := row_id(joined.offer))}
        taken_down = [
            key
            for key, joined in shelf.jobs.items()
            if since and joined.offer is None and (joined.updated_at() or since) > since
        ]
        return self._page(
            Stream.POSTINGS,
            offers,
            gone=tuple(taken_down),
            total=len(offers),
            covers=shelf.covers,
        )

    def _page_of(self, entries: list[Row]) -> Page:
        """Return applications without soft-deleted ones."""
        named = [(applications.entry_id(entry), entry) for entry in entries]
        raw = [RawRecord(key, entry) for key, entry in named if not applications.is_deleted(entry)]
        gone = (key for key, entry in named if key and applications.is_deleted(entry))
        return self._page(Stream.APPLICATIONS, raw, gone=tuple(gone))

    def _page(
        self,
        stream: Stream,
        bodies: dict[str, Any] | list[RawRecord],
        remarks: Sequence[tuple[str, int]] = (),
        **facts: Any,
    ) -> Page:
        """Create a page. ``remarks`` are counted once, with its first record."""
        if isinstance(bodies, dict):
            bodies = [RawRecord(remote_id, body) for remote_id, body in bodies.items()]
        waiting = list(remarks)

        def to_record(record: RawRecord, notes: Notes) -> Record:
            for code, count in waiting:
                notes.add(code, "", count)
            waiting.clear()
            return MAPS[stream](record.body, self.settings, record.remote_id or "", notes)

        return Page(stream=stream, raw=bodies, map=to_record, **facts)


def _changed_at(body: Any) -> datetime | None:
    return body.updated_at() if isinstance(body, Joined) else moment(body, "updatedAt")
