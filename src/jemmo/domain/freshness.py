"""How current the data on a page is, derived here only. docs/counts-and-times.md defines the terms.

A stream's sync time is the start of the last complete pass: every earlier change in the ATS is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from jemmo.domain.entities import PERSONAL_STREAMS
from jemmo.domain.streams import Stream

Times = Mapping[str, datetime | None]
"""When each stream of a connection was last synced, from its checkpoints."""

PAGES: dict[str, tuple[Stream, ...]] = {
    "jobs": (Stream.JOBS,),
    "talents": (Stream.TALENTS, Stream.APPLICATIONS),
}
"""The streams shown on each page, its main stream first; an ATS may lack the others."""

_OF_APPLICATIONS = (Stream.REJECT_REASONS, *PERSONAL_STREAMS)
READ_FOR: dict[str, tuple[Stream, ...]] = {
    "jobs": tuple(stream for stream in Stream if stream not in _OF_APPLICATIONS),
    "talents": (Stream.STAGES, *_OF_APPLICATIONS),
}
"""The streams that a sync of one page reads, and ``--only``."""

COVERED_BY = {page: ("", page) for page in PAGES}
"""The scopes of runs that read a page's streams."""


def page_synced_at(page: str, times: Times) -> datetime | None:
    """Return when all data of one connection on a page was last synced; ``None`` before the first sync."""
    own, *others = PAGES[page]
    moments = [times.get(own), *(times[name] for name in others if name in times)]
    return _oldest_if_all(moments)


def synced_at(times: Times) -> datetime | None:
    """Return the oldest sync time over a connection's pages; ``None`` until every page was synced."""
    return _oldest_if_all([page_synced_at(page, times) for page in PAGES])


def oldest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the oldest time over several connections, ignoring those never synced, since they have no data to show."""
    return min((moment for moment in moments if moment), default=None)


def _oldest_if_all(moments: list[datetime | None]) -> datetime | None:
    known = [moment for moment in moments if moment is not None]
    return min(known) if len(known) == len(moments) else None
