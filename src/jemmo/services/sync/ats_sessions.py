"""ATS sessions that stay open between refetches, so that a webhook does not wait for lookups read before."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

from msgspec import Struct

from jemmo.domain.ports import Source
from jemmo.services.base.scopes import load
from jemmo.services.sync.runner import opened
from jemmo.store.db import scope
from jemmo.store.db.postgres import Connection
from jemmo.store.sync import runs
from jemmo.vault import Vault

MAX_OPEN = 256  # sessions of a process; the least recently used is closed for a new one
MAX_IDLE = 120.0  # seconds without use, then the session is closed
MAX_RECEIVED = (
    32 * 1024 * 1024
)  # bytes of answers, some of which a session keeps; then it is closed
MAX_AGE = 600.0  # seconds; then the session is reopened and its lookups are read again


class Session(Struct, eq=False):
    """An open ATS. ``users`` work with it now; it is closed after the last of them once it is ``retired``."""

    row: runs.ConnectionRow
    source: Source
    stack: AsyncExitStack
    opened_at: float
    used_at: float
    users: int = 0
    retired: bool = False


class Sessions:
    """At most ``max_open`` sessions, by connection, the least recently used first."""

    def __init__(
        self,
        database_url: str,
        vault: Vault,
        *,
        max_open: int = MAX_OPEN,
        max_idle: float = MAX_IDLE,
        max_age: float = MAX_AGE,
        max_received: int = MAX_RECEIVED,
    ) -> None:
        self._url = database_url
        self._vault = vault
        self._max_open = max_open
        self._max_idle = max_idle
        self._max_age = max_age
        self._max_received = max_received
        self._sessions: OrderedDict[UUID, Session] = OrderedDict()
        self._opening = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._sessions)

    @asynccontextmanager
    async def use(self, db: Connection, connection_id: UUID) -> AsyncIterator[Session]:
        """The connection's session, opened if need be; ``db`` is narrowed down to its organization.

        A session that fails is closed, and so is one whose key, address or options have changed.
        """
        row = await load(db, connection_id)
        async with self._opening:
            session = await self._session(connection_id, row)
        session.users += 1
        try:
            yield session
        except BaseException:
            await self._retire(connection_id, session)
            raise
        finally:
            session.users -= 1
            session.used_at = time.monotonic()
            if session.retired or session.source.received > self._max_received:
                await self._retire(connection_id, session)

    async def close_idle_ones(self) -> None:
        """Close what was not used for a while, for as long as this runs."""
        while True:
            await asyncio.sleep(self._max_idle / 4)
            await self.close_idle(time.monotonic() - self._max_idle)

    async def close_idle(self, since: float) -> None:
        """Close every session that nobody uses and that was last used before ``since``."""
        for connection_id, session in list(self._sessions.items()):
            if not session.users and session.used_at < since:
                await self._retire(connection_id, session)

    async def close(self) -> None:
        for connection_id, session in list(self._sessions.items()):
            await self._retire(connection_id, session)

    async def _session(self, connection_id: UUID, row: runs.ConnectionRow) -> Session:
        session = self._sessions.get(connection_id)
        if session is not None:
            if self._is_fresh(session, row):
                session.row = row
                self._sessions.move_to_end(connection_id)
                return session
            await self._retire(connection_id, session)
        await self._make_room()
        session = self._sessions[connection_id] = await self._open(row)
        return session

    def _is_fresh(self, session: Session, row: runs.ConnectionRow) -> bool:
        """Whether the session was opened with what the row says now, not too long ago."""
        if time.monotonic() - session.opened_at > self._max_age:
            return False
        return _access(row) == _access(session.row)

    async def _open(self, row: runs.ConnectionRow) -> Session:
        stack = AsyncExitStack()
        with scope.acting_in(scope.organization_scope(row.org_id)):
            source = await stack.enter_async_context(opened(row, self._vault, self._url))
        now = time.monotonic()
        return Session(row, source, stack, opened_at=now, used_at=now)

    async def _make_room(self) -> None:
        idle = [
            (key, candidate) for key, candidate in self._sessions.items() if not candidate.users
        ]
        for connection_id, session in idle[: len(self) - self._max_open + 1]:
            await self._retire(connection_id, session)

    async def _retire(self, connection_id: UUID, session: Session) -> None:
        if self._sessions.get(connection_id) is session:
            del self._sessions[connection_id]
        session.retired = True
        if not session.users:
            await session.stack.aclose()


def _access(row: runs.ConnectionRow) -> tuple[object, ...]:
    """All of a connection that its session is opened with."""
    return row.provider, row.base_url, row.options, row.sealed_key
