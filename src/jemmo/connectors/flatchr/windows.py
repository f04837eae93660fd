"""Cuts time into the windows a search asks for, so that no answer is so large that it may be cut. Pure.

Flatchr neither numbers its pages nor says how many rows there are. A window whose answer has a suspicious size, one
at which an unknown limit may lie, is asked again in halves. Windows follow each other without gap or
overlap: every day is in exactly one.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import date

from msgspec import Struct

from jemmo.connectors.flatchr.dates import days

FEW, MANY = 300, 4000
"""After fewer rows the next window is twice as long, after more than many half as long."""

LONGEST = 366


class Window(Struct, frozen=True):
    """Some days, the first and the last included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


class Walk(Struct, frozen=True, kw_only=True):
    """Where a walk through the days up to ``end`` stands: the next day, and how many days to ask for.

    ``usual`` is the length to come back to after a stretch without rows.
    """

    day: date
    end: date
    span: int
    usual: int

    @property
    def window(self) -> Window:
        return Window(self.day, min(self.end, self.day + days(self.span - 1)))

    @property
    def is_done(self) -> bool:
        return self.day > self.end

    def after(self, size: int, suspicious: Container[int]) -> tuple[bool, Walk]:
        """Whether this window's answer of ``size`` rows is to be used, and where to go on.

        A suspicious answer is dropped and half of its days are asked for, until one day is left.
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
