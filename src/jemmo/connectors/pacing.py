"""The pace of a connection's requests, and the pauses before retries."""

from __future__ import annotations

from collections.abc import Callable

from jemmo.connectors.base import Config
from jemmo.rest_client import Pacer


def pacer(config: Config, limit: int, per: float) -> Pacer | None:
    """Pace ``limit`` requests per ``per`` seconds, less what is left to others; ``None`` with ``pacing=off``."""
    if not config.on("pacing"):
        return None
    return Pacer(limit, per, share=config.share, at_once=config.at_once)


def evenly(config: Config, per_minute: int) -> Pacer | None:
    """Pace single requests without bursts, for endpoints that an ATS limits separately."""
    return Pacer(1, 60.0 / per_minute) if config.on("pacing") else None


def pauses(first: float, longest: float) -> Callable[[int, float], float]:
    """Return a function for the pause before a retry, which doubles from ``first`` to ``longest`` seconds.

    Used if the ATS gives no time. ``chance`` (0..1) removes up to half, so that clients refused together
    don't return together.

    >>> [pauses(2, 60)(attempt, 0.0) for attempt in (1, 2, 3, 9)]
    [2.0, 4.0, 8.0, 60.0]
    """

    def pause(attempt: int, chance: float) -> float:
        doubled = first * 2.0 ** min(attempt - 1, 30)
        return min(float(longest), doubled) * (1 - chance / 2)

    return pause
