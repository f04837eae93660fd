"""Worker processes with one database: racing, killed, stopped, taking turns."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import psutil
import pytest
from fakes.company import Company, company, in_thread
from fakes.processes import begin
from fakes.teamtailor_truth import assert_equal_to_truth

from jemmo.cli.operations import working
from jemmo.domain.streams import Mode
from jemmo.sandbox import SandboxServer, run_sandbox
from jemmo.services.sync import queue
from jemmo.services.sync.manual import request_sync
from jemmo.store.db.priority import NICENESS

pytestmark = pytest.mark.one_server

QUICK = {"JEMMO_HEARTBEAT_SECONDS": "0.5", "JEMMO_SLICE_AT_LEAST": "0"}
SEEN = "SELECT coalesce(sum(seen), 0) FROM checkpoint WHERE connection_id = {me}"
OPEN = "SELECT count(*) FROM sync_run WHERE connection_id = {me} AND status = 'running'"
Start = Callable[..., Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """A function that starts workers, which end with the test."""
    started: list[asyncio.subprocess.Process] = []

    async def worker(concurrency: int = 1, **env: str) -> asyncio.subprocess.Process:
        made = await begin("worker", "--concurrency", str(concurrency), env={**QUICK, **env})
        started.append(made)
        return made

    yield worker
    for one in started:
        if one.returncode is None:
            one.kill()
        await one.communicate()


@asynccontextmanager
async def sandbox(faults: str = "slow=25", talents: int = 120) -> AsyncIterator[SandboxServer]:
    async with run_sandbox(
        talents=talents, seed=5, switches={"rate_limit": False}, faults=faults
    ) as server:
        yield server


async def connected(ats: SandboxServer, database_url: str, org: str = "acme") -> Company:
    """A connection that isn't due, so that only the test's own syncs run."""
    found = await company(
        database_url, base_url=ats.base_url, key=ats.key, options={"page_size": "10"}, org=org
    )
    await found.rows(
        "UPDATE connection SET due_at = now() + interval '6 hours' WHERE id = {me} RETURNING 1"
    )
    return found


async def until(found: Company, query: str, least: int) -> None:
    async with asyncio.timeout(600):
        while await found.value(query) < least:
            await asyncio.sleep(0.02)


async def all_done(found: Company, runs: int) -> None:
    await until(
        found,
        "SELECT count(*) FROM sync_run WHERE connection_id = {me} AND status <> 'running'",
        runs,
    )


async def ask(found: Company, only: str | None = None, mode: Mode | None = None) -> bool:
    requested = await in_thread(partial(request_sync, found.id, only=only, mode=mode))
    return requested.joined


async def test_a_worker_ends_with_the_error_of_a_broken_part(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(_url: str, _concurrency: int) -> None:
        raise RuntimeError("broken")

    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(working, "_make_room", breaks)
    with pytest.raises(RuntimeError, match="broken"):
        await working.work(1)


@pytest.mark.long
async def test_two_workers_never_run_two_syncs_of_one_connection(
    database_url: str, start: Start
) -> None:
    async with sandbox() as ats:
        found = await connected(ats, database_url)
        wanted: list[dict[str, Any]] = [
            {"only": "jobs"},
            {"only": "talents"},
            {},
            {"mode": Mode.INITIAL},
            {"mode": Mode.RECONCILE},
        ]
        assert [await ask(found, **one) for one in wanted] == [False] * 5
        assert [await ask(found, **one) for one in wanted] == [True] * 5
        workers = await asyncio.gather(start(2), start(2))

        await all_done(found, 5)

        lower = min(os.nice(0) + NICENESS, 19)  # web processes have priority
        assert [psutil.Process(worker.pid).nice() for worker in workers] == [lower, lower]

        overlaps = await found.value(
            "SELECT count(*) FROM sync_run a JOIN sync_run b ON a.id < b.id "
            "AND a.started_at < b.finished_at AND b.started_at < a.finished_at"
        )
        assert overlaps == 0
        assert await found.rows("SELECT DISTINCT status FROM sync_run") == [("succeeded",)]
        await assert_equal_to_truth(ats, found)


async def test_a_killed_workers_tasks_are_taken_over(database_url: str, start: Start) -> None:
    async with sandbox("hold=/v1/candidates:4") as ats:
        found = await connected(ats, database_url)
        doomed = await start()
        await ask(found)
        await until(found, SEEN, 40)
        await start()
        doomed.kill()
        await doomed.wait()
        ats.faults.set("")

        await all_done(found, 2)

        runs = await found.rows(
            "SELECT status, report->'error'->>'code' FROM sync_run ORDER BY started_at"
        )
        assert runs == [("failed", "interrupted"), ("succeeded", None)]
        await assert_equal_to_truth(ats, found)
        await until(found, "SELECT (count(*) = 0)::int FROM procrastinate_jobs", 1)


@pytest.mark.long
async def test_a_stopping_worker_ends_after_a_page_and_another_continues_the_run(
    database_url: str, start: Start
) -> None:
    async with sandbox("hold=/v1/candidates:4") as ats:
        found = await connected(ats, database_url)
        first = await start()
        await ask(found)
        await until(found, SEEN, 40)
        first.send_signal(signal.SIGTERM)
        ats.faults.set("")

        _, said = await first.communicate()
        assert first.returncode == 0, said
        assert b"Traceback" not in said
        assert await found.value(OPEN) == 1
        assert await found.value("SELECT count(*) FROM lease WHERE holder_pid IS NULL") == 1
        assert await ask(found) is True
        await start()

        await all_done(found, 1)
        assert await found.rows("SELECT status FROM sync_run") == [("succeeded",)]
        await assert_equal_to_truth(ats, found)


@pytest.mark.long
async def test_a_sync_in_many_slices_is_one_run_with_one_report(
    database_url: str, start: Start
) -> None:
    async with sandbox("") as ats:
        found = await connected(ats, database_url)
        await ask(found)
        await start(JEMMO_SLICE_SECONDS="0.05")

        await all_done(found, 1)

        (status, report) = (await found.rows("SELECT status, report FROM sync_run"))[0]
        assert status == "succeeded"
        talents = report["streams"]["talents"]
        assert talents["fetched"] == 120
        assert talents["created"] + talents["excluded"] == 120
        await assert_equal_to_truth(ats, found)


@pytest.mark.long
async def test_a_huge_first_sync_delays_nobody(database_url: str, start: Start) -> None:
    async with AsyncExitStack() as stack:
        huge, small = [
            await stack.enter_async_context(sandbox(faults, talents))
            for faults, talents in (("hold=/v1/candidates:4", 400), ("", 20))
        ]
        large = await connected(huge, database_url, "large")
        other = await connected(small, database_url, "small")
        await other.sync()
        await ask(large)
        await start()
        await until(large, SEEN, 40)

        await in_thread(
            partial(queue.sync, other.id, priority=queue.INCREMENTAL, trigger="schedule")
        )
        await all_done(other, 2)

        assert await large.value(OPEN) == 1
        huge.faults.set("")
        await all_done(large, 1)
        assert await large.rows("SELECT status FROM sync_run WHERE connection_id = {me}") == [
            ("succeeded",)
        ]
        await assert_equal_to_truth(huge, large)


@pytest.mark.long
async def test_an_organization_with_many_connections_does_not_get_all_turns(
    database_url: str, start: Start
) -> None:
    async with sandbox("", 20) as ats:
        many = [await connected(ats, database_url, "many") for _ in range(6)]
        one = await connected(ats, database_url, "one")
        for found in (*many, one):
            await in_thread(
                partial(queue.sync, found.id, priority=queue.INCREMENTAL, trigger="schedule")
            )
        await start()
        await until(one, "SELECT count(*) FROM sync_run WHERE status <> 'running'", 7)

        order = await one.rows("SELECT connection_id FROM sync_run ORDER BY started_at")
        assert [row[0] for row in order].index(one.id) <= 1


@pytest.mark.long
async def test_an_unresponsive_ats_delays_nobody_else(database_url: str, start: Start) -> None:
    """Its sync is interrupted within a page, and continues once the ATS responds."""
    async with sandbox(faults="hold=/v1/candidates:3") as slow, sandbox(talents=20) as quick:
        held = await connected(slow, database_url)
        other = await connected(quick, database_url, org="other")
        await start(1, JEMMO_SLICE_GIVE_WAY="0")
        await ask(held)
        await until(held, SEEN, 1)
        await ask(other)
        await all_done(other, 1)
        assert await held.value(OPEN) == 1

        slow.faults.set("")
        await all_done(held, 1)

        [[status, runs]] = await held.rows(
            "SELECT min(status), count(*) FROM sync_run WHERE connection_id = {me}"
        )
        assert (status, runs) == ("succeeded", 1)
        await assert_equal_to_truth(slow, held)
