"""A PgBouncer between Jemmo and its database."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import msgspec
import psycopg
import pytest
from fakes.deployments import Customer, Pooler
from fakes.processes import jemmo, part

from jemmo.cli.operations.demo import free_port
from jemmo.embedded import check_server
from jemmo.sandbox import run_sandbox
from jemmo.services.notifications import live
from jemmo.store.db.events import CHANNEL


async def answer(
    session: aiohttp.ClientSession, url: str, wanted: int, body: bytes | None = None
) -> None:
    """Repeat the request until another process has made the expected response possible."""
    async with asyncio.timeout(300):
        while True:
            with suppress(aiohttp.ClientError):
                method = "GET" if body is None else "POST"
                async with session.request(method, url, data=body) as reply:
                    if reply.status == wanted:
                        return
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("knows_roles", [True, False])
async def test_everything_works_through_a_session_pooler(
    customer: Customer, pooler: Pooler, knows_roles: bool
) -> None:
    """If the pooler doesn't know our role, the policies also apply to the tables' owner."""
    env = {"DATABASE_URL": pooler(customer.url, knows_roles=knows_roles)}
    port = free_port()
    env["JEMMO_URL"] = site = f"http://127.0.0.1:{port}"
    async with run_sandbox(talents=40, seed=9, switches={"rate_limit": False}) as ats:
        address = ("--base-url", ats.base_url, "--option", "pacing=off")
        words = ("connect", "teamtailor", "--org", "acme", "--key-stdin", *address, "--json")
        made = await jemmo(*words, stdin=ats.key + "\n", env=env)
        assert made.status == 0, made
        done = await jemmo("sync", "--org", "acme", "--json", env=env)
        assert done.status == 0, done
        assert (await jemmo("verify", "--org", "acme", env=env)).status == 0
        told = await jemmo("doctor", env=env)
        assert told.status == 0, told
        assert ("owns no table" if knows_roles else "enforced for") in told.out
        hook = await jemmo("hooks", "address", "--org", "acme", "--json", env=env)
        path = urlsplit(hook.last["addresses"][0]["url"]).path
        async with (
            part("web", "--port", str(port), env=env),
            part("worker", env=env),
            aiohttp.ClientSession() as session,
        ):
            await answer(session, f"{site}/readyz", 200)
            await answer(session, f"{site}/accounts/login/", 200)
            await answer(
                session, f"{site}{path}", 401, body=b"{}"
            )  # unsigned, so the tables decide


async def test_live_events_work_through_a_session_pooler(
    customer: Customer, pooler: Pooler
) -> None:
    url = pooler(customer.url)
    assert (await jemmo("migrate", env={"DATABASE_URL": url})).status == 0
    org, hub = uuid4(), live.Hub(url)
    async with asyncio.timeout(60), hub.page(org, "session", 1, uuid4()) as page:
        with psycopg.connect(url, autocommit=True) as db:
            news = msgspec.json.encode({"org": str(org), "kind": "sync"}).decode()
            db.execute("SELECT pg_notify(%s, %s)", [CHANNEL, news])
        event = await page.queue.get()
        listener = hub._task
    assert listener is not None
    await asyncio.wait({listener})
    assert event is not None
    assert event["kind"] == "sync"


@pytest.mark.parametrize("options", [{}, {"server_round_robin": "1"}, {"default_pool_size": "1"}])
@pytest.mark.parametrize("mode", ["transaction", "statement"])
async def test_a_transaction_pooler_is_refused_immediately(
    customer: Customer, pooler: Pooler, mode: str, options: dict[str, str]
) -> None:
    url = pooler(customer.url, mode=mode, **options)
    for busy in range(3):  # with several idle server connections in the pool
        with ExitStack() as stack:
            for _ in range(0 if "default_pool_size" in options else busy):
                other = stack.enter_context(psycopg.connect(url, autocommit=mode == "statement"))
                other.execute("SELECT 1")
        [problem] = check_server(url)
        assert problem.code == "transaction_pooler"
        assert "pool_mode = session" in problem.next_step
    for command in ("migrate", "doctor"):
        done = await jemmo(command, env={"DATABASE_URL": url})
        assert done.status == 4, done
        assert "pooler" in done.out + done.err
        assert "pool_mode = session" in done.out + done.err


def test_a_session_pooler_is_not_mistaken_for_a_transaction_pooler(
    customer: Customer, pooler: Pooler
) -> None:
    for options in ({}, {"server_round_robin": "1"}):
        problems = check_server(pooler(customer.url, **options), optional=[])
        assert problems == []
