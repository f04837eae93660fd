"""The four status colors of a connection, the same everywhere. Pages show words next to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

FRESH = timedelta(hours=24)


class Colour(StrEnum):
    """Green: synced within 24 h. Yellow: longer ago, or file errors. Red: failed. Loading: in progress."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    LOADING = "loading"


def colour(
    *,
    last_success_at: datetime | None,
    last_error: Mapping[str, object] | None,
    running: bool,
    now: datetime,
    files_error: Mapping[str, object] | None = None,
) -> Colour:
    """Return the color of the status dot. A connection that was never synced is yellow."""
    if running:
        return Colour.LOADING
    if last_error:
        return Colour.RED
    is_fresh = last_success_at is not None and now - last_success_at <= FRESH
    if is_fresh and not files_error:
        return Colour.GREEN
    return Colour.YELLOW
