"""How long to wait before trying again. Pure."""

from __future__ import annotations

ATTEMPTS = 6
LONGEST = 30.0  # seconds


def backoff(attempt: int, chance: float) -> float:
    """Seconds before attempt ``attempt + 1``: doubling from a half, with up to half taken off by ``chance`` (0..1).

    >>> [backoff(n, 0.0) for n in (1, 2, 3)]
    [0.5, 1.0, 2.0]
    >>> backoff(1, 1.0)
    0.25
    >>> backoff(20, 0.0)
    30.0
    """
    return min(LONGEST, 0.5 * 2.0 ** (attempt - 1)) * (1 - chance / 2)
