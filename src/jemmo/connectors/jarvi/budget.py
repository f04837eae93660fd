"""Jarvi's time budget: so many seconds of its time in any hour of its business hours.

Pure: the clock is passed in.

What is spent counts until a whole hour after it ended, so the sum over any hour, rolling or by the
clock, stays below.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from jemmo.connectors.base import Config, share_of
from jemmo.domain.ports import Spent

HOUR = timedelta(hours=1)
SPARE = 0.85  # of the budget: clocks differ, and other tools of the customer's use the same account
LEAST = 2.0  # seconds set aside for a request before it is known how long such ones take
FRIDAY = 4


class Budget(Struct, frozen=True, kw_only=True):
    """``allowance`` seconds in any hour, Monday to Friday, ``opens`` to ``closes`` o'clock UTC."""

    allowance: float
    opens: int = 7
    closes: int = 18

    def counts(self, moment: datetime) -> bool:
        """Whether a request at this moment is limited."""
        moment = moment.astimezone(UTC)
        return moment.weekday() <= FRIDAY and self.opens <= moment.hour < self.closes

    def closing(self, moment: datetime) -> datetime:
        """When the business hours of this moment's day end."""
        return moment.astimezone(UTC).replace(hour=self.closes, minute=0, second=0, microsecond=0)

    def used(self, spent: Sequence[Spent], now: datetime) -> float:
        """Seconds that still count: those of requests that ended less than an hour ago."""
        return sum(one.seconds for one in spent if _counts_until(one) > now)

    def left(self, spent: Sequence[Spent], now: datetime) -> float:
        """Seconds that may be spent from now on; endless outside the business hours."""
        if not self.counts(now):
            return float("inf")
        return max(0.0, self.allowance - self.used(spent, now))

    def wait(self, spent: Sequence[Spent], now: datetime, cost: float) -> float:
        """Seconds until a request that takes ``cost`` seconds may leave; 0 when it may at once."""
        if self.left(spent, now) >= cost:
            return 0.0
        for one in sorted(spent, key=_counts_until):
            free_at = _counts_until(one)
            if free_at > now and self.left(spent, free_at) >= cost:
                return (min(free_at, self.closing(now)) - now).total_seconds()
        return (self.closing(now) - now).total_seconds()

    def renewed(self, spent: Sequence[Spent], now: datetime) -> datetime:
        """When the whole allowance is there again.

        An hour after the last request, or at the end of the business hours.
        """
        last = max((_counts_until(one) for one in spent), default=now)
        return min(max(last, now), self.closing(now)) if self.counts(now) else now

    def estimate(self, spent: Sequence[Spent]) -> float:
        """What to set aside for the next request: what the slowest of the last twenty took."""
        return max([LEAST, *(one.seconds for one in spent[-20:])])


def _counts_until(one: Spent) -> datetime:
    return one.at + timedelta(seconds=one.seconds) + HOUR


def budget_of(config: Config) -> Budget | None:
    """What a connection may use; none with ``pacing=off``."""
    if not config.on("pacing"):
        return None
    seconds = int(config.options["budget_seconds"])
    return Budget(allowance=seconds * SPARE * share_of(config.options))
