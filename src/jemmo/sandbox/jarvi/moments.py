"""Jarvi's timestamps: with microseconds, as Postgres writes them, trailing zeros trimmed."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text(moment: int) -> str:
    """Format microseconds since 1970, with up to six decimals.

    >>> text(1_736_180_800_480_000), text(1_736_180_800_000_000)
    ('2025-01-06T16:26:40.48+00:00', '2025-01-06T16:26:40+00:00')
    """
    at = EPOCH + timedelta(microseconds=moment)
    part = f".{at.microsecond:06d}".rstrip("0").rstrip(".")
    return f"{at.isoformat()[:19]}{part}+00:00"


def parse(moment: str) -> int:
    """Read an ISO moment or a bare date; ValueError if it is neither."""
    at = datetime.fromisoformat(moment)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return (at - EPOCH) // timedelta(microseconds=1)
