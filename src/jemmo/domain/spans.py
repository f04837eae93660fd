"""When to show a time in words instead of a date: one rule for pages and the command line."""

from datetime import timedelta

WEEK = timedelta(days=7)


def in_words(distance: timedelta) -> bool:
    """Whether a time this far away is shown in words ("3 days ago") rather than as a date."""
    return abs(distance) < WEEK
