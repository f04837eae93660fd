"""`python -m benchmarks.unchanged [TALENTS]`: the cost of a sync that finds no changes.

Most syncs find no changes, whatever the company's size. The syncs run in this process one after another, as in a
worker, so the worker's figure is this process's CPU time. Postgres's figure is the CPU time of the server and all its
processes (``/proc``), including finished ones. The write-ahead log is measured by its position. Each figure is the
median of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from statistics import median
from uuid import UUID

import psycopg
from msgspec import Struct

from benchmarks.company import KEY, company
from benchmarks.cost import postmaster, spent
from benchmarks.home import new_home

GOALS = {"worker ms": 30.0, "Postgres ms": 30.0, "WAL kB": 20.0}
PER_ROUND = 10  # syncs, since /proc only counts hundredths of a second


class Reading(Struct, frozen=True):
    """The counters' values: CPU time in milliseconds, and bytes of the write-ahead log."""

    worker: float
    postgres: float
    wal: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("talents", nargs="?", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    with new_home(), company(given.talents, paced=False) as address:
        from jemmo import bootstrap  # noqa: PLC0415 - JEMMO_HOME must be set first

        url = bootstrap.start()
        report(measure(url, connect(address), given.rounds))


def connect(address: str) -> UUID:
    from jemmo.services.accounts import accounts  # noqa: PLC0415 - once Django is set up
    from jemmo.services.connections import connections  # noqa: PLC0415 - once Django is set up
    from jemmo.vault import default_vault  # noqa: PLC0415

    connection = connections.connect(
        accounts.ensure_organisation("unchanged"),
        "teamtailor",
        KEY,
        vault=default_vault(),
        base_url=address,
        options={"pacing": "off"},
    )
    return connection.id


def measure(url: str, connection: UUID, rounds: int) -> list[dict[str, float]]:
    """Return the average costs of a sync in each round."""
    sync(url, connection, 2)  # the first reads everything, the second does the remaining work
    server = postmaster()
    costs = []
    for _ in range(rounds):
        before = read(url, server)
        sync(url, connection, PER_ROUND)
        after = read(url, server)
        costs.append(
            {
                "worker ms": (after.worker - before.worker) / PER_ROUND,
                "Postgres ms": (after.postgres - before.postgres) / PER_ROUND,
                "WAL kB": (after.wal - before.wal) / PER_ROUND / 1000,
            }
        )
    return costs


def sync(url: str, connection: UUID, times: int) -> None:
    from jemmo.services.sync import runner  # noqa: PLC0415 - once Django is set up
    from jemmo.vault import default_vault  # noqa: PLC0415

    async def repeat() -> None:
        for _ in range(times):
            await runner.sync(
                connection, database_url=url, vault=default_vault(), trigger="schedule"
            )

    asyncio.run(repeat())


def read(url: str, server: int) -> Reading:
    with psycopg.connect(url) as db:
        row = db.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
    assert row is not None
    return Reading(time.process_time() * 1000, spent(server) / 1000, int(row[0]))


def report(costs: list[dict[str, float]]) -> None:
    for name, goal in GOALS.items():
        value = median(cost[name] for cost in costs)
        verdict = "yes" if value <= goal else "NO"
        print(f"{name}: {value:.1f}, goal {goal:.0f}, reached: {verdict}", flush=True)


if __name__ == "__main__":
    main()
