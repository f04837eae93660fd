"""A worker holds the same few database connections, however many connections receive webhooks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import pytest
from fakes.company import Company, company, in_thread
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app

from jemmo.cli.operations import working
from jemmo.domain.streams import Mode, Stream
from jemmo.domain.webhooks import RefetchRequest
from jemmo.sandbox import run_sandbox
from jemmo.services.base.ats_sessions import Sessions
from jemmo.services.base.scopes import run_on_clock
from jemmo.services.sync import queue
from jemmo.services.webhooks import endpoints
from jemmo.services.webhooks.refetch import RefetchWorker
from jemmo.store.db import budget, scope
from jemmo.store.db.postgres import connect
from jemmo.store.models import Connection
from jemmo.vault import default_vault

HELD = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
"""
QUEUE = HELD + " AND application_name = 'jemmo queue'"
LISTENING = QUEUE + " AND query LIKE 'LISTEN%%'"


@pytest.fixture
async def companies(database_url: str) -> AsyncIterator[list[Company]]:
    async with run_sandbox(talents=3, seed=5, switches={"rate_limit": False}) as ats:
        yield [
            await company(
                database_url,
                base_url=ats.base_url,
                key=ats.key,
                org=f"org-{number}",
                options={"pacing": "on"},
            )
            for number in range(8)
        ]


async def announce(found: Company) -> None:
    def ask() -> None:
        request = RefetchRequest(stream=Stream.TALENTS, remote_id="1")
        endpoints.request_refetches(Connection.objects.get(id=found.id), [request], default_vault())

    await in_thread(ask)


async def only_two_are_held(found: Company) -> None:
    """Wait until only this test's own connection and the shared pace's are left."""
    async with asyncio.timeout(60):
        while await found.value(HELD) > 2:
            await asyncio.sleep(0.02)


async def test_webhooks_of_many_connections_need_no_more_database_connections_than_those_of_one(
    companies: list[Company], database_url: str
) -> None:
    lane = RefetchWorker(database_url, default_vault())
    first, *others = companies
    try:
        await announce(first)
        assert await lane.drain() == 1
        await only_two_are_held(first)
        for found in others:
            await announce(found)
        assert await lane.drain() == len(others)

        assert len(lane.sessions) == len(companies)
        await only_two_are_held(first)
    finally:
        await lane.close()


async def test_open_sessions_are_bounded_and_never_closed_while_in_use(
    companies: list[Company], database_url: str
) -> None:
    sessions = Sessions(database_url, default_vault(), max_open=2)
    with scope.acting_in(scope.EVERYTHING):
        async with connect(database_url) as db:
            async with sessions.use(db, companies[0].id) as used:
                for found in companies[1:4]:
                    async with sessions.use(db, found.id):
                        pass
                await sessions.close_idle(time.monotonic() + 1)
                assert len(sessions) == 1
                await used.source.check()
            async with sessions.use(db, companies[0].id) as again:
                assert again is used
            await sessions.close_idle(time.monotonic() + 1)
            assert len(sessions) == 0


async def test_a_session_that_received_much_is_closed_after_its_use(
    companies: list[Company], database_url: str
) -> None:
    sessions = Sessions(database_url, default_vault(), max_received=10)
    with scope.acting_in(scope.EVERYTHING):
        async with connect(database_url) as db:
            async with sessions.use(db, companies[0].id) as first:
                pass
            async with sessions.use(db, companies[0].id) as used:
                assert used is first
                await used.source.check()
                assert used.source.received > 10
            assert used.retired
            assert len(sessions) == 0


async def test_idle_sessions_are_closed_without_another_being_opened(
    companies: list[Company], database_url: str
) -> None:
    sessions = Sessions(database_url, default_vault(), max_idle=0.001)
    closing = asyncio.create_task(sessions.close_idle_ones())
    with scope.acting_in(scope.EVERYTHING):
        async with connect(database_url) as db, sessions.use(db, companies[0].id) as used:
            pass
    async with asyncio.timeout(60):
        while not used.retired:
            await asyncio.sleep(0)
    closing.cancel()
    assert len(sessions) == 0


async def test_a_session_that_failed_or_has_a_new_key_is_reopened(
    companies: list[Company], database_url: str
) -> None:
    sessions, found = Sessions(database_url, default_vault()), companies[0]

    async def opened() -> object:
        with scope.acting_in(scope.EVERYTHING):
            async with connect(database_url) as db, sessions.use(db, found.id) as session:
                return session

    async def fail() -> None:
        with scope.acting_in(scope.EVERYTHING):
            async with connect(database_url) as db, sessions.use(db, found.id):
                raise RuntimeError

    first = await opened()
    await found.rows("UPDATE connection SET failures = 3 WHERE id = {me} RETURNING 1")
    assert await opened() is first
    with pytest.raises(RuntimeError):
        await fail()
    second = await opened()
    assert second is not first
    options = {"pacing": "on", "quota_share": "50"}
    await in_thread(partial(Connection.objects.filter(id=found.id).update, options=options))
    assert await opened() is not second
    await sessions.close()


@asynccontextmanager
async def serving(found: Company) -> AsyncIterator[None]:
    """A worker that has started to listen for tasks."""
    stopping = asyncio.Event()
    worker = asyncio.create_task(working._serve(1, asyncio.create_task(stopping.wait())))
    try:
        async with asyncio.timeout(600):
            while await found.value(LISTENING) < budget.Worker().queue_events:
                await asyncio.sleep(0.02)
        yield
    finally:
        stopping.set()
        await worker


async def test_the_queue_holds_its_budget_of_connections(
    companies: list[Company],
) -> None:
    async with serving(companies[0]):
        held = await companies[0].value(QUEUE)
    assert held == budget.Worker().queue + budget.Worker().queue_events


async def test_a_thread_queues_work_while_all_of_the_queue_is_busy(
    companies: list[Company],
) -> None:
    async with serving(companies[0]), AsyncExitStack() as taken:
        assert isinstance(app.connector, PsycopgConnector)
        for _ in range(budget.Worker().queue):
            await taken.enter_async_context(app.connector.pool.connection())
        ask = partial(queue.sync, priority=queue.MANUAL, trigger="manual", mode=Mode.RECONCILE)
        assert await run_on_clock(ask, companies[0].id)
