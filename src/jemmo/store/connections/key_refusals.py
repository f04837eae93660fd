"""Stores that an ATS refuses a key, or accepts it again, if something other than a sync notices.

That may be a key test, a refetch, a file download or a comparison. Every page shows it at once. The next sync becomes
due, and it records and reports the refusal.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec

from jemmo.domain.errors import JemmoError
from jemmo.domain.key_care import KEY_REFUSALS
from jemmo.store.db.postgres import Connection, explained
from jemmo.store.db.query import execute

# A paused connection shows the error once it is resumed, unless the sync that then starts succeeds.
_NOTE = """
    UPDATE connection SET last_error = %s::jsonb,
        due_at = CASE WHEN state = 'active' THEN least(due_at, now()) ELSE due_at END
    WHERE id = %s AND state IN ('active', 'paused', 'refused')"""
_CLEAR = """
    UPDATE connection SET last_error = NULL,
        due_at = CASE WHEN state = 'paused' THEN due_at ELSE now() END,
        state = CASE WHEN state = 'refused' THEN 'active' ELSE state END
    WHERE id = %s AND (state = 'refused'
        OR state IN ('active', 'paused') AND last_error->>'code' = ANY(%s))"""


def store_refusal(connection_id: UUID, error: JemmoError) -> None:
    """Store an error if it means that the ATS refuses the key; ignore any other."""
    if error.code in KEY_REFUSALS:
        execute(_NOTE, _values(connection_id, error))


async def store_refusal_on(db: Connection, connection_id: UUID, error: JemmoError) -> None:
    """Like ``store_refusal``, on the given database connection."""
    if error.code in KEY_REFUSALS:
        await db.execute(_NOTE, _values(connection_id, error))


@asynccontextmanager
async def storing_refusals(db: Connection, connection_id: UUID) -> AsyncIterator[None]:
    """Store a refusal that is raised inside the block."""
    try:
        yield
    except JemmoError as error:
        with explained():
            await store_refusal_on(db, connection_id, error)
        raise


def clear_refusal(connection_id: UUID) -> None:
    """Store that the ATS accepts the key. A refused connection becomes active, and its next sync is due."""
    execute(_CLEAR, [connection_id, sorted(KEY_REFUSALS)])


def _values(connection_id: UUID, error: JemmoError) -> list[str | UUID]:
    return [msgspec.json.encode(error.as_record()).decode(), connection_id]
