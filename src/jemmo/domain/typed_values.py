"""Ids and times as people and programs type them. Anything else counts as missing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID


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
