"""Divides time into windows for searches by day. Pure.

Windows are contiguous and don't overlap: every day is in exactly one.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from jemmo.connectors.moments import days

EARLIEST = date(2000, 1, 1)
"""Earlier than any record; two-digit years start here."""

FEW, MANY = 300, 4000
"""With fewer rows the next window is twice as long, with more than ``MANY`` half as long."""

LONGEST = 366


class Window(Struct, frozen=True):
    """A range of days, including the first and the last."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def split(self, middle: date) -> tuple[Window, Window]:
        """Split into two windows, the second starting at ``middle``."""
        return Window(self.first, middle - days(1)), Window(middle, self.last)


class Span(Struct, frozen=True):
    """The range of a walk: all days by creation, or those since ``first`` by last change."""

    first: date
    end: date
    by_update: bool

    @property
    def whole(self) -> Window:
        return Window(self.first, self.end)

    @classmethod
    def since(cls, moment: datetime | None, zone: ZoneInfo) -> Span:
        """Return the range up to tomorrow. The account's and the server's dates may differ; the earlier one counts."""
        end = datetime.now(zone).date() + days(1)
        if moment is None:
            return cls(EARLIEST, end, by_update=False)
        first = min(moment.astimezone(zone).date(), moment.astimezone(UTC).date())
        return cls(min(first, end), end, by_update=True)


class DayFilter(Struct, frozen=True, kw_only=True):
    """The date filter of a search: the names of its two bounds, and the format in which days are ``written``."""

    created: tuple[str, str]
    changed: tuple[str, str]
    written: Callable[[date], str]

    def criteria(self, span: Span, window: Window, overlap: int) -> dict[str, Any]:
        """Return the filter for a window, ``overlap`` days wider on both sides in case its bounds are exclusive.

        The filter is open at both ends of the span, so that no record is left out.
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
    """The position of a walk through the days up to ``end``: the next day, and the number of days to request.

    ``usual`` is the length to return to after a stretch without rows.
    """

    day: date
    end: date
    span: int
    usual: int

    @classmethod
    def through(cls, window: Window, length: int | None = None) -> Walk:
        """Walk through a window ``length`` days at a time, by default all at once."""
        length = length or window.days
        return cls(day=window.first, end=window.last, span=length, usual=length)

    @property
    def window(self) -> Window:
        return Window(self.day, min(self.end, self.day + days(self.span - 1)))

    @property
    def is_done(self) -> bool:
        return self.day > self.end

    def after(self, size: int, suspicious: Container[int]) -> tuple[bool, Walk]:
        """Return whether to use this window's response of ``size`` rows, and where to continue.

        A suspicious response is dropped and half of its days are requested, down to a single day.
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
