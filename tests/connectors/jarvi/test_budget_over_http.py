"""The time budget as measured by the account.

Uses the sandbox's clock, which advances by the cost of each request.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from connectors.jarvi.conftest import Opener, at, clock_of, read, source_of, talents_of
from fakes.company import Company, company, in_thread
from fakes.running import run_source

from jemmo.connectors.jarvi.time_budget import MemoryLedger
from jemmo.domain.errors import Postponed
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.ports import QuotaLedger
from jemmo.domain.streams import Mode, Start, Stream
from jemmo.sandbox import SandboxServer
from jemmo.services.sync.schedule import next_sync_at
from jemmo.store.models import Connection
from jemmo.store.sync.quota import PostgresQuotaLedger

LIMITED = {"rate_limit": True, "time": "accounted"}


def worst_hour(server: SandboxServer) -> float:
    return float(server.provider.budget.worst_hour_ms) / 1000  # type: ignore[attr-defined]


def hours(ledger: MemoryLedger) -> float:
    """Return the maximum time used in any hour, day or night."""
    spent = ledger.entries
    windows = (
        [o.seconds for o in spent if one.at <= o.at < one.at + timedelta(hours=1)] for one in spent
    )
    return max(map(sum, windows))


@pytest.mark.long
async def test_thirty_six_thousand_profiles_are_read_in_a_night(jarvi: Opener) -> None:
    server = await jarvi(
        talents=26_400, switches=LIMITED, frozen_at=at("2026-01-05T18:00:00+00:00")
    )
    source = source_of(server, clock_of(server))
    found = await read(source, Stream.TALENTS)
    jobs = await read(source, Stream.JOBS)
    await source.close()

    assert len(found) == 26_400
    assert len(jobs) > 300
    assert len(server.world.numbers("profiles")) > 36_000
    assert server.site.log.statuses[429] == 0
    assert worst_hour(server) == 0
    assert clock_of(server).now() < datetime(2026, 1, 5, 18, 30, tzinfo=UTC)


@pytest.mark.long
async def test_a_full_read_by_day_never_exceeds_the_budget_of_an_hour(jarvi: Opener) -> None:
    """Starts an hour before business hours, and is postponed and resumed until it is done."""
    server = await jarvi(
        talents=26_400, switches=LIMITED, frozen_at=at("2026-01-05T06:58:00+00:00")
    )
    ledger, found, cursor, runs = MemoryLedger(), set[str](), None, 0
    resumed: list[tuple[datetime, datetime]] = []
    covers = False
    while True:
        source = source_of(server, clock_of(server), ledger)
        runs += 1
        try:
            async for page in source.pages(Stream.TALENTS, Start(cursor=cursor)):
                found |= {str(one.remote_id) for one in page.raw}
                cursor = page.cursor
                covers = page.covers
            break
        except Postponed as reason:
            now = clock_of(server).now()
            resumed.append((now, reason.resume_at))
            server.clock.advance((reason.resume_at - now).total_seconds() + 1)
        finally:
            await source.close()
    assert found == talents_of(server)
    assert all(now < then <= now.replace(hour=18, minute=0) for now, then in resumed)
    assert covers
    assert 1 < runs <= 4
    assert server.site.log.statuses[429] == 0
    assert worst_hour(server) <= 255


@pytest.mark.parametrize("budget_hour", ["rolling", "clock"])
@pytest.mark.parametrize("night_counts", ["yes", "no"])
async def test_however_the_hour_is_counted_nothing_is_refused(
    jarvi: Opener, budget_hour: str, night_counts: str
) -> None:
    switches = {
        **LIMITED,
        "budget_seconds": 20,
        "budget_hour": budget_hour,
        "night_counts": night_counts,
    }
    server = await jarvi(talents=2000, switches=switches, frozen_at=at("2026-01-05T06:59:50+00:00"))
    source = source_of(server, clock_of(server), budget_seconds="20", longest_wait="3600")
    assert len(await read(source, Stream.TALENTS)) == 2000
    await source.close()
    assert server.site.log.statuses[429] == 0
    assert worst_hour(server) <= 20 * 0.85 or night_counts == "yes"


async def test_a_share_of_the_budget_can_be_left_to_other_tools(jarvi: Opener) -> None:
    server = await jarvi(talents=3000, switches=LIMITED, frozen_at=at("2026-01-05T10:00:00+00:00"))
    ledger = MemoryLedger()
    source = source_of(server, clock_of(server), ledger, quota_share="10")
    with pytest.raises(Postponed):
        await read(source, Stream.TALENTS)
    await source.close()
    assert hours(ledger) <= 25.5


async def test_an_incremental_sync_of_an_unchanged_account_takes_five_requests(
    jarvi: Opener,
) -> None:
    server = await jarvi(talents=26_400, frozen_at=at("2026-01-05T20:00:00+00:00"))
    since = datetime(2026, 1, 5, 19, 45, tzinfo=UTC)
    source = source_of(server, clock_of(server))
    for spec in source.streams:
        assert await read(source, spec.name, Start(since=since)) == {}
    assert source.requests <= 5
    assert server.site.log.counts.total() == source.requests
    await source.close()


async def test_reading_all_ids_of_a_large_account_does_not_start_by_day(jarvi: Opener) -> None:
    server = await jarvi(
        talents=26_400, switches=LIMITED, frozen_at=at("2026-01-05T10:00:00+00:00")
    )
    source = source_of(server, clock_of(server))
    with pytest.raises(Postponed) as raised:
        async for _ in source.sightings(Stream.TALENTS, None):
            pass
    await source.close()
    assert raised.value.resume_at == datetime(2026, 1, 5, 18, tzinfo=UTC)
    assert source.requests < 10


class Account:
    """A connection to a sandbox whose runs share a ledger in the database."""

    def __init__(self, server: SandboxServer, found: Company) -> None:
        self.server = server
        self.company = found

    async def sync(self, mode: Mode | None = None, **options: str) -> RunReport:
        async with PostgresQuotaLedger(self.company.database_url, self.company.id) as ledger:
            return await run_source(self.source(ledger, **options), self.company, mode)

    def source(self, ledger: QuotaLedger, **options: str) -> Any:
        return source_of(self.server, clock_of(self.server), ledger, **options)

    async def wait_for(self, report: RunReport) -> None:
        assert report.resume_at is not None
        now = clock_of(self.server).now()
        self.server.clock.advance((report.resume_at - now).total_seconds() + 1)


@pytest.fixture
async def account(jarvi: Opener, database_url: str) -> Account:
    server = await jarvi(
        talents=700,
        switches={**LIMITED, "budget_seconds": 15},
        frozen_at=at("2026-01-05T10:00:00+00:00"),
    )
    found = await company(
        database_url, base_url=server.base_url, provider="jarvi", options={"budget_seconds": "15"}
    )
    return Account(server, found)


async def test_a_sync_that_used_the_budget_ends_partial_and_continues_later(
    account: Account,
) -> None:
    first = await account.sync(budget_seconds="15")
    assert first.status is RunStatus.PARTIAL
    assert (first.error, first.failure) == (None, None)
    assert (
        "quota for Jarvi is used up for now. The sync will resume automatically at "
        in first.warnings[-1].message
    )
    held = await account.company.ids(Stream.TALENTS)
    assert 0 < len(held) < 700
    assert await account.company.state() == "active"
    when = await in_thread(
        lambda: next_sync_at(
            Connection.objects.get(id=account.company.id), clock_of(account.server).now()
        )
    )
    assert when == first.resume_at

    runs = 1
    report = first
    while report.status is RunStatus.PARTIAL:
        await account.wait_for(report)
        report = await account.sync(budget_seconds="15")
        assert report.mode is Mode.INITIAL
        runs += 1

    assert report.status is RunStatus.SUCCEEDED, report
    assert await account.company.ids(Stream.TALENTS) == talents_of(account.server)
    assert runs <= 3
    assert account.server.site.log.statuses[429] == 0
    assert worst_hour(account.server) <= 15 * 0.85


@pytest.mark.long
async def test_a_postponed_reconcile_continues(account: Account) -> None:
    account.server.provider.switch({"rate_limit": False})
    await account.sync(pacing="off")
    talent = sorted(talents_of(account.server))[3]
    await account.server.change("delete", "talent", talent, hard=True)
    account.server.provider.switch({"rate_limit": True})

    report = await account.sync(Mode.RECONCILE, budget_seconds="15")
    assert report.status is RunStatus.PARTIAL
    runs = 1
    while report.resume_at is not None and runs < 5:
        await account.wait_for(report)
        report = await account.sync(budget_seconds="15")
        assert report.mode is Mode.RECONCILE
        runs += 1

    assert report.status is RunStatus.SUCCEEDED, report
    assert talent not in await account.company.ids(Stream.TALENTS)
    assert await account.company.ids(Stream.TALENTS) == talents_of(account.server)


@pytest.mark.parametrize("retry_after", ["seconds", "date", "absent"])
async def test_a_budget_used_by_others_postpones_the_run_without_more_requests(
    jarvi: Opener, retry_after: str
) -> None:
    server = await jarvi(
        switches={**LIMITED, "retry_after": retry_after},
        frozen_at=at("2026-01-05T10:00:00+00:00"),
    )
    server.provider.budget.charge(server.clock.now_ms(), 300_000)  # type: ignore[attr-defined]
    source = source_of(server, clock_of(server))
    with pytest.raises(Postponed) as raised:
        await read(source, Stream.TALENTS)
    await source.close()
    assert source.requests == 1
    assert raised.value.resume_at > clock_of(server).now()
