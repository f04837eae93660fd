"""Ids seen in a full walk through a list that can't return single records: enough to know which are gone."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from datetime import datetime

from msgspec import Struct

from jemmo.connectors.by_day.search import DaySearch
from jemmo.connectors.by_day.slices import Slice
from jemmo.connectors.by_day.windows import Window
from jemmo.connectors.moments import moment
from jemmo.domain.errors import TransientError
from jemmo.domain.streams import Sighting, SightingPage, Stream

SIGHTINGS_A_PAGE = 2000
WALKS_THAT_PROVE = 2


class Met(Struct, frozen=True):
    """Where a walk found a record."""

    updated_at: datetime | None
    window: Window
    part: int


class Roll:
    """The ids and dates of one walk, a few hundred bytes each.

    ``parents`` are names of records of another stream by id; ``used_by`` are the streams that compared this roll.
    """

    def __init__(self, search: DaySearch) -> None:
        self._search = search
        self.met: dict[str, Met] = {}
        self.parents: dict[str, str] = {}
        self.covers = True
        self.used_by: set[Stream] = set()

    def add(self, step: Slice) -> None:
        self.covers = self.covers and step.covers
        for row in step.rows:
            if parent := self._search.parent_of(row):
                self.parents.setdefault(*parent)
            if (key := self._search.id_of(row)) is None:
                self.covers = False  # the row has no id
                continue
            updated_at = moment(row.get(self._search.dates[1]), self._search.zone)
            self.met[key] = Met(updated_at, step.window, step.part)

    @property
    def sightings(self) -> list[Sighting]:
        return [Sighting(key, met.updated_at) for key, met in self.met.items()]


class Rolls:
    """The last two walks. A full read counts as a walk, so that a sweep need not repeat it."""

    def __init__(self, search: DaySearch) -> None:
        self._search = search
        self._rolls: deque[Roll] = deque(maxlen=WALKS_THAT_PROVE)
        self._walking = asyncio.Lock()

    def add(self, roll: Roll) -> None:
        self._rolls.append(roll)

    async def last(self, stream: Stream) -> Roll:
        return self._rolls[-1] if self._rolls else await self._walk(stream)

    async def next(self, stream: Stream) -> Roll:
        """Return a roll this stream has not used yet: the latest, or one from a new walk."""
        async with self._walking:
            if not self._rolls or stream in self._rolls[-1].used_by:
                await self._walk(stream)
            self._rolls[-1].used_by.add(stream)
            return self._rolls[-1]

    async def find(self, stream: Stream, remote_id: str) -> Slice | None:
        """Return one record, from the window in which a walk found it; if two walks lack it, it is gone.

        Raises ``TransientError`` if a walk without it was incomplete.
        """
        for walks in range(WALKS_THAT_PROVE):
            roll = self._rolls[walks] if walks < len(self._rolls) else await self._walk(stream)
            if met := roll.met.get(remote_id):
                reader = f"one {stream} {remote_id}"
                rows = await self._search.again(reader, remote_id, met.window, met.part)
                if rows:
                    return Slice(rows=rows, window=met.window, part=met.part)
            if not roll.covers:
                raise TransientError("list_may_be_cut", stream=stream)
        return None

    async def _walk(self, stream: Stream) -> Roll:
        roll = Roll(self._search)
        async for step in self._search.slices(f"roll for {stream}", None):
            roll.add(step)
        self._rolls.append(roll)
        return roll


async def sighted(sightings: list[Sighting], *, covers: bool) -> AsyncIterator[SightingPage]:
    """Split sightings into pages, at least one."""
    for first in range(0, max(1, len(sightings)), SIGHTINGS_A_PAGE):
        page = sightings[first : first + SIGHTINGS_A_PAGE]
        yield SightingPage(sightings=page, covers=covers)
