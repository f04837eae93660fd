# ruff: noqa: PLC0415 - modules that read settings are imported after JEMMO_HOME is set
"""`make chaos`: real workers sync many small companies while everything around them fails.

Workers are killed (-9) at random, Postgres is restarted, and the ATSs respond with 429 and 5xx, stall, truncate
responses, and change records while they are read. After the faults end, every connection is compared with its ATS and
read in full once more. There must be no differences, no duplicates, no wrong tombstones, and no changes from the second
read.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import sys
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from benchmarks.home import new_home
from jemmo.sandbox import SandboxServer, run_sandbox

PROVIDERS = ("teamtailor", "teamtailor", "flatchr", "greenhouse")
PEOPLE = {"teamtailor": "candidates", "flatchr": "applicants", "greenhouse": "candidates"}
LAST_NAME = {"teamtailor": "last-name", "flatchr": "lastname", "greenhouse": "last_name"}
FAULTS = (
    *("", "", "storm429=0.3", "flaky5xx=0.2", "html=0.1", "truncated=0.2"),
    *("cut_json=0.2", "slow=150", "stall=0.03", "shifting", "flaky5xx=0.1,slow=100,truncated=0.1"),
)
TALENTS = (20, 150)
PATIENCE = 1800.0  # seconds until all syncs must have finished
QUICK = {"JEMMO_HEARTBEAT_SECONDS": "1", "JEMMO_SLICE_AT_LEAST": "0", "JEMMO_LOG_LEVEL": "error"}
WRONG_TOMBSTONES = """
    SELECT count(*) FROM talent WHERE connection_id = %s AND remote_deleted_at IS NOT NULL
        AND remote_id = ANY(%s)"""
DOUBLES = """
    SELECT count(*) - count(DISTINCT (connection_id, remote_id)) FROM talent"""


@dataclass
class Tally:
    """Counts of what the run did."""

    kills: int = 0
    database_restarts: int = 0
    ended_by_themselves: int = 0
    edits: int = 0
    syncs_asked: int = 0
    faults: dict[str, int] = field(default_factory=dict)


class Chaos:
    def __init__(self, url: str, chance: random.Random, workers: int) -> None:
        self.url = url
        self.chance = chance
        self.number = workers
        self.tally = Tally()
        self.log = (Path(os.environ["JEMMO_HOME"]) / "workers.log").open("ab")
        self.workers: list[asyncio.subprocess.Process] = []
        self.ats: dict[UUID, SandboxServer] = {}
        self.providers: dict[UUID, str] = {}

    async def connect(self, stack: AsyncExitStack, companies: int) -> None:
        for number in range(companies):
            provider = PROVIDERS[number % len(PROVIDERS)]
            server = await stack.enter_async_context(
                run_sandbox(
                    provider,
                    talents=self.chance.randint(*TALENTS),
                    seed=number + 1,
                    switches={"rate_limit": False},
                )
            )
            connection = await asyncio.to_thread(_connect, server, provider, number)
            self.ats[connection] = server
            self.providers[connection] = provider

    async def start_worker(self) -> None:
        self.workers.append(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "jemmo", "worker", "--concurrency", "4"),
                stderr=self.log,
                env={**os.environ, **QUICK},
            )
        )

    async def stop_workers(self) -> None:
        for one in self.workers:
            if one.returncode is None:
                one.kill()
            await one.wait()
        self.workers.clear()
        self.log.close()

    async def cause_trouble(self, kills: int) -> None:
        for _ in range(self.number):
            await self.start_worker()
        while self.tally.kills < kills:
            await asyncio.sleep(self.chance.uniform(0.1, 0.6))
            await self._restart_ended()
            await self._ask(self.chance.sample(list(self.ats), k=min(3, len(self.ats))))
            await self._edit(self.chance.choice(list(self.ats)))
            self._misbehave(self.chance.choice(list(self.ats)))
            if self.chance.random() < 0.4:
                await self._kill()
            if self.chance.random() < 0.015:
                await self._restart_database()

    async def _ask(self, connections: list[UUID]) -> None:
        for one in connections:
            self.tally.syncs_asked += 1
            await asyncio.to_thread(_ask, one, self.chance.choice((None, None, "reconcile")))

    async def _edit(self, connection: UUID) -> None:
        """Change, create or delete a talent in the ATS."""
        server = self.ats[connection]
        provider = self.providers[connection]
        kind = PEOPLE[provider]
        ids = [str(one["id"]) for one in await _truth(server, kind)]
        what = self.chance.choice(("edit", "edit", "create", "delete"))
        self.tally.edits += 1
        if what == "create" or len(ids) < 10:
            await server.change("create", kind, attributes={})
        elif what == "delete":
            await server.change("delete", kind, self.chance.choice(ids))
        else:
            name = LAST_NAME[provider]
            value = f"Name{self.tally.edits}"
            await server.change("edit", kind, self.chance.choice(ids), attributes={name: value})

    def _misbehave(self, connection: UUID) -> None:
        fault = self.chance.choice(FAULTS)
        self.ats[connection].faults.set(fault)
        name = fault or "none"
        self.tally.faults[name] = self.tally.faults.get(name, 0) + 1

    async def _restart_ended(self) -> None:
        """Restart workers that ended by themselves, as a service manager would: those started without a database."""
        for one in [one for one in self.workers if one.returncode is not None]:
            self.workers.remove(one)
            self.tally.ended_by_themselves += 1
            await self.start_worker()

    async def _kill(self) -> None:
        doomed = self.workers.pop(self.chance.randrange(len(self.workers)))
        with suppress(ProcessLookupError):
            doomed.kill()
            self.tally.kills += 1
        await doomed.wait()
        await self.start_worker()

    async def _restart_database(self) -> None:
        from jemmo import embedded

        self.tally.database_restarts += 1
        await asyncio.to_thread(embedded.stop)
        await asyncio.to_thread(embedded.ensure_running)

    async def settle(self) -> None:
        """End the faults and wait until the workers have finished. Raises ``TimeoutError`` if they don't."""
        for one in self.ats.values():
            one.faults.set("")
        async with asyncio.timeout(PATIENCE):
            while await self._busy():
                await self._restart_ended()
                await asyncio.sleep(0.3)

    async def _busy(self) -> bool:
        try:
            async with await psycopg.AsyncConnection.connect(self.url) as db:
                answer = await db.execute(
                    "SELECT (SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'syncs' "
                    "AND status IN ('todo', 'doing')) + (SELECT count(*) FROM lease "
                    "WHERE expires_at > now())"
                )
                row = await answer.fetchone()
                return bool(row and row[0])
        except psycopg.Error:
            return True

    async def count_errors(self) -> dict[str, Any]:
        """Compare every connection with its ATS, then read everything again; return the number of errors by kind."""
        found = {"differ": 0, "doubled": 0, "wrong_tombstones": 0, "changed_by_reading_again": 0}
        failed: list[str] = []
        for connection, server in self.ats.items():
            report = await _sync(connection, self.url, "reconcile")
            verdict = await _verify(connection, self.url)
            again = await _sync(connection, self.url, "initial")
            if not verdict.equal or report.status != "succeeded" or again.status != "succeeded":
                found["differ"] += 1
                failed.append(f"{server.base_url}: {report.status} {again.status} {again.error}")
            found["changed_by_reading_again"] += sum(
                one.created + one.updated + one.deleted for one in again.streams.values()
            )
            found["wrong_tombstones"] += await self._wrong_tombstones(connection, server)
        async with await psycopg.AsyncConnection.connect(self.url) as db:
            answer = await db.execute(DOUBLES)
            row = await answer.fetchone()
            found["doubled"] = int(row[0]) if row else 0
        return {**found, **({"failed": failed} if failed else {})}

    async def _wrong_tombstones(self, connection: UUID, server: SandboxServer) -> int:
        kind = PEOPLE[self.providers[connection]]
        ids = [str(one["id"]) for one in await _truth(server, kind)]
        async with await psycopg.AsyncConnection.connect(self.url) as db:
            answer = await db.execute(WRONG_TOMBSTONES, [connection, ids])
            row = await answer.fetchone()
        return int(row[0]) if row else 0


