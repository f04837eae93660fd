"""The temporary tables of a session, from which the SQL of ``statements.py`` reads its rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from jemmo.domain.streams import Stream
from jemmo.store.db.postgres import Connection
from jemmo.store.sync.children import CHILDREN
from jemmo.store.sync.rows import Row
from jemmo.store.sync.statements import staged_columns, staging_name
from jemmo.store.sync.tables import TABLES, Column

TRUNCATE_EVERY = 4  # batches; beyond that, deleted rows outgrow the buffers of temporary tables


class Staging:
    """The staging tables of one session. A stream's tables are created when its first row is staged."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self._fills: dict[Stream, int] = {}

    async def fill(self, stream: Stream, rows: Sequence[Row]) -> None:
        """Replace the staged rows of this stream."""
        await self._empty(stream)
        name = staging_name(TABLES[stream])
        await self._copy(name, staged_columns(stream), [row.values for row in rows])
        for place, child in enumerate(CHILDREN.get(stream, ())):
            if parts := [part for row in rows for part in row.children[place]]:
                await self._copy(f"staged_{child.name}", tuple(child.staged), parts)

    async def _empty(self, stream: Stream) -> None:
        fills = self._fills.get(stream, 0)
        self._fills[stream] = fills + 1
        if not fills:
            await self.db.execute(_creation(stream).encode())
        thoroughly = fills % TRUNCATE_EVERY == TRUNCATE_EVERY - 1
        await self.db.execute(_emptying(stream, thoroughly=thoroughly).encode())

    async def _copy(self, name: str, columns: tuple[Any, ...], rows: Sequence[Any]) -> None:
        async with (
            self.db.cursor() as cursor,
            cursor.copy(_copying(name, columns).encode()) as copy,
        ):
            copy.set_types([column.type for column in columns])
            for row in rows:
                await copy.write_row(row)


@cache
def _creation(stream: Stream) -> str:
    """Create this session's temporary tables, indexed by their join columns."""
    tables = [
        f"CREATE TEMP TABLE IF NOT EXISTS {name} "
        f"({', '.join(f'{column.name} {column.type}' for column in columns)})"
        for name, _, columns in _staging(stream)
    ]
    indexes = [
        f"CREATE INDEX IF NOT EXISTS {name}_{key} ON {name} ({key})"
        for name, key, _ in _staging(stream)
    ]
    return "; ".join([*tables, *indexes])


@cache
def _emptying(stream: Stream, *, thoroughly: bool) -> str:
    """Empty the tables. Deleting is faster but leaves the space in use, so every few batches they are truncated."""
    verb = "TRUNCATE" if thoroughly else "DELETE FROM"
    return "; ".join(f"{verb} {name}" for name, _, _ in _staging(stream))


def _staging(stream: Stream) -> list[tuple[str, str, list[Column]]]:
    """Return a stream's staging tables: name, join column, all columns."""
    table = TABLES[stream]
    children = CHILDREN.get(stream, ())
    return [
        (staging_name(table), "remote_id", list(staged_columns(stream))),
        *((f"staged_{child.name}", "owner", child.staged) for child in children),
    ]


@cache
def _copying(name: str, columns: tuple[Column, ...]) -> str:
    listed = ", ".join(column.name for column in columns)
    return f"COPY {name} ({listed}) FROM STDIN (FORMAT BINARY)"
