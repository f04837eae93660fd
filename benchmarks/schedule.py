"""`python -m benchmarks.schedule [--connections N] [--hours N]`: the cost of the schedule, and its even distribution.

Ten thousand organizations with one connection each, on a separate Postgres. The clock is simulated: six hours of checks
for due syncs, one every 20 seconds, run one after another, and each started sync is over before the next check. Only
the checks' CPU time counts, in this process and in its Postgres session.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from benchmarks.home import new_home

CONNECTIONS = 10_000
HOURS = 6
CHECK_EVERY = timedelta(seconds=20)
EVERY = timedelta(hours=6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--hours", type=int, default=HOURS)
    given = parser.parse_args()
    with new_home() as owner:
        os.environ["DATABASE_URL"] = owner
        print(json.dumps(_measure(given.connections, given.hours)))


def _measure(count: int, hours: int) -> dict[str, Any]:
    from jemmo import bootstrap  # noqa: PLC0415

    bootstrap.start()
    from jemmo.services.sync import schedule  # noqa: PLC0415 - once Django is set up

    began = datetime.now(UTC)
    _fill(count, began)
    idle: list[float] = []
    busy: list[float] = []
    minutes: Counter[int] = Counter()
    session = _session()
    for check in range(int(timedelta(hours=hours) / CHECK_EVERY)):
        now = began + check * CHECK_EVERY
        before = _cpu_seconds(session)
        started = schedule.start_due(now)
        (busy if started else idle).append(_cpu_seconds(session) - before)
        minutes[int((now - began) / timedelta(minutes=1))] += started
        _finish_syncs(now)
    a_minute = [minutes[one] for one in range(hours * 60)]
    spent, starts = sum(idle) + sum(busy), sum(a_minute)
    return {
        "connections": count,
        "checks": len(idle) + len(busy),
        "syncs_started": starts,
        "starts_per_minute": {
            "mean": round(statistics.mean(a_minute), 1),
            "min": min(a_minute),
            "max": max(a_minute),
        },
        "check_without_a_start_ms": round(statistics.mean(idle) * 1000, 2) if idle else None,
        "ms_per_start": round(sum(busy) / max(1, starts) * 1000, 2),
        "share_of_a_core_percent": round(100 * spent / (hours * 3600), 3),
    }


def _session() -> Path:
    """Return the /proc file with the CPU time of our database session's process."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return Path("/proc", str(cursor.fetchone()[0]), "schedstat")


def _cpu_seconds(session: Path) -> float:
    """Return the CPU time of this process and its session, in seconds."""
    return time.process_time() + int(session.read_text().split()[0]) / 1e9


def _fill(count: int, now: datetime) -> None:
    from jemmo.domain.schedule import next_slot  # noqa: PLC0415
    from jemmo.store.models import Connection, Organisation  # noqa: PLC0415

    ids = [uuid5(UUID(int=7), str(number)) for number in range(count)]
    orgs = [Organisation(slug=f"org-{number}", name=f"Org {number}") for number in range(count)]
    Organisation.objects.bulk_create(orgs, batch_size=2000)
    Connection.objects.bulk_create(
        (
            Connection(
                id=key,
                org=org,
                provider="teamtailor",
                sealed_key=b"",
                key_set_at=now,
                due_at=next_slot(key, now, EVERY),
            )
            for key, org in zip(ids, orgs, strict=True)
        ),
        batch_size=2000,
    )
    _run("ANALYZE connection")


def _finish_syncs(now: datetime) -> None:
    """Do what workers do: finish the started syncs and schedule the next ones."""
    _run("UPDATE connection SET due_at = due_at + %s WHERE due_at <= %s", EVERY, now)
    _run("DELETE FROM procrastinate_jobs")


def _run(statement: str, *values: object) -> None:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(statement, values)


if __name__ == "__main__":
    main()