async def _truth(server: SandboxServer, kind: str) -> list[dict[str, Any]]:
    lines = [line async for line in server.provider.truth(kind, server.base_url)]
    return [json.loads(line) for line in b"".join(lines).splitlines()]


def _connect(server: SandboxServer, provider: str, number: int) -> UUID:
    from django.db import connections as django_connections

    from jemmo.services.accounts import accounts
    from jemmo.services.connections import connections
    from jemmo.vault import default_vault

    try:
        org = accounts.ensure_organisation(f"chaos-{number}", f"Chaos {number}")
        options = {"pacing": "off", **server.provider.facts().get("options", {})}
        if provider == "flatchr":
            from jemmo.sandbox.flatchr.vacancies import COMPANY

            options |= {"company_id": str(COMPANY["id"]), "backoff": "0-1"}
        base = server.base_url
        made = connections.connect(
            org, provider, server.key, vault=default_vault(), base_url=base, options=options
        )
        return made.id
    finally:
        django_connections.close_all()


def _ask(connection: UUID, mode: str | None) -> None:
    from django.db import DatabaseError
    from django.db import connections as django_connections

    from jemmo.domain.errors import JemmoError
    from jemmo.domain.streams import Mode
    from jemmo.services.sync.manual import request_sync

    try:
        request_sync(connection, mode=Mode(mode) if mode else None)
    except (DatabaseError, JemmoError, psycopg.Error):
        pass  # the database is down or the connection is paused; the next round tries again
    except Exception as error:  # noqa: BLE001 - the queue's error if the database is down
        print(f"not queued: {type(error).__name__}", file=sys.stderr)
    finally:
        django_connections.close_all()


