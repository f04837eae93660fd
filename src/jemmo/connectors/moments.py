"""Parses times as ATSs write them: French dates, ISO 8601, Unix timestamps. Nothing here raises."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jemmo.domain.validation import parse_time, utc

_FRENCH = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})")
_MILLISECONDS = 10**11  # larger timestamps can't be in seconds


def moment(value: Any, zone: ZoneInfo) -> datetime | None:
    """Parse ``DD/MM/YY`` (midnight in ``zone``), ISO 8601 or a Unix timestamp; else ``None``.

    >>> moment("12/03/25", ZoneInfo("Europe/Paris"))
    datetime.datetime(2025, 3, 11, 23, 0, tzinfo=datetime.timezone.utc)
    """
    if isinstance(value, str):
        return _french(value.strip(), zone) or parse_time(value) or _seconds(value.strip())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(value)
    return None


def day_of(value: Any, zone: ZoneInfo) -> date | None:
    """Return the date of that time in ``zone``."""
    when = moment(value, zone)
    return when.astimezone(zone).date() if when else None


def days(count: int) -> timedelta:
    return timedelta(days=count)


def _french(text: str, zone: ZoneInfo) -> datetime | None:
    match = _FRENCH.fullmatch(text)
    if match is None:
        return None
    day, month, year = (int(part) for part in match.groups())
    try:
        when = date(2000 + year if year < 100 else year, month, day)
        return utc(datetime.combine(when, time(), zone))
    except (ValueError, OverflowError):
        return None


def _seconds(text: str) -> datetime | None:
    return _epoch(int(text)) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _epoch(value: float) -> datetime | None:
    try:
        seconds = value / 1000 if abs(value) > _MILLISECONDS else value
        return utc(datetime.fromtimestamp(seconds, UTC)) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
