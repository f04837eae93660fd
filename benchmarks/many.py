"""`python -m benchmarks.many [--scale 0.1]`: the first syncs of 1,000 organizations by two workers.

The five large organizations are due first. These are measured with and without them: the time until each size class is
done, the database connections of each process, and how long notifications wait in the queue. Then follow the cost of an
unchanged sync, and whether any periodic statement reads more pages if there are more talents.

``--scale`` applies to the number of organizations and to the large ones' talents.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from benchmarks.company import KEY, simulated
from benchmarks.cost import postmaster, spent
from benchmarks.home import new_home

CLASSES = {"small": (700, 20), "medium": (250, 200), "big": (45, 2000), "large": (5, 20_000)}
"""The number of organizations per size class, and the talents of each."""
WORKERS, CONCURRENCY = 2, 4
UNCHANGED = 100  # syncs that find nothing new
COMPANIES = 20  # for the statements
FEW_TALENTS, MANY_TALENTS = 250, 2500
PATIENCE = 1800.0  # seconds for each part; whatever hasn't finished by then is reported as such

DONE = """
    SELECT o.slug, extract(epoch FROM min(r.finished_at) - %s)::float8
    FROM organisation o JOIN connection c ON c.org_id = o.id
    JOIN sync_run r ON r.connection_id = c.id AND r.status IN ('succeeded', 'partial')
    GROUP BY 1"""
HELD = """
    SELECT application_name, count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1"""
WAITING = """
    SELECT coalesce(extract(epoch FROM max(clock_timestamp() - e.at)), 0)::float8
    FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id
    WHERE j.queue_name = 'notifications' AND j.status = 'todo' AND e.type = 'deferred'
        AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--statements", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.statements:
        print(json.dumps(_on_new_postgres(lambda url: _statements(url, given.statements))))
        return
    report: dict[str, Any] = {"scale": given.scale, "processors": os.cpu_count()}
    for name, large in (("with_large", True), ("without_large", False)):
        report[name] = _on_new_postgres(
            lambda url, large=large: _first_syncs(url, given.scale, large)
        )
        print(json.dumps({name: report[name]}), flush=True)
    print(json.dumps({"ratio": _ratios(report["with_large"], report["without_large"])}), flush=True)
    print(json.dumps({"statements": _growth()}), flush=True)


def _on_new_postgres(measure: Any) -> Any:
    """Measure on a new embedded Postgres."""
    with new_home():
        command = [sys.executable, "-c", "from jemmo import bootstrap; print(bootstrap.start())"]
        ended = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ours
        return measure(ended.stdout.splitlines()[-1])


# --- first syncs ---


def _first_syncs(url: str, scale: float, large: bool) -> dict[str, Any]:
    classes = {
        name: (_count(name, number, scale), round(talents * scale) if name == "large" else talents)
        for name, (number, talents) in CLASSES.items()
        if large or name != "large"
    }
    with contextlib.ExitStack() as stack:
        addresses = {
            name: stack.enter_context(simulated(talents, paced=False))[0]
            for name, (_, talents) in classes.items()
        }
        orders = [
            (f"{name}-{n}", addresses[name]) for name in classes for n in range(classes[name][0])
        ]
        orders.sort(
            key=lambda order: (not order[0].startswith("large"), order[0].partition("-")[2])
        )
        _connect(orders)
        workers = [stack.enter_context(_worker()) for _ in range(WORKERS)]
        with psycopg.connect(url, autocommit=True, options="-c jemmo.reach=everything") as db:
            found = _wait_until_synced(db, {name for name, _ in orders})
            if large:
                found["unchanged"] = _unchanged(db, workers)
    return found


def _count(name: str, number: int, scale: float) -> int:
    return number if name == "large" else max(1, round(number * scale))


def _connect(orders: list[tuple[str, str]]) -> None:
    """Connect the organizations in a separate process, since Django is bound to one database."""
    code = """if True:
        import json, sys
        from jemmo import bootstrap
        bootstrap.start()
        from jemmo.services.accounts import accounts
        from jemmo.services.connections import connections
        from jemmo.vault import default_vault
        for name, address in json.load(sys.stdin):
            org = accounts.ensure_organisation(name)
            connections.connect(org, "teamtailor", KEY, vault=default_vault(), base_url=address,
                options={"pacing": "off"})
    """.replace("KEY", repr(KEY))
    subprocess.run([sys.executable, "-c", code], input=json.dumps(orders), text=True, check=True)  # noqa: S603


@contextlib.contextmanager
def _worker() -> Iterator[int]:
    command = [sys.executable, "-m", "jemmo", "worker", "--concurrency", str(CONCURRENCY)]
    with subprocess.Popen(command) as worker:  # noqa: S603 - our own program
        try:
            yield worker.pid
        finally:
            worker.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(timeout=60)
            worker.kill()


