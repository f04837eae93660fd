"""Several processes with the same API key stay within its limit together, and wait for an unavailable database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from fakes.company import Company, company, in_thread
from fakes.processes import begin, finish

from jemmo.domain.errors import TransientError
from jemmo.domain.outcomes import RunStatus
from jemmo.files.folder import FolderStorage
from jemmo.rest_client import retries
from jemmo.sandbox import SandboxServer, run_sandbox
from jemmo.services.files import cleanup
from jemmo.store.models import Pace
from jemmo.store.sync.pace import PostgresPace, pace_key
from jemmo.tasks.sync import sync_connection
from jemmo.vault import default_vault

pytestmark = pytest.mark.one_server

WINDOW = {"rate_limit_requests": 20, "rate_limit_seconds": 2, "window": "sliding"}
PACED = {"pacing": "on", "page_size": "10", "rate_limit": "20", "rate_window": "2"}


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxServer]:
    async with run_sandbox(talents=120, seed=5, switches=WINDOW) as server:
        yield server


async def connected(sandbox: SandboxServer, database_url: str, org: str) -> Company:
    return await company(
        database_url, base_url=sandbox.base_url, key=sandbox.key, options=PACED, org=org
    )


@pytest.mark.long
async def test_two_processes_with_one_key_are_never_refused(
    sandbox: SandboxServer, database_url: str
) -> None:
    for org in ("acme", "globex"):
        await connected(sandbox, database_url, org)

    both = [await begin("sync", "--org", org, "--json") for org in ("acme", "globex")]
    done = await asyncio.gather(*(finish(one) for one in both))

    assert [one.status for one in done] == [0, 0], done
    assert sandbox.site.log.statuses[429] == 0
    assert sandbox.site.log.counts.total() > 60


@pytest.mark.long
async def test_a_background_sync_ends_before_a_long_wait_and_continues_later(
    sandbox: SandboxServer, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(retries, "MAX_WAIT", 0.01)
    slowly = {**PACED, "rate_window": "30"}  # slower than any machine can send
    held = await company(
        database_url, base_url=sandbox.base_url, key=sandbox.key, options=slowly, org="acme"
    )
    context: Any = SimpleNamespace(job=SimpleNamespace(priority=0))
    began = datetime.now(UTC)

    await sync_connection(context, str(held.id))

    (status, report), *_ = await held.rows(
        "SELECT status, report FROM sync_run WHERE connection_id = {me}"
    )
    assert (status, [one["code"] for one in report["warnings"]]) == ("partial", ["quota_used"])
    due_at = await held.value("SELECT due_at FROM connection WHERE id = {me}")
    assert began < due_at < began + timedelta(minutes=1)
    read_before = sandbox.site.log.counts.total()

    await held.rows(
        """UPDATE connection SET options = options || '{"rate_window": "2"}' """
        "WHERE id = {me} RETURNING id"
    )
    done = await held.sync()  # in the foreground, where someone is waiting

    assert done.status is RunStatus.SUCCEEDED
    assert read_before > 3
    assert sandbox.site.log.statuses[429] == 0


async def test_an_ended_session_is_reopened(database_url: str) -> None:
    async with PostgresPace(database_url, pace_key("http://ats.example.com", "key")) as pace:
        first = await pace.change(lambda state: state.now)
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with pytest.raises(TransientError):
            await pace.change(lambda state: state.now)

        assert await pace.change(lambda state: state.now) > first


async def test_processes_see_each_others_requests(database_url: str) -> None:
    key = pace_key("http://ats.example.com", "key")
    async with PostgresPace(database_url, key) as one, PostgresPace(database_url, key) as other:
        await one.change(lambda state: state.sent.append(5.0))
        assert await other.change(lambda state: state.sent) == [5.0]


async def test_the_pace_of_an_unused_key_is_deleted(database_url: str, tmp_path: Path) -> None:
    async with PostgresPace(database_url, pace_key("http://ats.example.com", "key")) as pace:
        await pace.change(lambda state: state.sent.append(state.now))
    storage = FolderStorage(tmp_path)
    for ahead, left in ((timedelta(hours=1), 1), (timedelta(days=2), 0)):
        now = datetime.now(UTC) + ahead
        await in_thread(partial(cleanup.clean_up, storage, default_vault(), now=now))
        assert await in_thread(Pace.objects.count) == left
