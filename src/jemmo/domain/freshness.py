"""How old the data on a page are: the one place that derives it. docs/counts-and-times.md defines the terms.

A stream is as of the start of the last pass that read it to a proved end: all that the ATS changed before is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from jemmo.domain.streams import Stream

Times = Mapping[str, datetime | None]
"""When each stream of a connection was last synced, as its checkpoints have it."""

PAGES: dict[str, tuple[Stream, ...]] = {
    "jobs": (Stream.JOBS,),
    "talents": (Stream.TALENTS, Stream.APPLICATIONS),
}
"""The streams whose records a page shows, its own first; an ATS may lack the others."""

COVERED_BY = {page: ("", page) for page in PAGES}
"""The scopes of runs that read a page's streams."""


def page_synced_at(page: str, times: Times) -> datetime | None:
    """When all that a page shows of one connection was last synced; ``None`` before the first time."""
    own, *others = PAGES[page]
    moments = [times.get(own), *(times[name] for name in others if name in times)]
    return _oldest_if_all(moments)


def synced_at(times: Times) -> datetime | None:
    """The oldest of a connection's pages; ``None`` while one of them was never synced."""
    return _oldest_if_all([page_synced_at(page, times) for page in PAGES])


def oldest(moments: Iterable[datetime | None]) -> datetime | None:
    """The oldest over several connections. One that was never synced has nothing to show, so nothing is that old."""
    return min((moment for moment in moments if moment), default=None)


def _oldest_if_all(moments: list[datetime | None]) -> datetime | None:
    known = [moment for moment in moments if moment is not None]
    return min(known) if len(known) == len(moments) else None
