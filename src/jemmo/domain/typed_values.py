"""Ids, times and time zones as people and programs type them. Anything else counts as missing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo


def uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def time_or_none(text: str) -> datetime | None:
    """Return an ISO 8601 time that has an offset."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else None


def zone_or_none(name: str) -> ZoneInfo | None:
    """Return the time zone if this machine knows it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
