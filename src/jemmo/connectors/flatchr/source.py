"""Reads one Flatchr account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial

from msgspec.structs import replace

from jemmo.connectors.base import Config
from jemmo.connectors.by_day.rolls import Roll, Rolls, sighted
from jemmo.connectors.by_day.slices import Row, Slice, cursor_of, following, place_of, sent_early
from jemmo.connectors.client_source import ClientSource
from jemmo.connectors.flatchr.account import Account, client_of
from jemmo.connectors.flatchr.key_expiry import expiry
from jemmo.connectors.flatchr.mapping import Columns
from jemmo.connectors.flatchr.pages import Pages
from jemmo.connectors.flatchr.search import Search
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.wire import COLUMN_KEY, VACANCY_KEY
from jemmo.connectors.moments import days, moment
from jemmo.connectors.pacing import pacer
from jemmo.connectors.paging import sightings_of
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


class FlatchrSource(ClientSource):
    """Implements ``jemmo.domain.ports.Source``. Three streams are read from the list of applicants."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.settings = Settings(config)
        pace = pacer(config, int(config.options["rate_per_sec"]), 1.0)
        super().__init__(client_of(config, pace, shared=config.pace, accept="application/json"))
        self.account = Account(self.client, self.settings)
        self.search = Search(self.client, self.settings, self.account)
        self.make = Pages(self.settings, expiry(config.api_key))
        self.rolls = Rolls(self.search)

    @property
    def streams(self) -> Sequence[StreamSpec]:
        """A reconcile reads everything, since listing ids costs as much as reading rows.

        Streams wait only for the columns: the three that walk the list of applicants do so concurrently.
        """
        walked = partial(
            StreamSpec,
            cursor="updated_at",
            lag=days(self.settings.overlap_days),
            thin_sweep=False,
            recent=True,
        )
        return [
            StreamSpec(name=Stream.STAGES),
            walked(name=Stream.JOBS),
            walked(name=Stream.TALENTS, after=(Stream.STAGES,)),
            walked(name=Stream.APPLICATIONS, after=(Stream.STAGES,)),
        ]

    async def check(self) -> AccessReport:
        return await self.account.check(self.config.api_key)

    def forget(self) -> None:
        """Discard cached lists, since something has changed."""
        self.search.forget()
        self.account.forget()

    # --- pages ---

    async def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        if stream is Stream.STAGES:
            yield self.make.stages(await self.account.columns(f"read {stream}"))
            return
        walk = self._jobs if stream is Stream.JOBS else self._applicants
        async for page in walk(stream, start):
            yield page

    async def _jobs(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        """Yield the vacancies that Flatchr lists, then those that only applicants refer to."""
        reader = f"read {stream}"
        vacancies = await self.account.vacancies(reader)
        known = vacancies.listed
        if not start.cursor:
            changed = [
                row
                for row in vacancies.rows  # the list can't be filtered by date
                if not start.since or (self._changed_at(row) or start.since) >= start.since
            ]
            page = self.make.jobs(changed, await self.account.labels(changed))
            place = place_of(start)
            yield replace(page, cursor=cursor_of(place), recent=place.recent)
        async for step, is_early in self.search.read(reader, start):
            unlisted: dict[str, Row] = {}
            for row in step.rows:
                if (key := VACANCY_KEY(row)) is not None and key not in known:
                    unlisted.setdefault(key, row)
            page = self.make.placeholders(list(unlisted.values()))
            if is_early:
                page = replace(page, raw=[], beside=(page,))
            else:
                known |= set(unlisted)
            yield replace(page, **following(step))

    async def _applicants(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        reader = f"read {stream}"
        roll, columns = Roll(self.search), await self.account.columns(reader)
        async for step, is_early in self.search.read(reader, start):
            columns = await self._current_columns(columns, step, stream)
            kept = self.search.within_history(step, self.config.limit)
            page = self.make.applicants(stream, kept, columns)
            for part in sent_early(page) if is_early else [page]:
                yield part
            if not is_early:
                roll.add(step)  # including rows outside the history, since all ids are compared
        if stream is Stream.APPLICATIONS and start.since is None and not start.cursor:
            self.rolls.add(roll)

    def _changed_at(self, row: Row) -> datetime | None:
        return moment(row.get("updated_at"), self.settings.zone)

    async def _current_columns(self, columns: Columns, step: Slice, stream: Stream) -> Columns:
        """Reread the columns if a row names an unknown one, since a column may have been renamed."""
        titles = {text(row.get("column")) for row in step.rows}
        is_new = any(title and not columns.named(title) for title in titles)
        if stream is not Stream.APPLICATIONS or not is_new or columns.is_second:
            return columns
        again = await self.account.columns("renamed column", fresh=True)
        again.is_second = True
        return again

    # --- reconcile ---

    async def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        reader = f"sweep {stream}"
        if stream is Stream.STAGES:
            columns = await self.account.columns(reader)
            yield sightings_of(columns.rows, COLUMN_KEY, self._changed_at)
            return
        if stream is Stream.JOBS:
            vacancies = await self.account.vacancies(reader)
            yield sightings_of(vacancies.rows, VACANCY_KEY, self._changed_at)
            roll = await self.rolls.next(stream)
            known = vacancies.listed
            met = [Sighting(key) for key in roll.parents if key not in known]
        else:
            roll = await self.rolls.next(stream)
            met = roll.sightings
        async for page in sighted(met, covers=roll.covers):
            yield page

    # --- single records ---

    async def fetch(self, stream: Stream, remote_id: str) -> Page | None:
        if stream is Stream.STAGES:
            columns = await self.account.columns(f"one {remote_id}", fresh=True)
            own = [row for row in columns.rows if COLUMN_KEY(row) == remote_id]
            return self.make.stages(columns, own) if own else None
        if stream is Stream.JOBS:
            return await self._fetch_job(remote_id)
        step = await self.rolls.find(stream, remote_id)
        if step is None:
            return None
        columns = await self.account.columns(f"one {stream} {remote_id}")
        return self.make.applicants(stream, step, columns)

    async def _fetch_job(self, remote_id: str) -> Page | None:
        for fresh in (False, True):
            vacancies = await self.account.vacancies(f"one job {remote_id}", fresh=fresh)
            own = [row for row in vacancies.rows if VACANCY_KEY(row) == remote_id]
            if own:
                return self.make.jobs(own, await self.account.labels(own))
        title = (await self.rolls.last(Stream.JOBS)).parents.get(remote_id)
        if title is None:
            return None
        return self.make.placeholders([{"vacancy_id": int(remote_id), "vacancy": title}])
