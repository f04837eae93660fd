"""The three ways Flatchr writes time, and the fourth in which it wants to be asked. Nothing here raises."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jemmo.domain.validation import parse_time, utc

EARLIEST = date(2000, 1, 1)
"""Two-digit years begin here."""

_FRENCH = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})")
_MILLISECONDS = 10**11  # a number above is no count of seconds since 1970 within reason


def moment(value: Any, zone: ZoneInfo) -> datetime | None:
    """A moment from ``DD/MM/YY`` (midnight where the company is), ISO 8601 or seconds since 1970; else ``None``.

    >>> moment("12/03/25", ZoneInfo("Europe/Paris"))
    datetime.datetime(2025, 3, 11, 23, 0, tzinfo=datetime.timezone.utc)
    """
    if isinstance(value, str):
        return _french(value.strip(), zone) or parse_time(value) or _seconds(value.strip())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(value)
    return None


def day_of(value: Any, zone: ZoneInfo) -> date | None:
    """The company's day in which that moment lies."""
    found = moment(value, zone)
    return found.astimezone(zone).date() if found else None


def asked(day: date) -> str:
    """A day as the search wants it: ``MM/DD/YY``.

    >>> asked(date(2025, 3, 14))
    '03/14/25'
    """
    return f"{day:%m/%d/%y}"


def days(count: int) -> timedelta:
    return timedelta(days=count)


def _french(text: str, zone: ZoneInfo) -> datetime | None:
    match = _FRENCH.fullmatch(text)
    if match is None:
        return None
    day, month, year = (int(part) for part in match.groups())
    try:
        found = date(2000 + year if year < 100 else year, month, day)
        return utc(datetime.combine(found, time(), zone))
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
