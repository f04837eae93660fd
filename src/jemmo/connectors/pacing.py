"""The pace of a connection's requests, and how long to wait before a request is repeated."""

from __future__ import annotations

from collections.abc import Callable

from jemmo.connectors.base import Config
from jemmo.rest_client import Pacer


def pacer(config: Config, limit: int, per: float) -> Pacer | None:
    """The pace of ``limit`` requests in ``per`` seconds, less what is left to others; none with ``pacing=off``."""
    if not config.on("pacing"):
        return None
    return Pacer(limit, per, share=config.share, at_once=config.at_once)


def evenly(config: Config, per_minute: int) -> Pacer | None:
    """One request at a time, without bursts, for requests that an ATS limits separately."""
    return Pacer(1, 60.0 / per_minute) if config.on("pacing") else None


def pauses(first: float, longest: float) -> Callable[[int, float], float]:
    """Waits between retries if the ATS gives no time: doubling from ``first`` to ``longest`` seconds.

    Up to half is taken off by ``chance`` (0..1), so that clients refused together don't return together.

    >>> [pauses(2, 60)(attempt, 0.0) for attempt in (1, 2, 3, 9)]
    [2.0, 4.0, 8.0, 60.0]
    """

    def pause(attempt: int, chance: float) -> float:
        doubled = first * 2.0 ** min(attempt - 1, 30)
        return min(float(longest), doubled) * (1 - chance / 2)

    return pause
