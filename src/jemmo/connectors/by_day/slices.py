"""Slices of a list that is walked in windows, and the position stored in a checkpoint. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.by_day.windows import Window
from jemmo.domain.streams import Page, Start

MOST_ROWS = 1000  # rows mapped at a time

Row = dict[str, Any]


class Place(Struct, frozen=True, kw_only=True):
    """The position of a walk through all windows, as stored in a checkpoint.

    part            the pass: an index of ``DaySearch.passes``
    day, span       where that pass continues, and the window's length in days
    covers          nothing was skipped so far
    archived_seen   the first pass has shown rows of the second, such as archived ones
    recent          as in ``Page``: ``True`` while recent changes are still to be sent, before the walk begins
    """

    part: int = 0
    day: date | None = None
    span: int = 0
    covers: bool = True
    archived_seen: bool = False
    recent: bool | None = None


class Slice(Struct, frozen=True, kw_only=True):
    """The rows of one window. ``after`` is where to continue, ``None`` at the end."""

    rows: list[Row]
    window: Window
    part: int
    after: Place | None = None
    covers: bool = True
    notes: tuple[str, ...] = ()


def place_of(start: Start) -> Place:
    """Return where a pass starts or continues."""
    if start.cursor:
        return msgspec.json.decode(start.cursor, type=Place)
    return Place(recent=bool(start.recent) or None)


def cursor_of(place: Place) -> str:
    return msgspec.json.encode(place).decode()


def following(step: Slice) -> dict[str, Any]:
    """Return attributes of ``Page`` for these rows: where to continue, and whether they are complete."""
    after = step.after
    return {
        "cursor": after and cursor_of(after),
        "recent": after and after.recent,
        "covers": step.covers,
    }


def sent_early(page: Page) -> list[Page]:
    """Return a page's records to show early; the following walk reads and counts them again."""
    starts = range(0, len(page.raw), MOST_ROWS) or range(1)
    return [
        replace(
            page,
            raw=[],
            beside=(replace(page, raw=page.raw[start : start + MOST_ROWS]),),
            cursor=cursor_of(Place(recent=start != starts[-1])),
            recent=start != starts[-1],
        )
        for start in starts
    ]


def in_parts(rows: list[Row]) -> list[list[Row]]:
    """Split rows into at least one part, since an unpaginated response may be too large to map at once."""
    return [rows[start : start + MOST_ROWS] for start in range(0, len(rows), MOST_ROWS)] or [[]]
