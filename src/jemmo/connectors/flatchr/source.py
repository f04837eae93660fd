"""Reads one Flatchr account."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from jemmo.connectors.base import Config
from jemmo.connectors.flatchr.access import check_access
from jemmo.connectors.flatchr.account import Account
from jemmo.connectors.flatchr.dates import days, moment
from jemmo.connectors.flatchr.keys import expiry
from jemmo.connectors.flatchr.pages import Pages, cursor_of
from jemmo.connectors.flatchr.pausing import pauses
from jemmo.connectors.flatchr.refusals import refusals
from jemmo.connectors.flatchr.roll import Roll
from jemmo.connectors.flatchr.search import Place, Search, Slice, unproved
from jemmo.connectors.flatchr.settings import Settings, read_settings
from jemmo.connectors.flatchr.stages import Columns
from jemmo.connectors.flatchr.wire import Row, key_of
from jemmo.connectors.pacing import pacer
from jemmo.domain.history import is_older
from jemmo.domain.streams import (
    AccessReport,
    Page,
    Sighting,
    SightingPage,
    Start,
    Stream,
    StreamSpec,
)
from jemmo.domain.validation import text
from jemmo.rest_client import RestClient

SENT = Place(recent=False)
SIGHTINGS_A_PAGE = 2000
WALKS_THAT_PROVE = 2


class FlatchrSource:
    """Implements ``jemmo.domain.ports.Source``."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.settings = read_settings(config)
        self.client = RestClient(
            config.base_url,
            headers={"Authorization": f"Bearer {config.api_key}", "Accept": "application/json"},
            refuse=refusals(config.api_key),
            pacer=pacer(config, int(config.options["rate_per_sec"]), 1.0),
            shared=config.pace,
            connections=1,
            pause=pauses(*self.settings.backoff),
        )
        self.account = Account(self.client, self.settings)
        self.search = Search(self.client, self.settings, self.account)
        self.make = Pages(self.settings, expiry(config.api_key))
        self._rolls: deque[Roll] = deque(maxlen=WALKS_THAT_PROVE)
        self._walking = asyncio.Lock()

    @property
    def streams(self) -> Sequence[StreamSpec]:
        return streams_of(self.settings)

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
        return await check_access(self.client, self.account, self.settings, self.config.api_key)

    async def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        reader = f"read {stream}"
        if stream is Stream.STAGES:
            yield self.make.stages(await self.account.columns(reader))
            return
        place = msgspec.json.decode(start.cursor, type=Place) if start.cursor else None
        if stream is Stream.JOBS:
            async for page in self._jobs(reader, start, place):
                yield page
            return
        roll = Roll(self.settings)
        columns = await self.account.columns(reader)
        place = place or Place(recent=bool(start.recent) or None)
        recent = await self._recent(reader, start, place)
        if recent is not None:
            columns = await self._known(columns, recent, stream)
            for page in self.make.early(stream, recent, columns):
                yield page
        async for found in self.search.slices(reader, start.since, _after(place, recent)):
            columns = await self._known(columns, found, stream)
            roll.add(found)  # all, since these are the ids that are compared
            yield self.make.applicants(stream, self._within(found), columns)
        if stream is Stream.APPLICATIONS and start.since is None and not start.cursor:
            self._rolls.append(roll)  # a whole walk just now serves as the sweep that may follow

    async def _recent(self, reader: str, start: Start, place: Place) -> Slice | None:
        """Who changed lately, where that is wanted first and was not sent yet."""
        if start.recent is None or not place.recent:
            return None
        return await self.search.recent(f"{reader}, lately", start.recent)

    async def _jobs(self, reader: str, start: Start, place: Place | None) -> AsyncIterator[Page]:
        """What Flatchr lists, then what only applicants know of."""
        vacancies = await self.account.vacancies(reader)
        known = vacancies.listed
        if place is None:
            place = Place(recent=bool(start.recent) or None)
            changed = [row for row in vacancies.rows if self._is_recent(row, start.since)]
            labels = await self.account.labels(changed)
            page = self.make.jobs(changed, labels)
            yield replace(page, cursor=cursor_of(place), recent=place.recent)
        recent = await self._recent(reader, start, place)
        if recent is not None:
            page = self.make.placeholders(list(_first_of_each(recent.rows, known).values()))
            yield replace(page, raw=[], beside=(page,), cursor=cursor_of(SENT), recent=False)
        async for found in self.search.slices(reader, start.since, _after(place, recent)):
            unlisted = _first_of_each(found.rows, known)
            known |= set(unlisted)
            page = self.make.placeholders(list(unlisted.values()))
            cursor = cursor_of(found.after) if found.after else None
            sent = found.after.recent if found.after else None
            yield replace(page, cursor=cursor, covers=found.covers, recent=sent)

    def _within(self, found: Slice) -> Slice:
        """Without the rows that are older than the history. A row is a whole person: a talent and its application."""
        limit, zone = self.config.limit, self.settings.zone
        if limit is None:
            return found
        kept = [
            row
            for row in found.rows
            if not is_older(Stream.TALENTS, moment(row.get("updated_at"), zone), limit)
        ]
        return replace(found, rows=kept)

    def _is_recent(self, row: Row, since: datetime | None) -> bool:
        """Vacancies cannot be asked for by date, so their dates are compared here."""
        updated = moment(row.get("updated_at"), self.settings.zone)
        return since is None or updated is None or updated >= since

    async def _known(self, columns: Columns, found: Slice, stream: Stream) -> Columns:
        """The columns, read again when a row names one that was not there, for it may have been renamed."""
        titles = {text(row.get("column")) for row in found.rows}
        unknown = any(title and not columns.find(title) for title in titles)
        if stream is not Stream.APPLICATIONS or not unknown or columns.is_second:
            return columns
        again = await self.account.columns("renamed column", fresh=True)
        again.is_second = True
        return again

    def forget(self) -> None:
        """Ask for everything again, also what was just read: something has changed."""
        self.search.forget()
        self.account.forget()

    # --- reconcile ---

    async def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        reader = f"sweep {stream}"
        if stream is Stream.STAGES:
            columns = await self.account.columns(reader)
            yield self._sighted(columns.rows, "id")
            return
        if stream is Stream.JOBS:
            vacancies = await self.account.vacancies(reader)
            yield self._sighted(vacancies.rows, "vacancy_id")
            roll = await self._next_roll(stream)
            unlisted = [Sighting(key) for key in roll.vacancies if key not in vacancies.listed]
            yield SightingPage(sightings=unlisted, covers=roll.covers)
            return
        roll = await self._next_roll(stream)
        met = [Sighting(key, one.updated_at) for key, one in roll.met.items()]
        for first in range(0, max(1, len(met)), SIGHTINGS_A_PAGE):
            page = met[first : first + SIGHTINGS_A_PAGE]
            yield SightingPage(sightings=page, covers=roll.covers)

    def _sighted(self, found: list[Row], name: str) -> SightingPage:
        """The ids of a list; one without any hides somebody, so the list proves nothing."""
        zone = self.settings.zone
        seen = [
            Sighting(key, moment(row.get("updated_at"), zone))
            for row in found
            if (key := key_of(row, name))
        ]
        return SightingPage(sightings=seen, covers=len(seen) == len(found))

    async def _next_roll(self, stream: Stream) -> Roll:
        """A roll this stream has not used yet: the last one made, else a new walk."""
        async with self._walking:
            if not self._rolls or stream in self._rolls[-1].handed:
                await self._walk(stream)
            self._rolls[-1].handed.add(stream)
            return self._rolls[-1]

    async def _walk(self, stream: Stream) -> Roll:
        roll = Roll(self.settings)
        async for found in self.search.slices(f"roll for {stream}", None):
            roll.add(found)
        self._rolls.append(roll)
        return roll

    # --- single records ---

    async def fetch(self, stream: Stream, remote_id: str) -> Page | None:
        """Flatchr gives no applicant by id, so the window is asked again in which the last walk met it.

        Who was not met is looked for in another walk; absent from two, an applicant is gone.
        """
        if stream is Stream.STAGES:
            columns = await self.account.columns(f"one {remote_id}", fresh=True)
            found = [row for row in columns.rows if key_of(row, "id") == remote_id]
            return self.make.stages(columns, found) if found else None
        if stream is Stream.JOBS:
            return await self._fetch_job(remote_id)
        for walks in range(WALKS_THAT_PROVE):
            roll = self._rolls[walks] if walks < len(self._rolls) else await self._walk(stream)
            found_now = await self._find(stream, remote_id, roll)
            if found_now is not None:
                return found_now
            if not roll.covers:
                raise unproved()
        return None

    async def _find(self, stream: Stream, remote_id: str, roll: Roll) -> Page | None:
        met = roll.met.get(remote_id)
        if met is None:
            return None
        row = await self.search.again(f"one {stream} {remote_id}", remote_id, met.window, met.part)
        if row is None:
            return None
        columns = await self.account.columns(f"one {stream} {remote_id}")
        found = Slice(rows=[row], window=met.window, part=met.part, after=None, covers=True)
        return self.make.applicants(stream, found, columns)

    async def _fetch_job(self, remote_id: str) -> Page | None:
        for fresh in (False, True):
            vacancies = await self.account.vacancies(f"one job {remote_id}", fresh=fresh)
            found = [row for row in vacancies.rows if key_of(row, "vacancy_id") == remote_id]
            if found:
                return self.make.jobs(found, await self.account.labels(found))
        roll = self._rolls[-1] if self._rolls else await self._walk(Stream.JOBS)
        title = roll.vacancies.get(remote_id)
        if title is None:
            return None
        return self.make.placeholders([{"vacancy_id": int(remote_id), "vacancy": title}])


def streams_of(settings: Settings) -> list[StreamSpec]:
    """Ids alone cost as much as rows, so a reconcile reads everything.

    Nothing waits for another stream but for the columns: the three that walk the list of applicants do so
    side by side.
    """
    lag = days(settings.overlap_days)

    def changing(name: Stream, *after: Stream) -> StreamSpec:
        return StreamSpec(
            name=name, cursor="updated_at", lag=lag, after=after, thin_sweep=False, recent=True
        )

    return [
        StreamSpec(name=Stream.STAGES),
        changing(Stream.JOBS),
        changing(Stream.TALENTS, Stream.STAGES),
        changing(Stream.APPLICATIONS, Stream.STAGES),
    ]


def _first_of_each(found: list[Row], known: set[str]) -> dict[str, Row]:
    unlisted: dict[str, Row] = {}
    for row in found:
        key = key_of(row, "vacancy_id")
        if key is not None and key not in known:
            unlisted.setdefault(key, row)
    return unlisted


def _after(place: Place, recent: Slice | None) -> Place:
    """Where the walk begins or goes on, once what changed lately was sent, or could not be told."""
    if recent is not None:
        return SENT
    return replace(place, recent=None) if place.recent else place
