"""`python -m benchmarks.first_minute [--quick]`: how soon a first sync shows the people who matter now.

A paced Teamtailor sandbox with 20,000 talents is synced twice: as it is, and without what is recent coming first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.company import company
from jemmo.domain.streams import RECENT

TALENTS = 20_000
WITHIN = 60.0
MOST = 95.0
LONGER = 1.05

VISIBLE = """
    SELECT t.remote_id FROM talent t JOIN connection c ON c.id = t.connection_id
    JOIN organisation o ON o.id = c.org_id
    WHERE o.slug = %s AND t.excluded_reason IS NULL AND t.remote_deleted_at IS NULL"""
ACTIVE = f"""{VISIBLE} AND (t.remote_updated_at >= %s OR EXISTS (
    SELECT FROM application a WHERE a.talent_id = t.id AND a.status = 'ACTIVE' AND a.remote_updated_at >= %s))"""
BEGAN = """
    SELECT min(r.started_at) FROM sync_run r JOIN connection c ON c.id = r.connection_id
    JOIN organisation o ON o.id = c.org_id WHERE o.slug = %s"""

ONE = """
import sys
from benchmarks import one_sync
if sys.argv.pop(1) == "before":
    from jemmo.connectors.teamtailor import source
    source.MOST_PAGES_AT_ONCE = source.MOST_PAGES_OF_JOBS = 10**9
one_sync.main(*sys.argv[1:])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the size")
    talents = TALENTS // (4 if parser.parse_args().quick else 1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JEMMO_HOME"] = folder
        os.environ.pop("DATABASE_URL", None)
        from jemmo import embedded  # noqa: PLC0415 - its home is set now

        try:
            Console().print(_measure(talents, embedded.ensure_running()))
        finally:
            embedded.stop()


def _measure(talents: int, database_url: str) -> Table:
    set_up = [sys.executable, "-c", "from jemmo import bootstrap; bootstrap.start()"]
    subprocess.run(set_up, check=True)  # noqa: S603 - our own program
    table = Table("what", "before", "now", "goal", "reached")
    before, now = (_watched(talents, name, database_url) for name in ("before", "now"))

    def row(what: str, key: str, goal: str = "", reached: bool | None = None) -> None:
        table.add_row(what, f"{before[key]:,.1f}", f"{now[key]:,.1f}", goal, _said(reached))

    row(f"% of {now['people']:,} people active in 30 days, visible after {WITHIN:.0f} s",
        "visible", f"≥ {MOST:.0f}", now["visible"] >= MOST)  # fmt: skip
    row(
        f"seconds until {MOST:.0f} % of them are",
        "after",
        f"≤ {WITHIN:.0f}",
        now["after"] <= WITHIN,
    )
    row("seconds of the whole sync", "seconds")
    ratio = now["seconds"] / before["seconds"]
    table.add_row(
        "the same, now ÷ before", "", f"{ratio:.3f}", f"≤ {LONGER}", _said(ratio <= LONGER)
    )
    row("requests", "requests")
    return table


def _said(reached: bool | None) -> str:
    return "" if reached is None else "yes" if reached else "NO"


def _watched(talents: int, name: str, database_url: str) -> dict[str, Any]:
    """One sync, and when each person was first seen beside it, in seconds from its start."""
    seen: dict[str, datetime] = {}
    with (
        company(talents, paced=True) as address,
        psycopg.connect(database_url, autocommit=True) as db,
        subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", ONE, name, name, address, "on"],
            stdout=subprocess.PIPE,
            text=True,
        ) as sync,
    ):
        while sync.poll() is None:
            _look(db, name, seen)
            time.sleep(1)
        _look(db, name, seen)
        assert sync.stdout is not None
        found: dict[str, Any] = json.loads(sync.stdout.read().splitlines()[-1])
        (began,) = next(iter(db.execute(BEGAN.encode(), [name])))
        since = began - RECENT
        people = [row[0] for row in db.execute(ACTIVE.encode(), [name, since, since])]
    times = sorted((seen[one] - began).total_seconds() for one in people)
    found["people"] = len(people)
    found["visible"] = 100 * sum(at <= WITHIN for at in times) / len(times)
    found["after"] = times[int(len(times) * MOST / 100)]
    print(name, found, flush=True)
    return found


def _look(db: psycopg.Connection[Any], org: str, seen: dict[str, datetime]) -> None:
    at = datetime.now(UTC)
    for (one,) in db.execute(VISIBLE.encode(), [org]):
        seen.setdefault(one, at)


if __name__ == "__main__":
    main()
