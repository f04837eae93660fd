"""How people read the time between two moments: the one rule for pages and the command line."""

from datetime import timedelta

WEEK = timedelta(days=7)


def in_words(distance: timedelta) -> bool:
    """Whether a time this far away is shown in words ("3 days ago"), not as a date."""
    return abs(distance) < WEEK
