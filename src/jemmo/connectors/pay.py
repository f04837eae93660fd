"""Pay as recruiters type it."""

from __future__ import annotations

THOUSANDS_BELOW = 1000
"""A yearly salary under this was typed in thousands."""


def from_thousands(low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """A yearly salary of which both ends were typed in thousands, written out; any other as it is.

    >>> from_thousands(60, None), from_thousands(60, 48_000)
    ((60000, None), (60, 48000))
    """
    ends = [one for one in (low, high) if one]
    if any(abs(one) >= THOUSANDS_BELOW for one in ends):
        return low, high
    return (low and low * 1000, high and high * 1000)
