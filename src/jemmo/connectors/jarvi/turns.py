"""One request at a time, none beyond the time budget.

Waits when the wait is short, else postpones the run.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from msgspec import Struct

from jemmo.connectors.jarvi.budget import HOUR, Budget
from jemmo.domain.errors import Postponed
from jemmo.domain.ports import QuotaLedger, Spent
from jemmo.rest_client.retries import patience


def _now() -> datetime:
    return datetime.now(UTC)


class Clock(Struct, frozen=True):
    """The time and how to let it pass; tests bring their own."""

    now: Callable[[], datetime] = _now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class MemoryLedger:
    """A ``QuotaLedger`` of this process alone."""

    def __init__(self) -> None:
        self.entries: list[Spent] = []

    async def enter(self, at: datetime, seconds: float) -> int:
        self.entries.append(Spent(at, seconds))
        return len(self.entries) - 1

    async def correct(self, entry: int, seconds: float) -> None:
        self.entries[entry] = Spent(self.entries[entry].at, seconds)

    async def spent(self, since: datetime) -> list[Spent]:
        return sorted((one for one in self.entries if one.at >= since), key=lambda one: one.at)


class Turns:
    """Gives each request its turn. ``budget=None`` measures nothing and limits nothing."""

    def __init__(
        self, budget: Budget | None, ledger: QuotaLedger, clock: Clock, *, patience: float
    ) -> None:
        self._budget = budget
        self._ledger = ledger
        self._clock = clock
        self._patience = patience
        self._one_at_a_time = asyncio.Lock()
        self._requests, self._seconds = 0, 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The time of one request.

        Reserved before, corrected after, counted even if the request fails.
        """
        async with self._one_at_a_time:
            entry = await self._reserve()
            began = self._clock.now()
            try:
                yield
            finally:
                seconds = max(0.0, (self._clock.now() - began).total_seconds())
                self._requests += 1
                self._seconds += seconds
                if self._budget is not None and entry is None:
                    await self._ledger.enter(began, seconds)
                elif entry is not None:
                    await self._ledger.correct(entry, seconds)

    async def afford(self, requests: int) -> None:
        """Postpone now what would not end within the budget and could not be resumed."""
        if self._budget is None or not self._budget.counts(self._clock.now()):
            return
        now = self._clock.now()
        spent = await self._ledger.spent(now - 2 * HOUR)
        each = self._seconds / max(1, self._requests)
        if requests * each > self._budget.left(spent, now):
            raise used_up(self._budget.closing(now))

    async def _reserve(self) -> int | None:
        """Set the estimated time aside.

        It is entered first and looked at then, so that two processes cannot both take the last of
        the budget; at worst both step back.
        """
        budget = self._budget
        if budget is None or not budget.counts(self._clock.now()):
            return None
        while True:
            now = self._clock.now()
            cost = budget.estimate(await self._ledger.spent(now - 2 * HOUR))
            entry = await self._ledger.enter(now, cost)
            others = await self._ledger.spent(now - 2 * HOUR)
            others.remove(next(one for one in others if one.at == now and one.seconds == cost))
            wait = budget.wait(others, now, cost)
            if wait <= 0:
                return entry
            await self._ledger.correct(entry, 0.0)
            if wait > patience(self._patience):
                raise used_up(budget.renewed(others, now))
            await self._clock.sleep(wait)


def used_up(resume_at: datetime) -> Postponed:
    return Postponed(
        f"Jarvi's budget for this hour is used; the sync goes on at {resume_at:%H:%M} UTC.",
        resume_at=resume_at,
    )
