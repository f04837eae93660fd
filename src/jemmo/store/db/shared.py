"""One database connection for all short transactions of a process: pacing, quotas, leases.

These are many, but each takes a millisecond, so they queue for one connection instead of holding one each.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

from psycopg.pq import TransactionStatus

from jemmo.store.db import scope
from jemmo.store.db.postgres import Connection, connect, explained
from jemmo.store.db.scope import Scope

_BEGIN = f"""{scope.SET_FOR_TRANSACTION}, set_config('synchronous_commit', 'off', true),
    set_config('idle_in_transaction_session_timeout', '5s', true)"""
"""A process suspended within a transaction must not block the others for longer than this."""


class SharedConnection:
    """A connection opened on first use and reopened after it was lost."""

    def __init__(self, database_url: str) -> None:
        self.users = 0
        self._url = database_url
        self._alone = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._db: Connection | None = None

    @asynccontextmanager
    async def transaction(self, seen: Scope | None = None) -> AsyncIterator[Connection]:
        """Open a transaction in the current scope unless another is ``seen``.

        Raises ``TransientError`` while the database is unreachable; the next call reconnects.
        """
        seen = seen or scope.current() or scope.NOBODY
        async with self._alone:
            try:
                with explained():
                    db = await self._open()
                    async with db.transaction():
                        await db.execute(_BEGIN, seen.settings)
                        yield db
            finally:
                await self._discard_broken()

    async def close(self) -> None:
        self._db = None
        await self._stack.aclose()

    async def _open(self) -> Connection:
        if self._db is None:
            with scope.acting_in(scope.NOBODY):
                self._db = await self._stack.enter_async_context(connect(self._url))
        return self._db

    async def _discard_broken(self) -> None:
        if self._db and self._db.info.transaction_status != TransactionStatus.IDLE:
            await self.close()


_shared: dict[tuple[asyncio.AbstractEventLoop, str], SharedConnection] = {}


@asynccontextmanager
async def sharing(database_url: str) -> AsyncIterator[SharedConnection]:
    """The process's shared connection. The last user to leave closes it."""
    key = (asyncio.get_running_loop(), database_url)
    shared = _shared.setdefault(key, SharedConnection(database_url))
    shared.users += 1
    try:
        yield shared
    finally:
        shared.users -= 1
        if not shared.users:
            del _shared[key]
            await shared.close()


class OnSharedConnection:
    """Uses the process's shared connection inside its ``async with`` block."""

    def __init__(self, database_url: str) -> None:
        self._sharing = sharing(database_url)

    async def __aenter__(self) -> Self:
        self._shared = await self._sharing.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._sharing.__aexit__(kind, error, trace)