async def _sync(connection: UUID, url: str, mode: str) -> Any:
    from jemmo.domain.streams import Mode
    from jemmo.services.sync.runner import sync
    from jemmo.vault import default_vault

    return await sync(connection, database_url=url, vault=default_vault(), mode=Mode(mode))


async def _verify(connection: UUID, url: str) -> Any:
    from jemmo.services.sync.verification import verify
    from jemmo.vault import default_vault

    return await verify(connection, database_url=url, vault=default_vault())


async def run(url: str, *, seed: int, kills: int, companies: int, workers: int) -> dict[str, Any]:
    """Do one complete run; return its figures."""
    began = time.monotonic()
    chaos = Chaos(url, random.Random(seed), workers)
    async with AsyncExitStack() as stack:
        await chaos.connect(stack, companies)
        try:
            await chaos.cause_trouble(kills)
            await chaos.settle()
        finally:
            await chaos.stop_workers()
        wrong = await chaos.count_errors()
    tally = chaos.tally
    return {
        "seed": seed,
        "companies": companies,
        "workers": workers,
        "kills": tally.kills,
        "ended_by_themselves": tally.ended_by_themselves,
        "database_restarts": tally.database_restarts,
        "syncs_asked": tally.syncs_asked,
        "edits": tally.edits,
        "faults": tally.faults,
        "seconds": round(time.monotonic() - began, 1),
        **wrong,
        "ok": not any(wrong.values()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--companies", type=int, default=12)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep-log", type=Path, metavar="FILE", help="save the workers' log here")
    given = parser.parse_args()
    with new_home():
        from jemmo import bootstrap

        try:
            url = bootstrap.start()
            found = asyncio.run(
                run(
                    url,
                    seed=given.seed,
                    kills=given.kills,
                    companies=given.companies,
                    workers=given.workers,
                )
            )
        finally:
            if given.keep_log:
                shutil.copy(Path(os.environ["JEMMO_HOME"]) / "workers.log", given.keep_log)
    print(json.dumps(found))
    sys.exit(0 if found["ok"] else 1)


if __name__ == "__main__":
    main()
