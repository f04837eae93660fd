"""What a first sync will take. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct

PROMISES = ((100, 1, 5), (500, 5, 15), (1000, 15, 30), (5000, 30, 60))
"""Up to so many records, so many minutes at least and at most."""
LONGEST = (60, 24 * 60)


class Pace(Struct, frozen=True, kw_only=True):
    """How fast an ATS lets itself be read."""

    requests_per_second: float
    records_per_request: int


class FirstSync(Struct, frozen=True, kw_only=True):
    """What the ATS holds, as it told itself, and what reading it takes.

    ``requests`` and ``seconds`` are ``None`` where the ATS tells no counts. ``promised`` are minutes, from and to.
    """

    totals: dict[str, int]
    records: int
    requests: int | None
    seconds: float | None
    promised: tuple[int, int]


def first_sync(totals: Mapping[str, int], pace: Pace | None) -> FirstSync:
    """The plan for what a connection test counted."""
    records = sum(totals.values())
    requests = seconds = None
    if totals and pace is not None:
        requests = sum(-(-count // pace.records_per_request) for count in totals.values())
        requests = max(requests, len(totals))
        seconds = requests / pace.requests_per_second
    return FirstSync(
        totals=dict(totals),
        records=records,
        requests=requests,
        seconds=seconds,
        promised=promised(totals.get("jobs", 0) + totals.get("talents", 0)),
    )


def promised(records: int) -> tuple[int, int]:
    """The range of minutes that users are promised for a first sync of so many jobs and talents."""
    for most, low, high in PROMISES:
        if records <= most:
            return low, high
    return LONGEST


def left(seconds_so_far: float, seen: int, total: int | None) -> timedelta | None:
    """How long a read under way still takes, if it goes on as it went; ``None`` while that is a guess."""
    if not total or seen <= 0 or seconds_so_far < 1 or seen >= total:
        return None
    return timedelta(seconds=seconds_so_far * (total - seen) / seen)
