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
from jemmo.connectors.flatchr.dates import EARLIEST, asked, days, moment
from jemmo.connectors.flatchr.doubts import Doubt, Doubts
from jemmo.connectors.flatchr.older import ONLY_ACTIVE, lack_status, unlisted
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.shared import Shared
from jemmo.connectors.flatchr.windows import Walk, Window
from jemmo.connectors.flatchr.wire import Row, key_of, rows, whole
from jemmo.domain.errors import TransientError
from jemmo.domain.validation import text
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
    recent          that of the pages: ``True`` while what changed lately is still to be sent, before the walk begins
    """

    part: int = ACTIVE
    day: date | None = None
    span: int = 0
    covers: bool = True
    archived_seen: bool = False
    recent: bool | None = None


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
        self.limits = set(settings.suspicious)  # sizes at which an answer may have been cut
        self._whole: set[tuple[bool, Window, int, int]] = set()  # answers shown to have been not

    def forget(self) -> None:
        self._answers.clear()

    async def slices(
        self, reader: str, since: datetime | None, place: Place | None = None
    ) -> AsyncIterator[Slice]:
        """All applicants, or those changed since a moment, from ``place`` on.

        A limit that nobody knows of is found out: see ``Doubts``.
        """
        span = self._span(since)
        place = place or Place()
        resumed = place.day is not None or place.part != ACTIVE
        before: dict[str, Row] = {}
        while True:
            walk = await self._walk(reader, span, place)
            doubts = Doubts(self.limits)
            while not walk.is_done:
                window = walk.window
                found = await self._rows_of(reader, span, window, place.part)
                use, walk = walk.after(len(found), self.limits)
                if not use:
                    continue
                step = await self._slice(reader, span, window, place, found)
                for doubt in doubts.after(window, found, is_last=walk.is_done):
                    async for more in self._doubted(reader, span, place, doubt):
                        # Windows before a place that was kept may have been cut too.
                        place = replace(place, covers=place.covers and more.covers and not resumed)
                        yield replace(more, after=place, covers=place.covers)
                if not place.covers:
                    step = _uncovered(step)
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

    async def recent(self, reader: str, since: datetime) -> Slice | None:
        """The active applicants that changed since a moment, ahead of a walk that meets them all again.

        It is one request, in smaller parts where its answer may have been cut, and nothing is proved by it. ``None``
        for an older account, whose rows do not say who is archived.
        """
        span = self._span(since - days(self._settings.overlap_days))
        length = (span.end - span.first).days + 1
        walk = Walk(day=span.first, end=span.end, span=length, usual=length)
        everyone: list[Row] = []
        while not walk.is_done:
            window = walk.window
            found = await self._ask(reader, span, window, ACTIVE)
            if lack_status(found):
                return None
            use, walk = walk.after(len(found), self.limits)
            everyone += found if use else []
        window = Window(span.first, span.end)
        once = _joined([], everyone)  # windows overlap
        return Slice(rows=once, window=window, part=ACTIVE, after=None, covers=True)

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

    async def _doubted(
        self, reader: str, span: Span, place: Place, doubt: Doubt
    ) -> AsyncIterator[Slice]:
        """What a window holds beyond its answer, read in smaller parts if they show that there is more."""
        window, size = doubt.window, len(doubt.found)
        key = span.by_update, window, place.part, size
        if key in self._whole:
            return
        if size not in self.limits and not await self._has_more(
            f"{reader}, in parts", span, window, place.part, doubt.found
        ):
            self._whole.add(key)
            return
        self.limits.add(size)
        half = max(1, window.days // 2)
        walk = Walk(day=window.first, end=window.last, span=half, usual=half)
        while not walk.is_done:
            part = walk.window
            found = await self._rows_of(reader, span, part, place.part)
            use, walk = walk.after(len(found), self.limits)
            if use:
                yield await self._slice(reader, span, part, place, found)

    async def _has_more(
        self, reader: str, span: Span, window: Window, part: int, found: list[Row]
    ) -> bool:
        """Whether smaller parts of a window show rows that its answer lacks.

        A part that is as large as that answer may have been cut as well, so it is looked at in parts again: two halves
        of the rows, by column where days are too few to differ, and a column by vacancy.
        """
        known, size = _ids(found), len(found)
        if window.days > 2 * self._settings.overlap_days + 1:
            middle = self._middle(window, found, by_update=span.by_update)
            for half in (Window(window.first, middle - days(1)), Window(middle, window.last)):
                rows_ = await self._rows_of(reader, span, half, part)
                if not _ids(rows_) <= known:
                    return True
                if len(rows_) == size:
                    return await self._has_more(reader, span, half, part, rows_)
            return False
        only = ONLY_ACTIVE if part == ACTIVE and lack_status(found) else {}
        for title in (await self._account.columns(reader)).titles:
            rows_ = await self._ask(reader, span, window, part, column=title, **only)
            if len(rows_) == size:
                rows_, _ = await self._by_vacancy(reader, span, window, part, title, rows_)
            if not _ids(rows_) <= known:
                return True
        return False

    def _middle(self, window: Window, found: list[Row], *, by_update: bool) -> date:
        """The first day of the second half of these rows, so that neither half is all of them."""
        field, zone = "updated_at" if by_update else "created_at", self._settings.zone
        times = sorted(when for row in found if (when := moment(row.get(field), zone)))
        if not times:
            return window.first + days(window.days // 2)
        middle = times[len(times) // 2].astimezone(zone).date()
        return min(max(middle, window.first + days(1)), window.last)

    # --- one window ---

    async def _rows_of(self, reader: str, span: Span, window: Window, part: int) -> list[Row]:
        """The rows of a window, which of older accounts hold archived applicants unless active ones are asked for."""
        found = await self._ask(reader, span, window, part)
        if part == ACTIVE and lack_status(found):
            found = await self._ask(reader, span, window, ACTIVE, **ONLY_ACTIVE)
        return found

    async def _slice(
        self, reader: str, span: Span, window: Window, place: Place, found: list[Row]
    ) -> Slice:
        step = await self._step(reader, span, window, place, found)
        rows_ = await self._numbered(reader, span, window, place.part, step.rows)
        return replace(step, rows=rows_)

    async def _step(
        self, reader: str, span: Span, window: Window, place: Place, found: list[Row]
    ) -> Slice:
        covers = place.covers
        notes: tuple[str, ...] = ()
        if len(found) in self.limits:
            found, whole = await self._divide(reader, span, window, place.part, found)
            covers = covers and whole
            notes = () if whole else ("list_may_be_cut",)
        if place.part == ARCHIVED and lack_status(found):
            others = await self._ask(f"{reader}, opposite", span, window, ACTIVE, **ONLY_ACTIVE)
            if _ids(found) != _ids(others):  # so the filter works, and tells what the rows do not
                found = [row | {"status": 0} for row in found]
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

    async def _numbered(
        self, reader: str, span: Span, window: Window, part: int, found: list[Row]
    ) -> list[Row]:
        """The rows with the numbers of their vacancies, which those of older accounts name by title alone.

        Where several have a title, each is asked for its own applicants. A title that is not listed gets a number
        below zero.
        """
        titles = {text(row.get("vacancy")) for row in found if row.get("vacancy_id") is None} - {
            None
        }
        if not titles:
            return found
        by_title = (
            await self._account.vacancies(f"{reader}, titles of {part} {window.first}")
        ).by_title
        numbers: dict[str | None, int | None] = {}
        of_applicants: dict[str | None, int | None] = {}
        for title in titles:
            vacancies = by_title.get(title or "", [])
            if len(vacancies) < 2:
                numbers[title] = whole(vacancies[0]["vacancy_id"]) if vacancies else unlisted(title)
                continue
            for one in vacancies:
                own = await self._ask(reader, span, window, part, vacancy=str(one.get("id")))
                of_applicants |= dict.fromkeys(_ids(own), whole(one["vacancy_id"]))
        return [
            row
            if row.get("vacancy_id") is not None
            else row
            | {
                "vacancy_id": of_applicants.get(
                    key_of(row, "applicant"), numbers.get(text(row.get("vacancy")))
                )
            }
            for row in found
        ]

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
            if len(rows_) in self.limits:
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
            whole = whole and len(rows_) not in self.limits
            parts += rows_
        return _joined(found, parts), whole and _ids(found) <= _ids(parts)

    async def _ask(
        self, reader: str, span: Span, window: Window, part: int, **more: str | int
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
        if len(found) in self.limits and window.days == 1:
            found, _ = await self._divide(reader, span, window, part, found)
        mine = [row for row in found if key_of(row, "applicant") == remote_id]
        if part == ARCHIVED and lack_status(mine):
            mine = [row | {"status": 0} for row in mine]
        return next(iter(await self._numbered(reader, span, window, part, mine)), None)


def unproved() -> TransientError:
    return TransientError(
        "Flatchr's list of applicants could not be read to a proved end, so it cannot be said who is gone.",
        code="list_may_be_cut",
    )


def _parts(found: list[Row]) -> list[list[Row]]:
    """At least one. The search has no pages: an answer may hold more than should be mapped at once."""
    return [found[at : at + MOST_ROWS] for at in range(0, len(found), MOST_ROWS)] or [[]]


def _uncovered(step: Slice) -> Slice:
    after = replace(step.after, covers=False) if step.after else None
    return replace(step, after=after, covers=False)


def _ids(found: list[Row]) -> set[str | None]:
    return {key_of(row, "applicant") for row in found}


def _joined(found: list[Row], parts: list[Row]) -> list[Row]:
    """Both, each applicant once; rows without an id stay, to be rejected."""
    kept: dict[object, Row] = {}
    for row in (*found, *parts):
        kept[key_of(row, "applicant") or id(row)] = row
    return list(kept.values())
