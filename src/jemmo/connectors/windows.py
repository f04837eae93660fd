"""Divides time into the windows that a search by day asks for. Pure.

Windows follow each other without a gap or an overlap: every day is in exactly one.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from jemmo.connectors.moments import days

EARLIEST = date(2000, 1, 1)
"""Before any record; two-digit years begin here."""

FEW, MANY = 300, 4000
"""After fewer rows the next window is twice as long, after more than many half as long."""

LONGEST = 366


class Window(Struct, frozen=True):
    """Some days, including the first and the last."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def split(self, middle: date) -> tuple[Window, Window]:
        """Two windows, of which the second begins at ``middle``."""
        return Window(self.first, middle - days(1)), Window(middle, self.last)


class Span(Struct, frozen=True):
    """The range of a walk: all days by creation, or those since ``first`` by the last change."""

    first: date
    end: date
    by_update: bool

    @property
    def whole(self) -> Window:
        return Window(self.first, self.end)

    @classmethod
    def since(cls, moment: datetime | None, zone: ZoneInfo) -> Span:
        """Up to tomorrow. Near midnight the account's day and its server's may differ, so the earlier one counts."""
        end = datetime.now(zone).date() + days(1)
        if moment is None:
            return cls(EARLIEST, end, by_update=False)
        first = min(moment.astimezone(zone).date(), moment.astimezone(UTC).date())
        return cls(min(first, end), end, by_update=True)


class DayFilter(Struct, frozen=True, kw_only=True):
    """How a search is limited to days: the names of its two bounds, and how it wants a day ``written``."""

    created: tuple[str, str]
    changed: tuple[str, str]
    written: Callable[[date], str]

    def criteria(self, span: Span, window: Window, overlap: int) -> dict[str, Any]:
        """The filter for a window, ``overlap`` days wider on both sides in case its bounds are exclusive.

        The filter is open at both ends of the span, so nothing is outside.
        """
        start, end = self.changed if span.by_update else self.created
        criteria = {}
        if window.first > span.first:
            criteria[start] = self.written(window.first - days(overlap))
        elif span.by_update:
            criteria[start] = self.written(window.first)
        if window.last < span.end:
            criteria[end] = self.written(window.last + days(overlap))
        return criteria


class Walk(Struct, frozen=True, kw_only=True):
    """How far a walk through the days up to ``end`` is: the next day, and how many days to ask for.

    ``usual`` is the length to come back to after a stretch without rows.
    """

    day: date
    end: date
    span: int
    usual: int

    @classmethod
    def through(cls, window: Window, length: int | None = None) -> Walk:
        """Through a window, ``length`` days at a time, by default all of them at once."""
        length = length or window.days
        return cls(day=window.first, end=window.last, span=length, usual=length)

    @property
    def window(self) -> Window:
        return Window(self.day, min(self.end, self.day + days(self.span - 1)))

    @property
    def is_done(self) -> bool:
        return self.day > self.end

    def after(self, size: int, suspicious: Container[int]) -> tuple[bool, Walk]:
        """Whether to use this window's answer of ``size`` rows, and where to continue.

        A suspicious answer is dropped and half of its days are requested, until one day is left.
        """
        window = self.window
        if size in suspicious and window.days > 1:
            return False, self._as(self.day, window.days // 2)
        return True, self._as(window.last + days(1), self._next_span(window.days, size))

    def _next_span(self, span: int, size: int) -> int:
        if span > LONGEST:
            return self.usual
        if size < FEW:
            return min(span * 2, LONGEST)
        return max(1, span // 2) if size > MANY else span

    def _as(self, day: date, span: int) -> Walk:
        return Walk(day=day, end=self.end, span=span, usual=self.usual)
