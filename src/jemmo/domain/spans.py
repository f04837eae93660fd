"""How times are shown where no organization's time zone applies, and when they are shown in words on pages too."""

from datetime import UTC, datetime, timedelta

WEEK = timedelta(days=7)


def in_words(distance: timedelta) -> bool:
    """Whether a time this far away is shown in words ("3 days ago") rather than as a date."""
    return abs(distance) < WEEK


def utc_text(moment: datetime) -> str:
    """Return a time to the minute, the same for readers in every time zone.

    >>> utc_text(datetime(2026, 12, 5, 10, 0, 59, tzinfo=UTC))
    '2026-12-05 10:00 UTC'
    """
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
