"""Database access of the live event streams: notifications, and who may still listen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from psycopg import sql

from jemmo.store.db import schema, scope
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_rows

# Sessions that have not expired, with the memberships that their accounts may use.
_ENTITLED = """
    SELECT s.session_key, m.id FROM session s
    JOIN account a ON a.id = s.account_id AND a.is_active
    JOIN membership m ON m.account_id = a.id AND (a.email = a.verified_email OR a.confined_to_id = m.org_id)
    WHERE s.expire_date > now() AND s.session_key = ANY(%s) AND m.id = ANY(%s)"""


@asynccontextmanager
async def listen(url: str, *channels: str) -> AsyncIterator[Connection]:
    """Open a connection that receives the notifications of these channels. Raises ``psycopg.Error``."""
    async with await psycopg.AsyncConnection.connect(
        url, autocommit=True, application_name="jemmo events", connect_timeout=10
    ) as db:
        await schema.set_search_path_async(db)
        await db.execute(scope.SET_FOR_SESSION, scope.SIGN_IN.settings)
        for channel in channels:
            await db.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield db


async def entitled(
    db: Connection, sessions: list[str], memberships: list[int]
) -> set[tuple[str, int]]:
    """The pairs of session hash and membership id that may still receive events."""
    rows = await afetch_rows(db, _ENTITLED, [sessions, memberships])
    return {(session, membership) for session, membership in rows}
