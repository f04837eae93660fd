"""A rate limit on the ATS's processing time: so many seconds in any hour of its business hours.

Time counts until an hour after the request ended, so that the sum stays below the limit in any hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from jemmo.connectors.base import Config, number, share_of
from jemmo.domain.errors import JemmoError, Postponed, RateLimited
from jemmo.domain.ports import QuotaLedger, Spent
from jemmo.domain.translation_marks import marked as _
from jemmo.rest_client.client import Answer
from jemmo.rest_client.headers import retry_after
from jemmo.rest_client.retries import patience

BUDGET = number(
    "budget_seconds",
    _("Time budget per hour (seconds)"),
    300,
    10,
    3600,
    _(
        "ATS processing time, in seconds, that Jemmo may use per hour during the ATS's business hours."
    ),
)
LONGEST_WAIT = number(
    "longest_wait",
    _("Maximum wait (seconds)"),
    120,
    0,
    3600,
    _(
        "Maximum number of seconds to wait until processing time is available. If the wait would be "
        "longer, the sync is postponed."
    ),
)

HOUR = timedelta(hours=1)
SPARE = 0.85  # share of the budget to use: clocks differ, and the customer's other tools use the same account
LEAST = 2.0  # seconds reserved per request until actual times are known
DEFAULT_WAIT = 900.0  # seconds, if a 429 gives no time
FRIDAY = 4


def _now() -> datetime:
    return datetime.now(UTC)


class Clock(Struct, frozen=True):
    """A clock and a way to wait; tests replace it."""

    now: Callable[[], datetime] = _now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class MemoryLedger:
    """A ``QuotaLedger`` for this process only."""

    def __init__(self) -> None:
        self.entries: list[Spent] = []

    async def enter(self, at: datetime, seconds: float) -> int:
        self.entries.append(Spent(at, seconds))
        return len(self.entries) - 1

    async def correct(self, entry: int, seconds: float) -> None:
        self.entries[entry] = Spent(self.entries[entry].at, seconds)

    async def spent(self, since: datetime) -> list[Spent]:
        recent = (entry for entry in self.entries if entry.at >= since)
        return sorted(recent, key=lambda entry: entry.at)


class Allowance(Struct, frozen=True, kw_only=True):
    """``seconds`` in any hour, Monday to Friday, ``opens`` to ``closes`` o'clock UTC. Pure: the time is passed in."""

    seconds: float
    opens: int = 7
    closes: int = 18

    def counts(self, moment: datetime) -> bool:
        """Whether requests at this time are limited."""
        moment = moment.astimezone(UTC)
        return moment.weekday() <= FRIDAY and self.opens <= moment.hour < self.closes

    def closing(self, moment: datetime) -> datetime:
        """Return when business hours end on this day."""
        return moment.astimezone(UTC).replace(hour=self.closes, minute=0, second=0, microsecond=0)

    def left(self, spent: Sequence[Spent], now: datetime) -> float:
        """Return the seconds left to use; infinite outside business hours."""
        if not self.counts(now):
            return float("inf")
        used = sum(entry.seconds for entry in spent if _counts_until(entry) > now)
        return max(0.0, self.seconds - used)

    def wait(self, spent: Sequence[Spent], now: datetime, cost: float) -> float:
        """Return the seconds until a request that takes ``cost`` seconds may be sent; 0 if it may be sent now."""
        if self.left(spent, now) >= cost:
            return 0.0
        for free_at in sorted(map(_counts_until, spent)):
            if free_at > now and self.left(spent, free_at) >= cost:
                return (min(free_at, self.closing(now)) - now).total_seconds()
        return (self.closing(now) - now).total_seconds()

    def renewed(self, spent: Sequence[Spent], now: datetime) -> datetime:
        """Return when the full allowance is back: an hour after the last request, or when business hours end."""
        last = max(map(_counts_until, spent), default=now)
        return min(max(last, now), self.closing(now)) if self.counts(now) else now

    def estimate(self, spent: Sequence[Spent]) -> float:
        """Return the time to reserve for the next request: the slowest of the last twenty."""
        return max([LEAST, *(entry.seconds for entry in spent[-20:])])


