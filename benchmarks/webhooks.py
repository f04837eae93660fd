"""`python -m benchmarks.webhooks [--seconds N]`: the time from a change in the ATS to the tables, under load.

Ten organizations, each with its own key at one simulated ATS, receive 1,000 signed webhooks per minute in total.
Meanwhile, the first one's initial sync runs at the default pace. Web, worker, sync and ATS are separate processes, as
in a real installation.
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
from collections.abc import Iterator
from typing import Any

import aiohttp
import psycopg

from benchmarks.company import simulated
from benchmarks.home import new_home
from jemmo.sandbox.teamtailor.webhooks import sign_v2

ORGS = 10
A_MINUTE = 1000
TALENTS = 20_000
PORT = 8132
SIGNING = "bench-signing-key"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--share", type=int, default=100, help="the connections' quota_share")
    given = parser.parse_args()
    with new_home() as owner:
        print(json.dumps(_measure(owner, given.seconds, given.share)))


def _measure(url: str, seconds: int, share: int) -> dict[str, Any]:
    os.environ["DATABASE_URL"] = url
    with simulated(TALENTS, paced=True, keys=ORGS) as (address, _):
        hooks = _connect(address, share)
        with part("web", "--port", str(PORT)), part("worker"), _sync():
            return asyncio.run(_drive(url, address, hooks, seconds))


@contextlib.contextmanager
def part(*words: str) -> Iterator[int]:
    """Run a Jemmo process in its own session, like ``jemmo up``; yield its process id."""
    command = [sys.executable, "-m", "jemmo", *words]
    with subprocess.Popen(command, start_new_session=True) as process:  # noqa: S603 - our own program
        try:
            yield process.pid
        finally:
            process.terminate()


def _sync() -> Any:
    return part("sync", "--org", "org-0")


def _connect(address: str, share: int) -> list[str]:
    """Connect the organizations and return their webhook paths. The worker must not sync any of them."""
    from jemmo import bootstrap  # noqa: PLC0415 - JEMMO_HOME must be set first

    bootstrap.start()
    from jemmo.services.accounts import accounts  # noqa: PLC0415 - once Django is set up
    from jemmo.services.connections import connections  # noqa: PLC0415 - once Django is set up
    from jemmo.services.webhooks import endpoints  # noqa: PLC0415 - once Django is set up
    from jemmo.store.models import Connection  # noqa: PLC0415
    from jemmo.vault import default_vault  # noqa: PLC0415

    paths, vault = [], default_vault()
    for number in range(ORGS):
        org = accounts.ensure_organisation(f"org-{number}")
        made = connections.connect(
            org,
            "teamtailor",
            f"bench-key-{number}",
            vault=vault,
            base_url=address,
            options={"quota_share": str(share)},
        )
        one = Connection.objects.get(id=made.id)
        paths.append(endpoints.set_signing_key(one, SIGNING, vault).path)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as db:
        # None is due, so that the schedule doesn't start nine more initial syncs.
        db.execute("UPDATE connection SET due_at = now() + interval '1 day'")
    return paths


async def _drive(url: str, address: str, hooks: list[str], seconds: int) -> dict[str, Any]:
    """Change a talent, send its webhook to every organization, and note when each one's table has the change."""
    base = f"http://127.0.0.1:{PORT}"
    changed: dict[tuple[str, str], float] = {}
    seen: dict[tuple[str, str], float] = {}
    answers: list[float] = []
    async with aiohttp.ClientSession() as session:
        await until_up(session, base)
        talents = await talents_of(session, address)
        watching = asyncio.create_task(_watch(url, changed, seen))
        every, number, began = 60 * ORGS / A_MINUTE, 0, time.monotonic()
        while time.monotonic() < began + seconds:
            await asyncio.sleep(max(0.0, began + number * every - time.monotonic()))
            number += 1
            talent = talents[number]
            name = f"Odile{talent}"
            order = {"type": "candidates", "id": talent, "attributes": {"first-name": name}}
            async with session.post(f"{address}/__sandbox__/edit", json=order) as answer:
                assert answer.status == 200
            now = time.monotonic()
            for org in range(ORGS):
                changed[f"org-{org}", name] = now
            answers += await asyncio.gather(
                *(_announce(session, base + path, talent) for path in hooks)
            )
        sent = len(answers)
        ended = time.monotonic() - began
        syncing = await _syncing(url)
        for _ in range(300):
            if len(seen) == len(changed):
                break
            await asyncio.sleep(0.1)
        watching.cancel()
    waits = sorted(seen[key] - changed[key] for key in seen)
    own = sorted(seen[key] - changed[key] for key in seen if key[0] == "org-0")
    return {
        "webhooks_a_minute": round(sent * 60 / ended),
        "changes": len(changed),
        "never_seen": len(changed) - len(seen),
        "initial_sync_was_running_to_the_end": syncing,
        "answer_p95_ms": round(p95(sorted(answers)) * 1000, 1),
        "visible_median_s": round(statistics.median(waits), 2),
        "visible_p95_s": round(p95(waits), 2),
        "visible_worst_s": round(waits[-1], 2),
        "visible_p95_s_of_the_organisation_that_syncs": round(p95(own), 2) if own else None,
        "load": os.getloadavg()[0],
    }


async def talents_of(session: aiohttp.ClientSession, address: str) -> list[str]:
    """Return the talents' ids, starting with those that an initial sync reads last."""
    async with session.get(f"{address}/__sandbox__/truth/candidates") as answer:
        lines = (await answer.read()).splitlines()
    return [str(json.loads(line)["id"]) for line in lines][::-1]


async def _announce(session: aiohttp.ClientSession, url: str, talent: str) -> float:
    body = json.dumps(
        {"payload": {"event_name": "candidate.update", "data": {"id": talent, "type": "x"}}}
    ).encode()
    began = time.monotonic()
    headers = {"TT-Signature": sign_v2(SIGNING, body, int(time.time()))}
    async with session.post(url, data=body, headers=headers) as answer:
        assert answer.status == 200, answer.status
    return time.monotonic() - began


async def _watch(
    url: str, changed: dict[tuple[str, str], float], seen: dict[tuple[str, str], float]
) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as db:
        while True:
            names = sorted({name for org, name in changed if (org, name) not in seen})
            found = await db.execute(
                "SELECT o.slug, t.first_name FROM talent t JOIN organisation o ON o.id = t.org_id "
                "WHERE t.remote_id = ANY(%s) AND t.first_name = ANY(%s)",
                [[name.removeprefix("Odile") for name in names], names],
            )
            rows, now = await found.fetchall(), time.monotonic()
            for row in rows:
                seen.setdefault((row[0], row[1]), now)
            await asyncio.sleep(0.05)


async def until_up(session: aiohttp.ClientSession, base: str) -> None:
    while True:
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(f"{base}/healthz") as answer:
                if answer.status == 200:
                    return
        await asyncio.sleep(0.2)


async def _syncing(url: str) -> bool:
    async with await psycopg.AsyncConnection.connect(url) as db:
        answer = await db.execute("SELECT count(*) FROM sync_run WHERE status = 'running'")
        row = await answer.fetchone()
    return bool(row and row[0])


def p95(ordered: list[float]) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


if __name__ == "__main__":
    main()
