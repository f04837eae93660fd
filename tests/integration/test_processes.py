"""Real processes with a real database: killed, racing, without their lease, without the database."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

import psycopg
import pytest
from fakes.company import Company, company
from fakes.processes import begin, finish, jemmo
from fakes.teamtailor_truth import assert_equal_to_truth

from jemmo import embedded
from jemmo.domain.errors import FailureMode
from jemmo.domain.outcomes import RunStatus
from jemmo.sandbox import SandboxServer, run_sandbox

pytestmark = pytest.mark.one_server

SEEN = "SELECT coalesce(sum(seen), 0) FROM checkpoint"


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxServer]:
    async with run_sandbox(
        talents=120, seed=5, switches={"rate_limit": False}, faults="slow=25"
    ) as server:
        yield server


async def connected(sandbox: SandboxServer, database_url: str) -> Company:
    return await company(
        database_url, base_url=sandbox.base_url, key=sandbox.key, options={"page_size": "10"}
    )


async def until(found: Company, query: str, least: int) -> None:
    """Wait until a query returns at least this number."""
    while await found.value(query) < least:
        await asyncio.sleep(0)


@pytest.mark.long
@pytest.mark.parametrize("seed", [0, 1, 2])
async def test_a_sync_killed_at_any_page_is_finished_by_the_next_ones(
    sandbox: SandboxServer, database_url: str, seed: int
) -> None:
    found = await connected(sandbox, database_url)
    chance, seen = random.Random(seed), 0
    for _ in range(2):
        running = await begin("sync", "--org", "acme", "--json")
        seen += chance.randint(1, 150)
        await until(found, SEEN, seen)
        running.kill()
        await running.communicate()
        seen = int(await found.value(SEEN))
    sandbox.faults.set("")

    done = await jemmo("sync", "--org", "acme", "--json")

    assert done.status == 0, done
    assert done.last["mode"] == "initial"
    await assert_equal_to_truth(sandbox, found)
    runs = await found.rows(
        "SELECT status, report->'error'->>'code' FROM sync_run ORDER BY started_at"
    )
    assert runs == [("failed", "interrupted"), ("failed", "interrupted"), ("succeeded", None)]
    assert (await jemmo("verify", "--org", "acme")).status == 0


@pytest.mark.long
async def test_one_of_two_concurrent_syncs_wins_and_the_other_says_why(
    sandbox: SandboxServer, database_url: str
) -> None:
    found = await connected(sandbox, database_url)
    sandbox.faults.set("hold=/v1/candidates:2")
    first = await begin("sync", "--org", "acme", "--json")
    await until(found, "SELECT count(*) FROM lease", 1)

    second = await jemmo("sync", "--org", "acme", "--json")

    sandbox.faults.set("")
    assert second.status == 5
    assert second.last["error"]["code"] == "already_running"
    assert "already running" in second.err
    assert "Next step" in second.err
    assert (await finish(first)).status == 0
    await assert_equal_to_truth(sandbox, found)
    assert await found.value("SELECT count(*) FROM sync_run") == 1


async def test_a_sync_that_lost_its_lease_writes_nothing_more(
    sandbox: SandboxServer, database_url: str
) -> None:
    found = await connected(sandbox, database_url)
    running = asyncio.create_task(found.sync())
    await until(found, SEEN, 20)
    (stolen_at,) = (
        await found.rows(
            "UPDATE lease SET token = %s, holder_pid = pg_backend_pid() "
            "RETURNING clock_timestamp()",
            uuid4(),
        )
    )[0]

    report = await running

    assert (report.status, report.failure) == (RunStatus.FAILED, FailureMode.SUPERSEDED), report
    assert report.error is not None
    assert report.error["code"] == "lease_lost"
    late = "SELECT count(*) FROM {} WHERE {} > %s"
    for table, column in (
        *((name, "modified_at") for name in ("job", "talent", "stage", "application")),
        ("checkpoint", "saved_at"),
    ):
        assert await found.value(late.format(table, column), stolen_at) == 0, table
    assert await found.value("SELECT count(*) FROM lease") == 1
    assert await found.state() == "active"


async def test_a_lease_whose_holder_is_gone_is_taken_over_at_once(
    sandbox: SandboxServer, database_url: str
) -> None:
    found = await connected(sandbox, database_url)
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as holder:
        await holder.execute(
            "INSERT INTO lease (connection_id, token, expires_at, holder_pid, holder_since) "
            "SELECT %s, %s, now() + interval '1 hour', pid, backend_start FROM pg_stat_activity "
            "WHERE pid = pg_backend_pid()",
            [found.id, uuid4()],
        )
    sandbox.faults.set("")

    assert (await found.sync()).status is RunStatus.SUCCEEDED


async def test_a_stopped_sync_says_so_and_is_closed(
    sandbox: SandboxServer, database_url: str
) -> None:
    found = await connected(sandbox, database_url)
    running = await begin("sync", "--org", "acme", "--json")
    await until(found, SEEN, 20)
    running.terminate()

    done = await finish(running)

    assert done.status == 130
    assert "Traceback" not in done.err
    assert await found.value("SELECT report->'error'->>'code' FROM sync_run") == "cancelled"
    assert await found.value("SELECT count(*) FROM lease") == 0


@pytest.fixture
def own_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A Postgres that only this test starts and stops."""
    folder = Path(mkdtemp(prefix="jemmo-test-"))
    monkeypatch.setenv("JEMMO_HOME", str(folder))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    yield embedded.ensure_running()
    embedded.stop()
    shutil.rmtree(folder)


@pytest.mark.long
async def test_a_database_stop_is_reported_and_the_next_sync_continues(
    sandbox: SandboxServer, own_server: str
) -> None:
    words = ("teamtailor", "--org", "acme", "--key-stdin", "--base-url", sandbox.base_url)
    options = ("--option", "pacing=off", "--option", "page_size=10", "--json")
    made = await jemmo("connect", *words, *options, stdin=sandbox.key)
    assert made.status == 0, made
    found = Company(own_server, made.last["connection_id"])
    running = await begin("sync", "--org", "acme", "--json")
    await until(found, SEEN, 20)
    await asyncio.to_thread(embedded.stop)

    broken = await finish(running)

    assert broken.status == 5, broken
    assert broken.last["error"]["code"] in {"database_unavailable", "database_restarting"}
    assert broken.last["status"] == "failed"
    assert "Traceback" not in broken.err
    await asyncio.to_thread(embedded.ensure_running)
    sandbox.faults.set("")
    again = await jemmo("sync", "--org", "acme", "--json")
    assert again.status == 0, again
    assert again.last["mode"] == "initial"
    verified = await jemmo("verify", "--org", "acme", "--json")
    assert verified.last["equal"] is True
