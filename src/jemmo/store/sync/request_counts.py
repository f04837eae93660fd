"""Counts requests that a connection sends outside its syncs, by the minute, for two days."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Protocol
from uuid import UUID

import psycopg

from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import execute

_NOTE = """
    WITH old AS (DELETE FROM request_count WHERE connection_id = %(connection)s
        AND at < now() - interval '2 days')
    INSERT INTO request_count AS r (connection_id, at, count)
    SELECT id, date_trunc('minute', clock_timestamp()), %(count)s FROM connection
    WHERE id = %(connection)s
    ON CONFLICT (connection_id, at) DO UPDATE SET count = r.count + excluded.count"""


class Counting(Protocol):
    """Anything that counts the requests it sends."""

    @property
    def requests(self) -> int: ...


@asynccontextmanager
async def counted(db: Connection, connection_id: UUID, source: Counting) -> AsyncIterator[None]:
    """Count a source's requests inside the block. If the database is unavailable, they are lost."""
    before = source.requests
    try:
        yield
    finally:
        if count := source.requests - before:
            with suppress(psycopg.Error):
                await db.execute(_NOTE, {"connection": connection_id, "count": count})


def add_requests(connection_id: UUID, count: int) -> None:
    """Add the requests of finished work, on Django's connection."""
    if count:
        execute(_NOTE, {"connection": connection_id, "count": count})
