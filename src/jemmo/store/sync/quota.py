"""Each connection's use of an ATS's time, shared by all processes and across restarts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from jemmo.domain.ports import Spent
from jemmo.store.db import scope
from jemmo.store.db.query import afetch_rows, afetch_value
from jemmo.store.db.shared import OnSharedConnection

_ENTER = """
    WITH old AS (DELETE FROM quota_use WHERE connection_id = %(connection)s
        AND at < %(at)s::timestamptz - interval '1 day')
    INSERT INTO quota_use (connection_id, at, seconds)
    VALUES (%(connection)s, %(at)s, %(seconds)s) RETURNING id"""

SENT_AT_ONCE = 0.3
"""The part of a quota window that long work may use in a burst before spreading its requests evenly. A small company
needs no more."""


class PostgresQuotaLedger(OnSharedConnection):
    """Implements ``jemmo.domain.ports.QuotaLedger`` on the process's shared database connection.

    It keeps the scope in which it was created.
    """

    def __init__(self, database_url: str, connection_id: UUID) -> None:
        self._connection_id = connection_id
        self._scope = scope.current()
        super().__init__(database_url)

    async def enter(self, at: datetime, seconds: float) -> int:
        values = {"connection": self._connection_id, "at": at, "seconds": seconds}
        async with self._shared.transaction(self._scope) as db:
            return int(await afetch_value(db, _ENTER, values))

    async def correct(self, entry: int, seconds: float) -> None:
        async with self._shared.transaction(self._scope) as db:
            await db.execute("UPDATE quota_use SET seconds = %s WHERE id = %s", [seconds, entry])

    async def spent(self, since: datetime) -> list[Spent]:
        async with self._shared.transaction(self._scope) as db:
            rows = await afetch_rows(
                db,
                "SELECT at, seconds FROM quota_use WHERE connection_id = %s AND at >= %s ORDER BY at",
                [self._connection_id, since],
            )
            return [Spent(row[0], row[1]) for row in rows]
