"""Reads the applicants, window by window, in one pass for active and one for archived ones.

One list feeds several streams. Each walks it by itself, so each can resume by itself; the answers are shared, so the
list is fetched once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.flatchr.account import Account
from jemmo.connectors.flatchr.dates import EARLIEST, asked, days
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.shared import Shared
from jemmo.connectors.flatchr.windows import Walk, Window
from jemmo.connectors.flatchr.wire import Row, key_of, rows
from jemmo.domain.errors import TransientError
from jemmo.rest_client import RestClient

ACTIVE, ARCHIVED = 0, 1
KEPT_ANSWERS = 8
MOST_ROWS = 1000  # that become records at a time
Criteria = dict[str, Any]


class Place(Struct, frozen=True, kw_only=True):
    """Where a walk over all windows stands, as kept in a checkpoint.

    part            the pass: active, then archived applicants
    day, span       where that pass goes on, and by how many days
    covers          nothing had to be left out so far
    archived_seen   the pass of active ones has shown archived ones too
    """

    part: int = ACTIVE
    day: date | None = None
    span: int = 0
    covers: bool = True
    archived_seen: bool = False


class Slice(Struct, frozen=True, kw_only=True):
    """Rows of one window. ``after`` is where to go on, ``None`` at the end."""

    rows: list[Row]
    window: Window
    part: int
    after: Place | None
    covers: bool
    notes: tuple[str, ...] = ()


class Span(Struct, frozen=True):
    """What a walk goes through: all days by creation, or those since ``first`` by the last change."""

    first: date
    end: date
    by_update: bool

    def criteria(self, window: Window, overlap: int) -> Criteria:
        """The window as the search takes it, a little wider on both sides: whether bounds count is unknown.

        At its two ends the walk is open, so nothing can lie outside.
        """
        start, end = ("start_update", "end_update") if self.by_update else ("start", "end")
        found: Criteria = {}
        if window.first > self.first:
            found[start] = asked(window.first - days(overlap))
        elif self.by_update:
            found[start] = asked(window.first)
        if window.last < self.end:
            found[end] = asked(window.last + days(overlap))
        return found


class Search:
    def __init__(self, client: RestClient, settings: Settings, account: Account) -> None:
        self._client = client
        self._settings = settings
        self._account = account
        self._answers = Shared[list[Row]](KEPT_ANSWERS)

    def forget(self) -> None:
        self._answers.clear()

    async def slices(
        self, reader: str, since: datetime | None, place: Place | None = None
    ) -> AsyncIterator[Slice]:
        """All applicants, or those changed since a moment, from ``place`` on."""
        span = self._span(since)
        place = place or Place()
        before: dict[str, Row] = {}
        while True:
            walk = await self._walk(reader, span, place)
            while not walk.is_done:
                window = walk.window
                found = await self._ask(reader, span, window, place.part)
                use, walk = walk.after(len(found), self._settings.suspicious)
                if not use:
                    continue
                step = await self._step(reader, span, window, place, found)
                onward = self._after(walk, step.after)
                own = [row for row in step.rows if before.get(str(row.get("applicant"))) != row]
                before = {str(row.get("applicant")): row for row in step.rows}
                *parts, last = _parts(own)
                for part in parts:  # who stops between them begins the window anew
                    yield replace(step, rows=part, after=place)
                yield replace(step, rows=last, after=onward)
                if onward is None:
                    return
                place = onward
                if place.day is None:
                    break  # the next pass

    def _span(self, since: datetime | None) -> Span:
        zone = self._settings.zone
        end = datetime.now(zone).date() + days(1)
        if since is None:
            return Span(EARLIEST, end, by_update=False)
        # Near midnight the account's day and that of its server may differ; the earlier one is safe.
        first = min(since.astimezone(zone).date(), since.astimezone(UTC).date())
        return Span(min(first, end), end, by_update=True)

    async def _walk(self, reader: str, span: Span, place: Place) -> Walk:
        """The first window of a full walk reaches from the year 2000 to the account's first month."""
        whole = (span.end - span.first).days + 1
        usual = whole if span.by_update else self._settings.window_days
        length = whole
        if not span.by_update:
            founded = await self._account.founded(reader)
            length = max(0, (founded - span.first).days) + usual
        return Walk(
            day=min(place.day or span.first, span.end),
            end=span.end,
            span=(place.span or usual) if place.day else length,
            usual=usual,
        )

    def _after(self, walk: Walk, place: Place | None) -> Place | None:
        """The place a finished window leads to: the next window, the next pass, or the end."""
        if place is None:
            return None
        if not walk.is_done:
            return replace(place, day=walk.day, span=walk.span)
        if place.part == ACTIVE and self._settings.reads_archived:
            return replace(place, part=ARCHIVED, day=None, span=0)
        return None

    # --- one window ---

    async def _step(
        self, reader: str, span: Span, window: Window, place: Place, found: list[Row]
    ) -> Slice:
        covers = place.covers
        notes: tuple[str, ...] = ()
        if len(found) in self._settings.suspicious:
            found, whole = await self._divide(reader, span, window, place.part, found)
            covers = covers and whole
            notes = () if whole else ("list_may_be_cut",)
        if place.part == ARCHIVED and any(row.get("status") != 0 for row in found):
            return self._without_filter(
                window, place, found, notes, covers, by_update=span.by_update
            )
        archived = place.archived_seen or any(row.get("status") == 0 for row in found)
        after = replace(place, covers=covers, archived_seen=archived)
        return Slice(
            rows=found, window=window, part=place.part, after=after, covers=covers, notes=notes
        )

    def _without_filter(
        self,
        window: Window,
        place: Place,
        found: list[Row],
        notes: tuple[str, ...],
        covers: bool,
        *,
        by_update: bool,
    ) -> Slice:
        """The filter for archived ones does nothing: they were among the others, or cannot be reached at all."""
        if not place.archived_seen:
            notes = (*notes, "archived_hidden")
            covers = covers and by_update  # a walk by change never proves that something is gone
        return Slice(
            rows=found, window=window, part=place.part, after=None, covers=covers, notes=notes
        )

    async def _divide(
        self, reader: str, span: Span, window: Window, part: int, found: list[Row]
    ) -> tuple[list[Row], bool]:
        """A single day of suspicious size, asked for column by column, and a column so vacancy by vacancy.

        The second value tells whether that proves the day to be whole: no part is suspicious itself, and together
        they hold all that the day showed.
        """
        parts: list[Row] = []
        whole = True
        for title in (await self._account.columns(reader)).titles:
            rows_ = await self._ask(reader, span, window, part, column=title)
            if len(rows_) in self._settings.suspicious:
                rows_, one_whole = await self._by_vacancy(reader, span, window, part, title, rows_)
                whole = whole and one_whole
            parts += rows_
        return _joined(found, parts), whole and _ids(found) <= _ids(parts)

    async def _by_vacancy(
        self, reader: str, span: Span, window: Window, part: int, title: str, found: list[Row]
    ) -> tuple[list[Row], bool]:
        parts: list[Row] = []
        whole = True
        for code in (await self._account.vacancies(reader)).codes:
            rows_ = await self._ask(reader, span, window, part, column=title, vacancy=code)
            whole = whole and len(rows_) not in self._settings.suspicious
            parts += rows_
        return _joined(found, parts), whole and _ids(found) <= _ids(parts)

    async def _ask(
        self, reader: str, span: Span, window: Window, part: int, **more: str
    ) -> list[Row]:
        criteria = dict(self._settings.archived_filter) if part == ARCHIVED else {}
        criteria |= span.criteria(window, self._settings.overlap_days) | more
        question = msgspec.json.encode(criteria, order="deterministic").decode()

        async def ask() -> list[Row]:
            return await self._client.search(
                f"{self._account.path}/search/applicants", criteria, rows
            )

        return await self._answers.get(question, reader, ask)

    # --- one applicant ---

    async def again(self, reader: str, remote_id: str, window: Window, part: int) -> Row | None:
        """The applicant's row, from the window in which it was found before."""
        span = self._span(None)
        found = await self._ask(reader, span, window, part)
        if len(found) in self._settings.suspicious and window.days == 1:
            found, _ = await self._divide(reader, span, window, part, found)
        return next((row for row in found if key_of(row, "applicant") == remote_id), None)


def unproved() -> TransientError:
    return TransientError(
        "Flatchr's list of applicants could not be read to a proved end, so it cannot be said who is gone.",
        code="list_may_be_cut",
    )


def _parts(found: list[Row]) -> list[list[Row]]:
    """At least one. The search has no pages: an answer may hold more than should be mapped at once."""
    return [found[at : at + MOST_ROWS] for at in range(0, len(found), MOST_ROWS)] or [[]]


def _ids(found: list[Row]) -> set[str | None]:
    return {key_of(row, "applicant") for row in found}


def _joined(found: list[Row], parts: list[Row]) -> list[Row]:
    """Both, each applicant once; rows without an id stay, to be rejected."""
    kept: dict[object, Row] = {}
    for row in (*found, *parts):
        kept[key_of(row, "applicant") or id(row)] = row
    return list(kept.values())
