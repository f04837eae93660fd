"""`python -m benchmarks.first_minute [--quick] [--unpaced] [PROVIDER]`: how soon a first sync shows active people.

A sandbox with 20,000 talents, by default a paced Teamtailor, is synced twice: in the usual order ("before"), and with
recent records first ("now").
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.company import company, requests
from benchmarks.connectors import OPTIONS
from benchmarks.home import new_home
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
from msgspec.structs import asdict
from benchmarks import one_sync
if sys.argv.pop(1) == "before":
    from jemmo.domain import streams
    from jemmo.pipeline import plan, run
    run.start_of = lambda *given: streams.Start(**{**asdict(plan.start_of(*given)), "recent": None})
one_sync.main(*sys.argv[1:])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("provider", nargs="?", default="teamtailor", choices=sorted(OPTIONS))
    parser.add_argument("--quick", action="store_true", help="a quarter of the size")
    parser.add_argument("--unpaced", action="store_true", help="without a pace: count requests")
    given = parser.parse_args()
    talents = TALENTS // (4 if given.quick else 1)
    with new_home() as owner:
        Console().print(_measure(talents, owner, given.provider, paced=not given.unpaced))


def _measure(talents: int, database_url: str, provider: str, *, paced: bool) -> Table:
    set_up = [sys.executable, "-c", "from jemmo import bootstrap; bootstrap.start()"]
    subprocess.run(set_up, check=True)  # noqa: S603 - our own program
    table = Table("what", "before", "now", "goal", "reached")
    before, now = (
        _first_sync(talents, name, database_url, provider, paced=paced)
        for name in ("before", "now")
    )

    def row(what: str, key: str, goal: str = "", reached: bool | None = None) -> None:
        table.add_row(what, f"{before[key]:,.1f}", f"{now[key]:,.1f}", goal, _verdict(reached))

    def ratio(key: str) -> None:
        found = now[key] / before[key]
        reached = _verdict(found <= LONGER)
        table.add_row("the same, now ÷ before", "", f"{found:.3f}", f"≤ {LONGER}", reached)

    people = f"% of {now['people']:,} people active in the last 30 days"
    if paced:
        reached = now["visible"] >= MOST
        row(f"{people}, visible after {WITHIN:.0f} s", "visible", f"≥ {MOST:.0f}", reached)
        reached = now["after"] <= WITHIN
        row(f"seconds until {MOST:.0f}% of them are visible", "after", f"≤ {WITHIN:.0f}", reached)
        row("seconds for the whole sync", "seconds")
        ratio("seconds")
    row(f"{people}, visible after a quarter of the requests", "early")
    row("% of the requests until half of them are visible", "half")
    row("% of the requests until 70% of them are visible", "many")
    row("requests", "requests")
    ratio("requests")
    return table


def _verdict(reached: bool | None) -> str:
    return "" if reached is None else "yes" if reached else "NO"


def _first_sync(
    talents: int, name: str, database_url: str, provider: str, *, paced: bool
) -> dict[str, Any]:
    """Run one sync and note when each person becomes visible, in seconds from its start and in requests."""
    seen: dict[str, tuple[datetime, int]] = {}
    with (
        company(talents, paced=paced, provider=provider) as address,
        psycopg.connect(database_url, autocommit=True) as db,
        subprocess.Popen(  # noqa: S603 - our own program
            [
                *(sys.executable, "-c", ONE, name, name, address),
                *("on" if paced else "off", provider, *OPTIONS[provider]),
            ],
            stdout=subprocess.PIPE,
            text=True,
        ) as sync,
    ):
        while sync.poll() is None:
            _note_visible(db, name, address, seen)
            time.sleep(1 if paced else 0.1)
        _note_visible(db, name, address, seen)
        assert sync.stdout is not None
        found: dict[str, Any] = json.loads(sync.stdout.read().splitlines()[-1])
        (began,) = next(iter(db.execute(BEGAN.encode(), [name])))
        since = began - RECENT
        people = [row[0] for row in db.execute(ACTIVE.encode(), [name, since, since])]
    times = sorted((seen[one][0] - began).total_seconds() for one in people)
    asked = sorted(100 * seen[one][1] / found["requests"] for one in people)
    found["people"] = len(people)
    found["visible"] = 100 * sum(at <= WITHIN for at in times) / len(times)
    found["after"] = times[int(len(times) * MOST / 100)]
    found["early"] = 100 * sum(at <= 25 for at in asked) / len(asked)
    found["half"] = asked[len(asked) // 2]
    found["many"] = asked[len(asked) * 7 // 10]
    print(name, found, flush=True)
    return found


def _note_visible(
    db: psycopg.Connection[Any], org: str, address: str, seen: dict[str, tuple[datetime, int]]
) -> None:
    shown = [row[0] for row in db.execute(VISIBLE.encode(), [org])]
    at = datetime.now(UTC), int(requests(address)["total"])
    for one in shown:
        seen.setdefault(one, at)


if __name__ == "__main__":
    main()
