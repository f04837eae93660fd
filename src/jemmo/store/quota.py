"""What each connection has used of an ATS's time, shared by all processes and kept over restarts."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import datetime
from types import TracebackType
from typing import Self
from uuid import UUID

from jemmo.domain.ports import Spent
from jemmo.store import scope
from jemmo.store.postgres import Connection, connect, explained

_ENTER = """
    WITH old AS (DELETE FROM quota_use WHERE connection_id = %(connection)s
        AND at < %(at)s::timestamptz - interval '1 day')
    INSERT INTO quota_use (connection_id, at, seconds)
    VALUES (%(connection)s, %(at)s, %(seconds)s) RETURNING id"""


class PostgresQuotaLedger:
    """Implements ``jemmo.domain.ports.QuotaLedger``; its database connection is opened at the first use."""

    def __init__(self, database_url: str, connection_id: UUID) -> None:
        self._url = database_url
        self._connection_id = connection_id
        self._scope = scope.current()
        self._stack = AsyncExitStack()
        self._db: Connection | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def enter(self, at: datetime, seconds: float) -> int:
        values = {"connection": self._connection_id, "at": at, "seconds": seconds}
        with explained():
            answer = await (await self._open()).execute(_ENTER, values)
            row = await answer.fetchone()
        assert row is not None
        return int(row[0])

    async def correct(self, entry: int, seconds: float) -> None:
        with explained():
            await (await self._open()).execute(
                "UPDATE quota_use SET seconds = %s WHERE id = %s", [seconds, entry]
            )

    async def spent(self, since: datetime) -> list[Spent]:
        with explained():
            answer = await (await self._open()).execute(
                "SELECT at, seconds FROM quota_use WHERE connection_id = %s AND at >= %s ORDER BY at",
                [self._connection_id, since],
            )
            return [Spent(row[0], row[1]) for row in await answer.fetchall()]

    async def _open(self) -> Connection:
        if self._db is None:
            with scope.under(self._scope):
                self._db = await self._stack.enter_async_context(connect(self._url))
        return self._db
