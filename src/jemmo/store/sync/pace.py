"""Coordinates the requests of an API key between all processes that use it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import TypeVar

from jemmo.domain.ports import PaceState
from jemmo.store.db import scope
from jemmo.store.db.query import afetch_row, execute
from jemmo.store.db.shared import OnSharedConnection

T = TypeVar("T")

_TAKE = """
    INSERT INTO pace AS p (key) VALUES (%s)
    ON CONFLICT (key) DO UPDATE SET key = excluded.key
    RETURNING extract(epoch FROM clock_timestamp())::float8, p.sent, p.held_until, p.told_limit,
        p.per"""
"""Locks the key's row until the transaction ends, creating it if needed. The time is read under the lock."""

_KEEP = """
    UPDATE pace SET sent = %(sent)s, held_until = %(held)s, told_limit = %(limit)s,
        per = %(per)s
    WHERE key = %(key)s"""

# Delete keys that have sent nothing since a given time (in seconds since 1970) and need not wait anymore.
_FORGET_UNUSED = "DELETE FROM pace WHERE greatest(held_until, sent[array_upper(sent, 1)]) < %s"


def pace_key(base_url: str, api_key: str) -> bytes:
    """Return a key's identity: a digest that reveals nothing about the key."""
    return blake2b(f"{base_url}\n{api_key}".encode(), digest_size=16, person=b"jemmo-pace").digest()


def forget_unused(before: datetime) -> None:
    """Delete the pace of keys not used since then. Nothing else cleans up after a removed connection."""
    execute(_FORGET_UNUSED, [before.timestamp()])


class PostgresPace(OnSharedConnection):
    """Implements ``jemmo.domain.ports.SharedPace`` on the process's shared database connection."""

    def __init__(self, database_url: str, key: bytes) -> None:
        self._key = key
        super().__init__(database_url)

    async def change(self, decide: Callable[[PaceState], T]) -> T:
        """Change the pace. Raises ``TransientError`` while the database is unreachable; the next call reconnects."""
        async with self._shared.transaction(scope.NOBODY) as db:
            row = await afetch_row(db, _TAKE, [self._key])
            state = PaceState(now=row[0], sent=row[1], held_until=row[2], limit=row[3], per=row[4])
            decision = decide(state)
            await db.execute(
                _KEEP,
                {
                    "sent": state.sent,
                    "held": state.held_until,
                    "limit": state.limit,
                    "per": state.per,
                    "key": self._key,
                },
            )
        return decision
