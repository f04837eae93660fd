"""Detects the undocumented size at which a search truncates its responses. Pure."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from msgspec import Struct

from jemmo.connectors.by_day.windows import Window

LEAST_LIMIT = 10  # rows; no known search truncates smaller responses


class Doubt(Struct, frozen=True):
    """A window whose response may have been truncated."""

    window: Window
    rows: list[dict[str, Any]]


class Doubts:
    """The responses of a pass that an unknown limit may have truncated.

    A limit truncates every response at the same size, and no response is larger. So only the largest response can have
    been truncated, or several of equal size. Sizes in ``limits`` are known limits and handled elsewhere.
    """

    def __init__(self, limits: Container[int]) -> None:
        self._limits = limits
        self._largest = LEAST_LIMIT - 1
        self._first: Doubt | None = None

    def after(self, window: Window, rows: list[dict[str, Any]], *, is_last: bool) -> list[Doubt]:
        """Return windows to check in smaller parts now: at the second response of the largest size, and at the end."""
        doubts: list[Doubt | None] = []
        size, doubt = len(rows), Doubt(window, rows)
        if size > self._largest:
            self._largest = size
            self._first = None if size in self._limits else doubt
        elif size == self._largest and size not in self._limits:
            doubts, self._first = [self._first, doubt], None
        if is_last:
            doubts, self._first = [*doubts, self._first], None
        return [doubt for doubt in doubts if doubt]
