"""Estimates the duration and progress of a first sync, for pages and the command line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from math import ceil

from msgspec import Struct

from jemmo.domain.numbers import RECORDS
from jemmo.domain.streams import Checkpoint, Stream

PROMISES = ((100, 1, 5), (500, 5, 15), (1000, 15, 30), (5000, 30, 60))
"""Rows of maximum records, minimum minutes, maximum minutes."""
UNBOUNDED = (60, 24 * 60)
"""Minutes promised for more records than any row covers."""
MIN_ELAPSED = timedelta(seconds=2)  # a shorter time gives no reliable pace


class FirstSyncRow(Struct, frozen=True, kw_only=True):
    """How long a first sync takes: ``low`` to ``high`` minutes for ``least`` to ``most`` jobs and talents.

    Without ``most``, the number of records has no upper limit.
    """

    least: int
    most: int | None
    low: int
    high: int


FIRST_SYNCS = tuple(
    FirstSyncRow(least=least, most=most, low=low, high=high)
    for least, (most, low, high) in zip(
        (0, *(most + 1 for most, _, _ in PROMISES)), (*PROMISES, (None, *UNBOUNDED)), strict=True
    )
)
"""The promises as a table."""


class Pace(Struct, frozen=True, kw_only=True):
    """How fast an ATS can be read."""

    requests_per_second: float
    records_per_request: int


class FirstSync(Struct, frozen=True, kw_only=True):
    """The ATS's own record counts, and how long reading them takes.

    ``promised`` is a range of minutes. If the ATS doesn't count both jobs and talents, it is ``None``, and so are
    ``requests`` and ``seconds``, since an estimate without the talents would be far too low.
    """

    totals: dict[str, int]
    records: int
    requests: int | None
    seconds: float | None
    promised: tuple[int, int] | None


def first_sync(totals: Mapping[str, int], pace: Pace | None) -> FirstSync:
    """Return the estimate for the totals of a connection test."""
    records = sum(totals.values())
    is_counted = totals.keys() >= {Stream.JOBS, Stream.TALENTS}
    requests = seconds = None
    if is_counted and pace is not None:
        requests = sum(-(-count // pace.records_per_request) for count in totals.values())
        requests = max(requests, len(totals))
        seconds = requests / pace.requests_per_second
    return FirstSync(
        totals=dict(totals),
        records=records,
        requests=requests,
        seconds=seconds,
        promised=promised(totals[Stream.JOBS] + totals[Stream.TALENTS]) if is_counted else None,
    )


def promised(records: int) -> tuple[int, int]:
    """Return the range of minutes promised to users for a first sync of this many jobs and talents."""
    for most, low, high in PROMISES:
        if records <= most:
            return low, high
    return UNBOUNDED


class Progress(Struct, frozen=True, kw_only=True):
    """The progress of a sync that has read ``seen`` of ``total`` records.

    ``total`` is ``None`` if the ATS doesn't count its records. ``left`` is the time remaining at the current pace,
    ``None`` while that would be a guess. ``recent_ready``: everything that changed in the last 30 days is stored.
    """

    seen: int
    total: int | None
    left: timedelta | None
    recent_ready: bool = False


def progress(
    points: Mapping[str, Checkpoint],
    expected: Mapping[str, int],
    *,
    streams: Iterable[str] = RECORDS,
    read: int,
    elapsed: timedelta,
) -> Progress:
    """Return the progress of a pass over these streams, ``read`` being the records read in the time ``elapsed``.

    ``expected`` are the totals of the connection test. They count for streams that haven't started, so that the total
    doesn't grow with each stream. Without them, the total is unknown.
    """
    counted = [_count(points.get(name), expected[name]) for name in streams if name in expected]
    seen = sum(points[name].seen for name in streams if name in points)
    if not counted:
        return Progress(seen=seen, total=None, left=None)
    total = max(sum(counted), seen)
    return Progress(seen=seen, total=total, left=_left(read, total - seen, elapsed))


def _count(point: Checkpoint | None, expected: int) -> int:
    """Return the ATS's latest count of a stream, or the actual number once the stream is read."""
    if point is None:
        return expected
    if point.done:
        return point.seen
    return max(point.seen, expected if point.total is None else point.total)


def _left(read: int, missing: int, elapsed: timedelta) -> timedelta | None:
    if read <= 0 or missing <= 0 or elapsed < MIN_ELAPSED:
        return None
    return elapsed * (missing / read)


def rounded(left: timedelta) -> tuple[str, int]:
    """The time left in ``minutes`` or ``hours``; 0 minutes means less than one.

    Longer times are rounded more coarsely, so that the display changes rarely.
    """
    minutes = left.total_seconds() / 60
    if minutes < 1:
        return "minutes", 0
    if minutes < 10:
        return "minutes", ceil(minutes)
    if minutes < 90:
        return "minutes", 5 * ceil(minutes / 5)
    return "hours", ceil(minutes / 60)
