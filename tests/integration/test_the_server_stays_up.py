"""A real server with many visitors stays within its database connections, and responds clearly if it must refuse."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from jemmo.store.db import budget

if TYPE_CHECKING:  # models can be imported only once Django is set up, which is after this file
    from fakes.showcase import Showcase

pytestmark = pytest.mark.one_server

VISITS = 240
OWN = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""


class Server:
    """A web process, and a client signed in as the recruiter."""

    def __init__(self, address: str, cookie: str) -> None:
        self.address = address
        self.cookie = cookie

    def visitor(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=40)
        return aiohttp.ClientSession(self.address, connector=connector)

    def recruiter(self) -> aiohttp.ClientSession:
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.cookie}"}
        return aiohttp.ClientSession(self.address, headers=headers)


@asynccontextmanager
async def served(cookie: str) -> AsyncIterator[Server]:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jemmo", "web", "--port", str(port)),
        stderr=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "JEMMO_SECRET_KEY": settings.SECRET_KEY},
    )
    server = Server(f"http://127.0.0.1:{port}", cookie)
    try:
        async with server.visitor() as visitor:
            while process.returncode is None and not await answers(visitor):
                await asyncio.sleep(0.05)
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def answers(visitor: aiohttp.ClientSession) -> bool:
    try:
        return await status(visitor, "/healthz") == 200
    except aiohttp.ClientError:
        return False


async def status(browser: aiohttp.ClientSession, path: str) -> int:
    async with browser.get(path, allow_redirects=False) as answer:
        await answer.read()
        return answer.status


def signed_in(showcase: Showcase) -> str:
    client = Client()
    client.force_login(showcase.person("recruiter"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    connections.close_all()
    return cookie


@pytest.fixture
def cookie(showcase: Showcase, static_files: None, database_url: str) -> str:
    with psycopg.connect(database_url, autocommit=True) as db:
        db.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    return signed_in(showcase)


async def watch(database_url: str, seen: list[int]) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as db:
        while True:
            row = await (await db.execute(OWN)).fetchone()
            assert row
            seen.append(row[0])
            await asyncio.sleep(0.05)


async def hear(browser: aiohttp.ClientSession, heard: asyncio.Semaphore) -> None:
    async with browser.get("/events/") as stream:
        assert stream.status == 200
        async for line in stream.content:
            if b"hello" in line:
                heard.release()


async def test_connections_do_not_grow_with_the_number_of_requests(
    cookie: str, database_url: str
) -> None:
    seen: list[int] = []
    heard = asyncio.Semaphore(0)
    async with (
        served(cookie) as server,
        server.visitor() as visitor,
        server.recruiter() as recruiter,
        asyncio.TaskGroup() as group,
    ):
        others = [group.create_task(watch(database_url, seen))]
        others += [group.create_task(hear(recruiter, heard)) for _ in range(20)]
        for _ in range(20):
            await heard.acquire()
        statuses = await asyncio.gather(
            *(status(visitor, path) for path in ("/", "/accounts/login/") * (VISITS // 2)),
            *(status(recruiter, path) for path in ("/jobs/", "/notifications/bell/") * 20),
            *(status(visitor, "/readyz") for _ in range(400)),
        )
        for other in others:
            other.cancel()
    assert set(statuses) <= {200, 302}
    assert 0 < max(seen) <= budget.web().total


@contextlib.contextmanager
def refusing(owner_url: str) -> Iterator[None]:
    """Make the database refuse the application's connections, and end existing ones."""
    user = conninfo_to_dict(os.environ["DATABASE_URL"])["user"]
    gate = sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}")
    with psycopg.connect(owner_url, autocommit=True) as db:
        database = sql.Identifier(db.info.dbname)
        db.execute(gate.format(database, sql.Literal(0)))
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND usename = %s",
            [user],
        )
        try:
            yield
        finally:
            db.execute(gate.format(database, sql.Literal(-1)))


@pytest.mark.long
async def test_a_refusing_database_is_reported_until_it_recovers(
    cookie: str, owner_url: str
) -> None:
    async with served(cookie) as server, server.recruiter() as recruiter:
        assert await status(recruiter, "/jobs/") == 200
        with refusing(owner_url):
            page, ready, hook, alive = await asyncio.gather(
                refused(recruiter, "GET", "/jobs/"),
                refused(recruiter, "GET", "/readyz"),
                refused(recruiter, "POST", "/hooks/unknown/"),
                status(recruiter, "/healthz"),
            )
            assert "momentanément indisponible" in page
            assert '"ready": false' in ready
            assert '"keyset": "ok"' in ready
            assert hook == ""
            assert alive == 200
        while await status(recruiter, "/jobs/") == 503:
            pass


async def refused(browser: aiohttp.ClientSession, method: str, path: str) -> str:
    headers = {"Accept-Language": "fr"}
    async with browser.request(method, path, headers=headers) as answer:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        return await answer.text()


async def raw(server: Server, *parts: bytes) -> bytes:
    """Send raw bytes; return everything until the server closes the connection."""
    host, _, port = server.address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    with contextlib.suppress(ConnectionError):  # it may close before it has read everything
        for part in parts:
            writer.write(part)
            await writer.drain()
    answer = await reader.read()
    writer.close()
    return answer


CHUNKED = b"""POST /accounts/login/ HTTP/1.1\r
Host: localhost\r
Content-Type: application/x-www-form-urlencoded\r
Transfer-Encoding: chunked\r
Connection: close\r
\r
"""


@pytest.mark.long
async def test_a_body_in_chunks_that_grows_too_large_is_refused(cookie: str) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    async with served(cookie) as server, server.visitor() as visitor:
        answer = await raw(server, CHUNKED, *[chunk] * 20, b"0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"more than 1 MB" in answer
        assert (await raw(server, CHUNKED, b"3\r\na=b\r\n0\r\n\r\n")).startswith(b"HTTP/1.1 403 ")
        assert await status(visitor, "/accounts/login/") == 200
