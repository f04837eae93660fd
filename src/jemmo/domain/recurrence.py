"""Recurring times as five cron fields: minute, hour, day, month, weekday."""

from __future__ import annotations

from datetime import UTC, datetime

from croniter import CroniterBadDateError, CroniterError, croniter

PARTS = 5
YEARS = 2
_AFTER_A_LEAP_DAY = datetime(
    2001, 3, 1, tzinfo=UTC
)  # a time that occurs within two years of this date occurs in any two years


def is_soon(cron: str) -> bool:
    """Whether it recurs at least every two years.

    >>> is_soon("0 19 * * 6"), is_soon("0 0 30 2 *"), is_soon("0 25 * * 6")
    (True, False, False)
    """
    if len(cron.split()) != PARTS:
        return False
    try:
        croniter(cron, _AFTER_A_LEAP_DAY, max_years_between_matches=YEARS).get_next(datetime)
    except CroniterError:
        return False
    return True


def last_before(cron: str, now: datetime) -> datetime | None:
    """Return the last occurrence before ``now``; ``None`` if there is none. Raises ``ValueError`` if invalid."""
    try:
        last: datetime = croniter(cron, now).get_prev(datetime)
    except CroniterBadDateError:
        return None
    return last
