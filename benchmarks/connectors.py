"""`python -m benchmarks.connectors [--quick] [PROVIDER ...]`: each connector's figures next to their goals.

For each connector: an unpaced first sync of 100,000 talents into Postgres, its memory and requests, and the cost of a
sync of the unchanged account. For Flatchr also 5,000 applicants at its own pace. For Jarvi also 36,000 profiles, on a
simulated clock: within a night, and by day within the hourly time budget.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

from benchmarks.company import company, forget, requests, sync
from benchmarks.home import new_home
from jemmo.connectors.jarvi.connector import JARVI
from jemmo.connectors.jarvi.source import JarviSource
from jemmo.connectors.jarvi.time_budget import Clock, MemoryLedger
from jemmo.domain.errors import Postponed
from jemmo.domain.streams import Start, Stream
from jemmo.sandbox import SandboxServer, run_sandbox
from jemmo.sandbox.flatchr.vacancies import COMPANY
from jemmo.sandbox.greenhouse.app import CLIENT_ID

OPTIONS: dict[str, tuple[str, ...]] = {
    "flatchr": (f"company_id={COMPANY['id']}",),
    "greenhouse": (f"client_id={CLIENT_ID}",),
    "jarvi": (),
    "teamtailor": (),
}
UNCHANGED = {"flatchr": 5, "greenhouse": 5, "jarvi": 5, "teamtailor": 20}
"""Maximum number of requests of a sync of an unchanged account; Teamtailor needs three per stream."""

LARGE, SMALL = 100_000, 10_000
APPLICANTS, WITHIN = 5_000, 60.0
PROFILES, TALENTS = 36_000, 26_400  # 30 of every 41 profiles are talents
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVENING = datetime(2026, 1, 5, 18, tzinfo=UTC)
MORNING = datetime(2026, 1, 5, 6, 58, tzinfo=UTC)
BUDGET = 300  # seconds per hour

Row = Callable[[str, float, float], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("providers", nargs="*", default=sorted(OPTIONS))
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    given = parser.parse_args()
    with new_home():
        Console().print(_measure(given.providers, 10 if given.quick else 1))


def _measure(providers: list[str], scale: int) -> Table:
    table = Table("what", "measured", "goal (at most)", "reached")

    def row(what: str, value: float, goal: float) -> None:
        table.add_row(what, f"{value:,.1f}", f"{goal:,.0f}", "yes" if value <= goal else "NO")

    for provider in providers:
        _size(row, provider, scale)
        if provider == "flatchr":
            _paced(row)
        if provider == "jarvi":
            asyncio.run(_night(row, scale))
            asyncio.run(_day(row, scale))
    return table


def _size(row: Row, provider: str, scale: int) -> None:
    """Measure a small and a large account: a sync's memory must not grow with the account."""
    with company(SMALL // scale, paced=False, provider=provider) as address:
        small = sync(f"{provider}-small", address, "off", provider, *OPTIONS[provider])
    with company(LARGE // scale, paced=False, provider=provider) as address:
        large = sync(f"{provider}-large", address, "off", provider, *OPTIONS[provider])
        forget(address)
        again = sync(f"{provider}-large", address, "off", provider, *OPTIONS[provider])
        asked = again["requests"]
    rate = large["records"] / large["seconds"]
    row(f"{provider}: seconds for {large['records']:,} records ({rate:,.0f} per second)",
        large["seconds"], 24 * 3600)  # fmt: skip
    row(f"{provider}: memory in MB with {LARGE // scale:,} talents", large["megabytes"], 250)
    row(
        f"{provider}: memory ÷ that of a tenth of the talents",
        large["megabytes"] / small["megabytes"],
        2,
    )
    row(f"{provider}: requests per 100 records", 100 * large["requests"] / large["records"], 5)
    row(f"{provider}: requests for an unchanged account", asked, UNCHANGED[provider])
    row(f"{provider}: seconds for an unchanged account", again["seconds"], 15 * 60)


def _paced(row: Row) -> None:
    with company(APPLICANTS, paced=True, provider="flatchr") as address:
        found = sync("flatchr-paced", address, "on", "flatchr", *OPTIONS["flatchr"])
        row(
            f"flatchr: seconds for {APPLICANTS:,} applicants at its own pace",
            found["seconds"],
            WITHIN,
        )
        row("flatchr: rejected requests (429)", requests(address)["refused_429"], 0)


async def _night(row: Row, scale: int) -> None:
    async with _jarvi(EVENING, scale) as server:
        clock = _clock(server)
        source = _source(server, clock, MemoryLedger())
        async for _ in source.pages(Stream.TALENTS, Start()):
            pass
        await source.close()
        minutes = (clock.now() - EVENING) / timedelta(minutes=1)
        row(
            f"jarvi: minutes for {PROFILES // scale:,} profiles at night (at most 13 hours)",
            minutes,
            780,
        )
        row("jarvi: rejected requests (429) at night", server.site.log.statuses[429], 0)


async def _day(row: Row, scale: int) -> None:
    """Start two minutes before business hours; resume after each postponement until everything is read."""
    async with _jarvi(MORNING, scale) as server:
        clock, ledger, cursor, done = _clock(server), MemoryLedger(), None, False
        while not done:
            source = _source(server, clock, ledger)
            try:
                async for page in source.pages(Stream.TALENTS, Start(cursor=cursor)):
                    cursor = page.cursor
                done = True
            except Postponed as reason:
                server.clock.advance((reason.resume_at - clock.now()).total_seconds() + 1)
            finally:
                await source.close()
        worst = server.provider.budget.worst_hour_ms / 1000  # type: ignore[attr-defined]
        row("jarvi: seconds used in the worst business hour", worst, BUDGET)
        row(
            "jarvi: hours for the same profiles by day",
            (clock.now() - MORNING) / timedelta(hours=1),
            24,
        )
        row("jarvi: rejected requests (429) by day", server.site.log.statuses[429], 0)


def _jarvi(now: datetime, scale: int) -> Any:
    """Return a sandbox whose clock advances only by the time that its requests take."""
    return run_sandbox(
        "jarvi",
        talents=TALENTS // scale,
        seed=3,
        frozen_at=(now - EPOCH) // timedelta(milliseconds=1),
        switches={"rate_limit": True, "time": "accounted"},
    )


def _clock(server: SandboxServer) -> Clock:
    async def sleep(seconds: float) -> None:
        server.clock.advance(seconds + 0.001)

    return Clock(lambda: EPOCH + timedelta(milliseconds=server.clock.now_ms()), sleep)


def _source(server: SandboxServer, clock: Clock, ledger: MemoryLedger) -> JarviSource:
    config = replace(JARVI.configure(server.key, server.base_url, {}), ledger=ledger)
    return JarviSource(config, clock)


if __name__ == "__main__":
    main()