def _wait_until_synced(db: psycopg.Connection, names: set[str]) -> dict[str, Any]:
    """Wait until every organization has been synced; return the times, connections and queue waits."""
    began = db.execute("UPDATE connection SET due_at = now() RETURNING now()").fetchone()
    assert began
    held: Counter[str] = Counter()
    waited = 0.0
    done: dict[str, float] = {}
    ends = time.monotonic() + PATIENCE
    while names - done.keys() and time.monotonic() < ends:
        time.sleep(0.25)
        done = {row[0]: row[1] for row in db.execute(DONE, [began[0]])}
        held |= Counter({row[0] or "-": row[1] for row in db.execute(HELD)})
        row = db.execute(WAITING).fetchone()
        waited = max(waited, row[0] if row else 0.0)
    times: dict[str, list[float]] = {}
    for name, seconds in done.items():
        times.setdefault(name.partition("-")[0], []).append(seconds)
    return {
        "seconds": {name: _spread(some) for name, some in times.items()},
        "not_done": len(names - done.keys()),
        "connections_at_most": dict(held),
        "notification_waited_at_most": round(waited, 2),
    }


def _spread(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    figures = {"median": statistics.median(ordered), "p95": p95, "max": ordered[-1]}
    return {"organizations": len(ordered), **{name: round(one, 1) for name, one in figures.items()}}


def _ratios(with_large: Any, without: Any) -> dict[str, dict[str, float]]:
    """Return how much longer each class takes with the large organizations than without them."""
    return {
        name: {
            key: round(with_large["seconds"][name][key] / alone[key], 2)
            for key in ("median", "p95", "max")
        }
        for name, alone in without["seconds"].items()
        if name in with_large["seconds"]
    }


# --- unchanged syncs ---


def _unchanged(db: psycopg.Connection, workers: list[int]) -> dict[str, Any]:
    """Return the average cost of a sync that finds nothing new, including the housekeeping that runs meanwhile."""
    postgres_pid = postmaster()
    rows = db.execute(
        "SELECT c.id FROM connection c JOIN organisation o ON o.id = c.org_id "
        "WHERE o.slug LIKE 'small-%%' ORDER BY o.slug LIMIT %s",
        [UNCHANGED],
    ).fetchall()
    keys = [row[0] for row in rows]
    before = sum(spent(one) for one in workers), spent(postgres_pid), _wal(db)
    db.execute("UPDATE connection SET due_at = now() WHERE id = ANY(%s)", [keys])
    left = "SELECT count(*) FROM connection WHERE id = ANY(%s) AND due_at <= now()"
    ends = time.monotonic() + PATIENCE
    while (row := db.execute(left, [keys]).fetchone()) and row[0] and time.monotonic() < ends:
        time.sleep(0.1)
    after = sum(spent(one) for one in workers), spent(postgres_pid), _wal(db)
    worker, postgres, wal = ((b - a) / len(keys) for a, b in zip(before, after, strict=True))
    return {
        "syncs": len(keys),
        "not_done": row[0] if row else 0,
        "worker_ms": round(worker / 1000, 1),
        "postgres_ms": round(postgres / 1000, 1),
        "wal_kb": round(wal / 1000, 1),
    }


def _wal(db: psycopg.Connection) -> float:
    row = db.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn").fetchone()
    return float(row[0]) if row else 0.0


# --- statements ---


def _growth() -> dict[str, Any]:
    """Return the pages that each periodic statement reads with few talents and with ten times as many."""
    try:
        few, many = (_buffers(number) for number in (FEW_TALENTS, MANY_TALENTS))
    except subprocess.TimeoutExpired:
        return {"not_done_in_seconds": PATIENCE}
    grown = {
        name: [few.get(name, 0), pages]
        for name, pages in many.items()
        if pages > 3 * max(few.get(name, 0), 100)
    }
    return {"statements": len(many), "read_more_with_more_talents": grown}


def _buffers(talents: int) -> dict[str, int]:
    command = [sys.executable, "-m", "benchmarks.many", "--statements", str(talents)]
    ended = subprocess.run(  # noqa: S603 - ours
        command, stdout=subprocess.PIPE, text=True, check=True, timeout=PATIENCE
    )
    found: dict[str, int] = json.loads(ended.stdout.splitlines()[-1])
    return found


def _statements(url: str, talents: int) -> dict[str, int]:
    os.environ["DATABASE_URL"] = url
    from jemmo import bootstrap  # noqa: PLC0415 - JEMMO_HOME must be set first

    bootstrap.start()
    from benchmarks.filled import fill  # noqa: PLC0415 - once Django is set up
    from benchmarks.periodic import works  # noqa: PLC0415
    from benchmarks.statements import captured  # noqa: PLC0415

    everything = make_conninfo(url, options="-c jemmo.reach=everything -c jemmo.contacts=on")
    fill(everything, COMPANIES, talents)
    pages: dict[str, int] = {}
    for name, work in works().items():
        with captured(url) as statements:
            asyncio.run(_run(work, url))
        for one in statements:
            key = f"{name}: {' '.join(one.query.split())[:120]}"
            pages[key] = max(pages.get(key, 0), one.buffers)
    return pages


async def _run(work: Any, url: str) -> None:
    await work(url)


if __name__ == "__main__":
    main()