def _counts_until(entry: Spent) -> datetime:
    return entry.at + timedelta(seconds=entry.seconds) + HOUR


class TimeBudget:
    """Allows one request at a time, within the allowance.

    Waits up to ``longest_wait`` seconds; a longer wait postpones the run. Without an allowance there is no limit.
    """

    def __init__(
        self,
        allowance: Allowance | None,
        ledger: QuotaLedger,
        clock: Clock,
        *,
        longest_wait: float,
        label: str = "The ATS",
    ) -> None:
        self.clock = clock
        self._allowance = allowance
        self._ledger = ledger
        self._longest_wait = longest_wait
        self._label = label
        self._one_at_a_time = asyncio.Lock()
        self._requests, self._seconds = 0, 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Reserve one request's time before it, and correct the time after it. Failed requests count too."""
        async with self._one_at_a_time:
            entry = await self._reserve()
            began = self.clock.now()
            try:
                yield
            finally:
                seconds = max(0.0, (self.clock.now() - began).total_seconds())
                self._requests += 1
                self._seconds += seconds
                if entry is not None:
                    await self._ledger.correct(entry, seconds)
                elif self._allowance is not None:
                    await self._ledger.enter(began, seconds)

    async def afford(self, requests: int) -> None:
        """Postpone a task now if it can't be resumed and would not finish within the allowance."""
        now = self.clock.now()
        if self._allowance is None or not self._allowance.counts(now):
            return
        spent = await self._ledger.spent(now - 2 * HOUR)
        each = self._seconds / max(1, self._requests)
        if requests * each > self._allowance.left(spent, now):
            raise self._used_up(self._allowance.closing(now))

    def slow_down(self, answer: Answer) -> JemmoError:
        """Return the error for a 429: this hour's time is used up, by us or by others."""
        now = self.clock.now()
        wait = retry_after(answer.headers.get("Retry-After"), now.timestamp())
        wait = DEFAULT_WAIT if wait is None else wait
        if wait > self._longest_wait:
            return self._used_up(now + timedelta(seconds=wait))
        return RateLimited(ats=self._label, retry_after=wait + 0.1)

    async def _reserve(self) -> int | None:
        """Reserve the estimated time.

        The entry is written before others are checked, so that two processes can't both take the last of the allowance;
        at worst both withdraw.
        """
        allowance = self._allowance
        if allowance is None or not allowance.counts(self.clock.now()):
            return None
        while True:
            now = self.clock.now()
            cost = allowance.estimate(await self._ledger.spent(now - 2 * HOUR))
            entry = await self._ledger.enter(now, cost)
            others = await self._ledger.spent(now - 2 * HOUR)
            others.remove(next(own for own in others if own.at == now and own.seconds == cost))
            wait = allowance.wait(others, now, cost)
            if wait <= 0:
                return entry
            await self._ledger.correct(entry, 0.0)
            if wait > patience(self._longest_wait):
                raise self._used_up(allowance.renewed(others, now))
            await self.clock.sleep(wait)

    def _used_up(self, resume_at: datetime) -> Postponed:
        return Postponed(ats=self._label, resume_at=resume_at)


def time_budget(config: Config, label: str, clock: Clock | None = None) -> TimeBudget:
    """Return the budget that a connection's options set; without a limit if ``pacing`` is off."""
    allowance = None
    if config.on("pacing"):
        share = SPARE * share_of(config.options)
        allowance = Allowance(seconds=int(config.options[BUDGET.name]) * share)
    return TimeBudget(
        allowance,
        config.ledger or MemoryLedger(),
        clock or Clock(),
        longest_wait=float(config.options[LONGEST_WAIT.name]),
        label=label,
    )
