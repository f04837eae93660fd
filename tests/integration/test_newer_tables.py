"""An older Jemmo stops with an explanation after a newer one has changed the tables."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from fakes.processes import begin, finish, jemmo

pytestmark = pytest.mark.one_server

OURS = "INSERT INTO django_migrations (app, name, applied) VALUES ('store', '9999_of_the_future', now())"
MERGED = "INSERT INTO django_migrations (app, name, applied) VALUES ('store', '0001_merged_since', now())"


async def execute(url: str, statement: str) -> int:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        return (await connection.execute(statement.encode())).rowcount


@pytest.mark.long
async def test_an_older_worker_stops_and_older_commands_refuse(
    database_url: str, owner_url: str
) -> None:
    await execute(owner_url, MERGED)
    worker = await begin("worker", env={"JEMMO_HEARTBEAT_SECONDS": "0.1"})
    while await execute(database_url, "SELECT FROM procrastinate_workers") < 1:
        await asyncio.sleep(0.05)

    await execute(owner_url, OURS)

    done = await finish(worker)
    assert done.status == 0
    assert "tables belong to a newer version of Jemmo" in done.err
    assert "Upgrade Jemmo on this machine" in done.err
    for command in ("status", "worker", "migrate"):
        refused = await jemmo(command)
        assert refused.status == 4
        assert "tables belong to a newer version of Jemmo" in refused.err
        assert "restore the backup" in refused.err
