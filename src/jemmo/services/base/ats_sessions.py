"""Opens sessions with an ATS for syncs, files, connection tests and refetches. Nothing else reaches an ATS.

``Sessions`` keeps sessions open between refetches, so that the lookups need not be loaded again for each webhook.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.base import Config, Connector
from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import ConfigError
from jemmo.domain.ports import FileSource, Source
from jemmo.services.base.api_keys import open_key
from jemmo.services.base.scopes import load
from jemmo.store.db import scope
from jemmo.store.db.postgres import Connection
from jemmo.store.sync import runs
from jemmo.store.sync.pace import PostgresPace, pace_key
from jemmo.store.sync.quota import PostgresQuotaLedger
from jemmo.store.sync.refused_requests import PostgresRefusals, asked_with
from jemmo.vault import Vault

Opened = TypeVar("Opened", Source, FileSource)

MAX_OPEN = 256  # sessions per process; beyond it, the least recently used is closed
MAX_IDLE = 120.0  # seconds of idle time before a session is closed
# Bytes of responses after which a session is closed, since it keeps some of them.
MAX_RECEIVED = 32 * 1024 * 1024
MAX_AGE = 600.0  # seconds; then the session is reopened and its lookups are reloaded


@asynccontextmanager
async def ats_session(
    row: runs.ConnectionRow,
    vault: Vault,
    database_url: str,
    *,
    part: float = 1.0,
    at_once: float = 1.0,
) -> AsyncIterator[Source]:
    """Open a connection's ATS. Use at most ``part`` of its quota, and at most ``at_once`` of it in a burst."""
    connector = connector_for(row.provider)
    async with _limited(connector, row, vault, database_url) as config:
        account = asked_with(config.base_url, config.api_key, config.options)
        async with PostgresRefusals(database_url, row.id, account) as refusals:
            limits = replace(config, refusals=refusals, part=part, at_once=at_once)
            async with _closing(connector.open(limits)) as source:
                yield source


@asynccontextmanager
async def ats_files(
    row: runs.ConnectionRow, vault: Vault, database_url: str, *, part: float, at_once: float
) -> AsyncIterator[FileSource]:
    """Open a connection's ATS for its files. Raises ``ConfigError`` if the ATS provides none."""
    connector = connector_for(row.provider)
    if connector.open_files is None:
        raise ConfigError("files_off", ats=connector.label)
    async with (
        _limited(connector, row, vault, database_url) as config,
        _closing(connector.open_files(replace(config, part=part, at_once=at_once))) as source,
    ):
        yield source


@asynccontextmanager
async def ats_trial(connector: Connector, config: Config) -> AsyncIterator[Source]:
    """Open an ATS for a connection test, before the connection exists."""
    async with _closing(connector.open(config)) as source:
        yield source


@asynccontextmanager
async def _limited(
    connector: Connector, row: runs.ConnectionRow, vault: Vault, database_url: str
) -> AsyncIterator[Config]:
    """Yield the connection's settings with its decrypted key and the quota used so far."""
    key = open_key(row, vault)
    config = connector.configure(key, row.base_url, row.options)
    async with (
        PostgresQuotaLedger(database_url, row.id) as ledger,
        PostgresPace(database_url, pace_key(config.base_url, key)) as pace,
    ):
        yield replace(config, ledger=ledger, pace=pace)


@asynccontextmanager
async def _closing(source: Opened) -> AsyncIterator[Opened]:
    try:
        yield source
    finally:
        await source.close()


class Session(Struct, eq=False):
    """An open ATS. ``users`` counts its current users; once ``retired``, it closes after the last one."""

    row: runs.ConnectionRow
    source: Source
    stack: AsyncExitStack
    opened_at: float
    used_at: float
    users: int = 0
    retired: bool = False


class Sessions:
    """A pool of at most ``max_open`` sessions, one per connection, ordered by last use."""

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
        """Yield the connection's session, opening it if needed. ``db`` is narrowed to its organization.

        A session is closed if it fails, or if its key, address or options have changed.
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
        """Keep closing idle sessions until canceled."""
        while True:
            await asyncio.sleep(self._max_idle / 4)
            await self.close_idle(time.monotonic() - self._max_idle)

    async def close_idle(self, since: float) -> None:
        """Close every idle session last used before ``since``."""
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
        """Whether the session is recent and was opened with the row's current values."""
        if time.monotonic() - session.opened_at > self._max_age:
            return False
        return _access(row) == _access(session.row)

    async def _open(self, row: runs.ConnectionRow) -> Session:
        stack = AsyncExitStack()
        with scope.acting_in(scope.organization_scope(row.org_id)):
            source = await stack.enter_async_context(ats_session(row, self._vault, self._url))
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
    """Return the values of a connection that its session is opened with."""
    return row.provider, row.base_url, row.options, row.sealed_key
