"""Keeps stored values where the ATS didn't send what the new ones are read from; see ``streams.Notes.keep``.

If it refuses the list of pay ranges, for example, the jobs' stored pay stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from uuid import UUID

from jemmo.domain.streams import Stream
from jemmo.store.db.postgres import Connection
from jemmo.store.sync.children import CHILDREN, Child
from jemmo.store.sync.rows import Row
from jemmo.store.sync.statements import staging_name
from jemmo.store.sync.tables import TABLES, Table

STILL_TRUE = {"stage_entered_at": "t.stage_remote_id IS NOT DISTINCT FROM s.stage_remote_id"}
"""The condition that a kept value still fits the rest of the record, by column."""


async def keep_stored(
    db: Connection, connection_id: UUID, stream: Stream, rows: Sequence[Row]
) -> None:
    """Replace the values of kept fields in staged rows by the stored ones."""
    by_fields: dict[frozenset[str], list[str]] = {}
    for row in rows:
        if row.kept:
            by_fields.setdefault(row.kept, []).append(row.remote_id)
    for fields, ids in by_fields.items():
        for statement in _statements(stream, fields):
            await db.execute(statement.encode(), {"connection": connection_id, "ids": ids})


@cache
def _statements(stream: Stream, fields: frozenset[str]) -> tuple[str, ...]:
    table, children = TABLES[stream], CHILDREN.get(stream, ())
    parts = [
        statement
        for child in children
        if child.attribute in fields
        for statement in _parts(table, child)
    ]
    return (*_columns(table, fields), *parts)


def _columns(table: Table, fields: frozenset[str]) -> Iterator[str]:
    values = ", ".join(
        f"{column.name} = CASE WHEN {STILL_TRUE.get(column.name, 'true')} "
        f"THEN t.{column.name}::{column.type} ELSE s.{column.name} END"
        for column in table.columns
        if column.name in fields
    )
    if values:
        yield (
            f"UPDATE {staging_name(table)} s SET {values} FROM {table.name} t "
            "WHERE t.connection_id = %(connection)s AND t.remote_id = s.remote_id "
            "AND s.remote_id = ANY(%(ids)s)"
        )


def _parts(table: Table, child: Child) -> Iterator[str]:
    names = ", ".join(column.name for column in child.columns)
    values = ", ".join(f"c.{column.name}" for column in child.columns)
    yield f"DELETE FROM staged_{child.name} WHERE owner = ANY(%(ids)s)"
    yield (
        f"INSERT INTO staged_{child.name} (owner, owner_id, position, {names}) "
        "SELECT t.remote_id, t.id, "
        f"row_number() OVER (PARTITION BY t.id ORDER BY c.{child.order}) - 1, {values} "
        f"FROM {table.name} t JOIN (SELECT * FROM {child.table} WHERE {child.present}) c "
        f"ON c.{child.owner} = t.id "
        "WHERE t.connection_id = %(connection)s AND t.remote_id = ANY(%(ids)s)"
    )
