"""Finds out at which size a search cuts its answers, where nobody knows. Pure."""

from __future__ import annotations

from collections.abc import Container

from msgspec import Struct

from jemmo.connectors.flatchr.windows import Window
from jemmo.connectors.flatchr.wire import Row

LEAST_LIMIT = 10  # rows; no search is known to give fewer at most


class Doubt(Struct, frozen=True):
    """A window whose answer may have been cut."""

    window: Window
    found: list[Row]


class Doubts:
    """Which answers of a pass may have been cut by a limit that nobody knows of.

    Such a limit cuts all that it cuts at the same size, and no answer is larger. So only the largest answer can have
    been cut, or several if they are equal. ``limits`` are known and need no doubt.
    """

    def __init__(self, limits: Container[int]) -> None:
        self._limits = limits
        self._largest = LEAST_LIMIT - 1
        self._first: Doubt | None = None

    def after(self, window: Window, found: list[Row], *, is_last: bool) -> list[Doubt]:
        """The windows to ask for in smaller parts now: with the second of equal size, and at the end."""
        doubts: list[Doubt | None] = []
        size, doubt = len(found), Doubt(window, found)
        if size > self._largest:
            self._largest = size
            self._first = None if size in self._limits else doubt
        elif size == self._largest and size not in self._limits:
            doubts, self._first = [self._first, doubt], None
        if is_last:
            doubts, self._first = [*doubts, self._first], None
        return [one for one in doubts if one]
