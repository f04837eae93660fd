"""Stores deliveries that arrive together with one statement, and isolates connections whose rows are locked.

A refetch, a sync or an erasure locks rows of its connection while it writes. Meanwhile, the deliveries of that
connection wait without holding a database connection, and those of all other connections don't wait.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from math import isqrt
from uuid import UUID
from weakref import WeakValueDictionary

import psycopg

from jemmo.services.base.batches import Batches
from jemmo.store.db import budget
from jemmo.store.db.postgres import Connection
from jemmo.store.webhooks import ingest
from jemmo.store.webhooks.ingest import Arrival

TOGETHER = 500  # most deliveries stored with one statement
PATIENCE = 0.2  # seconds that the deliveries of all connections wait for a locked row
OWN_PATIENCE = 0.05  # the same for the deliveries of one connection, which then try again
RETRY_SECONDS = 0.1  # between these attempts, without a database connection

Database = Callable[[], AbstractAsyncContextManager[Connection]]


class ConnectionGone(Exception):
    """The connection was deleted after its delivery was checked."""


class Arrivals:
    """Stores validated deliveries. ``database`` provides a pooled connection and raises ``TransientError``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._together = Batches(self._store_together, most=TOGETHER)
        self._own: WeakValueDictionary[UUID, Batches[Arrival, bool | None]] = WeakValueDictionary()
        self._places = asyncio.Semaphore(max(1, budget.web().webhooks - 2))

    async def store(self, connection_id: UUID, arrival: Arrival) -> bool:
        """Store a delivery; ``False`` for a repeated one. Raises ``TransientError``, ``ConnectionGone``."""
        is_new = None
        if connection_id not in self._own:
            is_new = await self._together.ask((connection_id, arrival))
        if is_new is None:
            own = self._own_batches(connection_id)
            is_new = await own.ask(arrival)
        if is_new is None:
            (is_new,) = await self._store_own(connection_id, [arrival])
        return is_new

    async def close(self) -> None:
        await self._together.close()
        for own in list(self._own.values()):
            await own.close()

    def _own_batches(self, connection_id: UUID) -> Batches[Arrival, bool | None]:
        """Return a connection's own batches. While a delivery waits here, later ones do too, apart from all others."""

        async def store(arrivals: list[Arrival]) -> Sequence[bool | None]:
            if len(arrivals) == 1:
                return await self._store_own(connection_id, arrivals)
            try:
                return await self._store_own(connection_id, arrivals)
            except psycopg.Error:  # store them one by one, so that one can't prevent the others
                return [None] * len(arrivals)

        return self._own.setdefault(connection_id, Batches(store, most=TOGETHER))

    async def _store_together(self, arrivals: list[tuple[UUID, Arrival]]) -> list[bool | None]:
        """Return whether each delivery is new; ``None`` for those that can't be stored with other connections'."""
        connections = list(dict.fromkeys(connection_id for connection_id, _ in arrivals))
        if len(arrivals) == 1:
            return [None]
        async with self._database() as db:
            if stored := await _try(db, arrivals, PATIENCE):
                return [*stored]
            is_new: list[bool | None] = [None] * len(arrivals)
            if len(connections) == 1:
                return is_new
            for group in _groups(connections):
                places = [place for place, (owner, _) in enumerate(arrivals) if owner in group]
                part = await _try(db, [arrivals[place] for place in places], OWN_PATIENCE)
                for place, known in zip(places, part or [], strict=False):
                    is_new[place] = known
        return is_new

    async def _store_own(self, connection_id: UUID, arrivals: Sequence[Arrival]) -> list[bool]:
        """Store deliveries of one connection, in several attempts if its rows are locked."""
        rows = [(connection_id, arrival) for arrival in arrivals]
        until = time.monotonic() + budget.WEBHOOK_WAIT
        while True:
            async with self._places, self._database() as db:
                try:
                    return await ingest.store(db, rows, patience=OWN_PATIENCE)
                except psycopg.errors.ForeignKeyViolation:
                    raise ConnectionGone from None
                except psycopg.errors.LockNotAvailable:
                    if time.monotonic() > until:
                        raise
            await asyncio.sleep(RETRY_SECONDS)


async def _try(
    db: Connection, arrivals: list[tuple[UUID, Arrival]], patience: float
) -> list[bool] | None:
    try:
        return await ingest.store(db, arrivals, patience=patience)
    except psycopg.Error:
        return None


def _groups(connections: list[UUID]) -> list[frozenset[UUID]]:
    """Group connections so that storing each group, and then each connection of one group, takes fewest statements."""
    size = max(1, isqrt(len(connections)))
    return [
        frozenset(connections[start : start + size]) for start in range(0, len(connections), size)
    ]
