"""Decides when a connection's next sync starts. Pure: the clock is passed in.

Each connection has its own slot in the interval, derived from its id, so that a thousand organizations don't start in
the same second.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from hashlib import blake2b
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from jemmo.domain.typed_values import zone_or_none

LATE_AFTER = timedelta(minutes=15)
SLOW_AT_LEAST = timedelta(minutes=5)
ENOUGH_PAST = 3  # earlier runs to compare with

FIRST_RETRY = timedelta(minutes=15)
FARTHEST = timedelta(days=8)
"""A next start that is further ahead was stored while the clock was wrong."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


EVERY_HOURS = 6.0  # between two syncs, if the stored value is invalid


class Window(Struct, frozen=True, kw_only=True):
    """A weekly period in local time. If ``end`` is not after ``start``, it ends on the next day.

    ``days`` are the days on which it begins, 0 for Monday.
    """

    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    start: time
    end: time

    def near(self, moment: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
        """Return its occurrences from the day before ``moment`` to a week after, in UTC."""
        today = moment.astimezone(zone).date()
        occurrences = []
        for ahead in range(-1, 9):
            day = today + timedelta(days=ahead)
            if day.weekday() in self.days:
                last = day if self.end > self.start else day + timedelta(days=1)
                begin = datetime.combine(day, self.start, zone).astimezone(UTC)
                occurrences.append((begin, datetime.combine(last, self.end, zone).astimezone(UTC)))
        return occurrences


NIGHTS = (Window(start=time(22), end=time(5)),)
"""Off-peak hours, unless the organization chose others."""


class FirstSync(StrEnum):
    """When the first sync of a new connection starts."""

    NOW = "now"
    TONIGHT = "tonight"


class Plan(Struct, frozen=True, kw_only=True):
    """An organization's settings. No sync starts automatically during its ``quiet`` hours."""

    time_zone: str = "UTC"
    quiet: tuple[Window, ...] = ()
    first_sync: FirstSync = FirstSync.NOW
    off_peak: tuple[Window, ...] = NIGHTS

    @property
    def zone(self) -> ZoneInfo:
        """The time zone; UTC if this machine doesn't know it."""
        return zone_or_none(self.time_zone) or ZoneInfo("UTC")

    def first_due(self, now: datetime) -> datetime:
        """Return when the first sync of a connection created now starts."""
        return now if self.first_sync is FirstSync.NOW else self.tonight(now)

    def tonight(self, now: datetime) -> datetime:
        """Return when the next off-peak hours begin, or ``now`` during them."""
        near = [
            occurrence for window in self.off_peak for occurrence in window.near(now, self.zone)
        ]
        if not near or any(begin <= now < end for begin, end in near):
            return now
        return min(begin for begin, _ in near if begin > now)

    def after_quiet(self, moment: datetime) -> datetime:
        """Return ``moment``, or the end of the quiet hours it is in."""
        after = moment
        for _ in range(len(self.quiet) * len(DAYS) + 1):
            ends = [
                end
                for window in self.quiet
                for begin, end in window.near(after, self.zone)
                if begin <= after < end
            ]
            if not ends:
                return after
            after = max(ends)
        return moment  # quiet hours cover the whole week, so start now rather than never

    def is_quiet(self, moment: datetime) -> bool:
        return any(
            begin <= moment < end
            for window in self.quiet
            for begin, end in window.near(moment, self.zone)
        )

    def leaves_no_time(self, now: datetime) -> bool:
        """Whether the quiet hours take up the whole week."""
        return self.is_quiet(self.after_quiet(now))


def interval(hours: float) -> timedelta:
    """Return the time between two syncs; the default if ``hours`` is invalid.

    >>> interval(12), interval(0), interval(float("nan"))
    (datetime.timedelta(seconds=43200), datetime.timedelta(seconds=21600), datetime.timedelta(seconds=21600))
    """
    return timedelta(hours=hours if 0.01 <= hours <= 24 * 366 else EVERY_HOURS)


def next_due(
    connection_id: UUID,
    *,
    now: datetime,
    every: timedelta,
    plan: Plan,
    failures: int = 0,
    resume_at: datetime | None = None,
) -> datetime:
    """Return when to sync again after a run that ended ``now``.

    ``failures`` counts failures in a row: each doubles the pause, up to ``every``. ``resume_at`` is when the quota is
    available again.
    """
    if resume_at is not None:
        when = min(resume_at, now + FARTHEST / 2)
    elif failures:
        when = now + retry_pause(connection_id, failures, every)
    else:
        when = next_slot(connection_id, now, every)
    return plan.after_quiet(when)


def next_starts(
    connection_id: UUID, *, due_at: datetime, every: timedelta, plan: Plan, count: int
) -> list[datetime]:
    """Return the next starts, beginning with ``due_at``, assuming that syncs take no time and succeed."""
    starts = [due_at]
    while len(starts) < count:
        starts.append(next_due(connection_id, now=starts[-1], every=every, plan=plan))
    return starts


def next_slot(connection_id: UUID, now: datetime, every: timedelta) -> datetime:
    """Return the connection's next slot in the interval, skipping one that is about to begin."""
    first = datetime(2020, 1, 1, tzinfo=UTC) + every * place_of(connection_id)
    slot = first + every * ((now - first) // every + 1)
    return slot + every if slot - now < every / 24 else slot


def place_of(connection_id: UUID) -> float:
    """Return the connection's position in an interval: evenly distributed, from 0 up to but not including 1."""
    return int.from_bytes(blake2b(connection_id.bytes, digest_size=6).digest()) / 2**48


def retry_pause(connection_id: UUID, failures: int, every: timedelta) -> timedelta:
    """Return 15 minutes, doubled with each further failure up to ``every``, and varied by 10% per connection."""
    pause: timedelta = min(FIRST_RETRY * 2 ** min(failures - 1, 10), max(every, FIRST_RETRY))
    return pause * (0.9 + 0.2 * place_of(connection_id))


def is_slow(elapsed: timedelta, past: Sequence[timedelta]) -> bool:
    """Whether a run takes at least five minutes and three times as long as the longest earlier one."""
    return len(past) >= ENOUGH_PAST and elapsed > max(SLOW_AT_LEAST, 3 * max(past))


def parse_window(text: str) -> Window:
    """Parse ``mon-fri 08:00-10:00`` or ``22:00-06:00``. Raises ``ValueError``."""
    days, _, hours = text.strip().lower().rpartition(" ")
    start, _, end = hours.partition("-")
    return Window(
        days=_days(days) if days else tuple(range(7)),
        start=time.fromisoformat(start),
        end=time.fromisoformat(end),
    )


def write_window(window: Window) -> str:
    """Format a window as text that ``parse_window`` reads."""
    hours = f"{window.start:%H:%M}-{window.end:%H:%M}"
    if len(window.days) == len(DAYS):
        return hours
    return f"{','.join(DAYS[day] for day in window.days)} {hours}"


def _days(text: str) -> tuple[int, ...]:
    weekdays: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        weekdays += [day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)]
    return tuple(dict.fromkeys(weekdays))
