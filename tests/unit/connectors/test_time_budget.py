"""The time budget: one request at a time, within the budget, even if several processes share it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fakes.company import company

from jemmo.connectors.jarvi.time_budget import Allowance, Clock, MemoryLedger, TimeBudget
from jemmo.domain.errors import Postponed
from jemmo.domain.ports import QuotaLedger, Spent
from jemmo.rest_client.retries import giving_way
from jemmo.store.sync.quota import PostgresQuotaLedger

MONDAY = datetime(2026, 1, 5, 10, tzinfo=UTC)


class Time:
    """A clock that only moves on request."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.present = now

    def now(self) -> datetime:
        return self.present

    async def sleep(self, seconds: float) -> None:
        self.present += timedelta(seconds=seconds)

    @property
    def clock(self) -> Clock:
        return Clock(self.now, self.sleep)


def turns(
    time: Time, ledger: QuotaLedger, *, allowance: float = 20, patience: float = 0
) -> TimeBudget:
    return TimeBudget(Allowance(seconds=allowance), ledger, time.clock, longest_wait=patience)


async def ask(taken: TimeBudget, time: Time, seconds: float = 4.0) -> None:
    async with taken.turn():
        await time.sleep(seconds)


async def test_the_budget_is_used_and_then_the_run_is_postponed() -> None:
    time, ledger = Time(), MemoryLedger()
    taken = turns(time, ledger)
    for _ in range(5):
        await ask(taken, time)
    with pytest.raises(Postponed, match=r"resume automatically at 11:00 UTC") as raised:
        await ask(taken, time)
    assert raised.value.resume_at == MONDAY + timedelta(hours=1, seconds=20)
    assert sum(one.seconds for one in ledger.entries) == 20


async def test_a_short_wait_is_waited_out() -> None:
    time, ledger = Time(), MemoryLedger()
    await ledger.enter(MONDAY - timedelta(minutes=59, seconds=40), 19.0)
    await ask(turns(time, ledger, patience=60), time)
    assert time.present == MONDAY + timedelta(seconds=20 + 19 + 4)


async def test_failed_requests_cost_their_time_too() -> None:
    time, ledger = Time(), MemoryLedger()

    async def fail() -> None:
        async with turns(time, ledger).turn():
            await time.sleep(7)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert ledger.entries == [Spent(MONDAY, 7.0)]


async def test_the_night_is_measured_but_not_limited() -> None:
    time, ledger = Time(MONDAY.replace(hour=20)), MemoryLedger()
    taken = turns(time, ledger)
    for _ in range(30):
        await ask(taken, time)
    assert sum(one.seconds for one in ledger.entries) == 120


async def test_work_that_cannot_finish_within_the_budget_is_not_started() -> None:
    time, ledger = Time(), MemoryLedger()
    taken = turns(time, ledger)
    await ask(taken, time)
    await taken.afford(4)
    with pytest.raises(Postponed) as raised:
        await taken.afford(5)
    assert raised.value.resume_at == MONDAY.replace(hour=18)


async def test_without_a_budget_nothing_is_limited() -> None:
    time, ledger = Time(), MemoryLedger()
    taken = TimeBudget(None, ledger, time.clock, longest_wait=0)
    for _ in range(30):
        await ask(taken, time)
    await taken.afford(1000)
    assert ledger.entries == []


async def test_requests_are_sent_one_at_a_time() -> None:
    time = Time()
    taken = turns(time, MemoryLedger())
    inside = []

    async def one() -> None:
        async with taken.turn():
            inside.append("in")
            await asyncio.sleep(0)
            inside.append("out")

    await asyncio.gather(one(), one(), one())
    assert inside == ["in", "out"] * 3


async def test_used_time_survives_a_restart(database_url: str) -> None:
    found = await company(database_url, base_url="http://127.0.0.1:9", provider="jarvi")
    time = Time()
    async with PostgresQuotaLedger(database_url, found.id) as ledger:
        for _ in range(5):
            await ask(turns(time, ledger), time)
    async with PostgresQuotaLedger(database_url, found.id) as ledger:
        with pytest.raises(Postponed):
            await ask(turns(time, ledger), time)


async def test_the_budget_is_shared_by_processes_but_not_by_connections(database_url: str) -> None:
    mine = await company(database_url, base_url="http://127.0.0.1:9", provider="jarvi")
    other = await company(database_url, base_url="http://127.0.0.1:9", provider="jarvi", org="b")
    time = Time()

    async def drain(ledger: QuotaLedger) -> int:
        taken, count = turns(time, ledger), 0
        while True:
            try:
                await ask(taken, time)
            except Postponed:
                return count
            count += 1

    async with (
        PostgresQuotaLedger(database_url, mine.id) as first,
        PostgresQuotaLedger(database_url, mine.id) as second,
        PostgresQuotaLedger(database_url, other.id) as third,
    ):
        counts = await asyncio.gather(drain(first), drain(second))
        spent = await first.spent(MONDAY - timedelta(hours=1))
        assert sum(one.seconds for one in spent) <= 20
        assert 0 < sum(counts) <= 5
        assert await third.spent(MONDAY - timedelta(hours=1)) == []


@pytest.mark.parametrize("kind", ["memory", "postgres"])
async def test_every_ledger_stores_and_corrects_entries(kind: str, database_url: str) -> None:
    connection = uuid4()
    if kind == "postgres":
        made = await company(database_url, base_url="http://127.0.0.1:9", provider="jarvi")
        connection = made.id
    async with PostgresQuotaLedger(database_url, connection) as postgres:
        ledger: QuotaLedger = postgres if kind == "postgres" else MemoryLedger()
        first = await ledger.enter(MONDAY, 2.0)
        await ledger.enter(MONDAY - timedelta(minutes=5), 3.0)
        await ledger.correct(first, 1.5)
        assert await ledger.spent(MONDAY - timedelta(minutes=6)) == [
            Spent(MONDAY - timedelta(minutes=5), 3.0),
            Spent(MONDAY, 1.5),
        ]
        assert await ledger.spent(MONDAY) == [Spent(MONDAY, 1.5)]


async def test_work_that_blocks_others_waits_only_up_to_its_limit() -> None:
    time, ledger = Time(), MemoryLedger()
    taken = turns(time, ledger, patience=3600)
    for _ in range(5):
        await ask(taken, time)
    with giving_way(), pytest.raises(Postponed):
        await ask(taken, time)
    assert time.present == MONDAY + timedelta(seconds=20)
    await ask(taken, time)  # other work waits up to the limit in the connection's option
