"""What we hold of one connection: ids, versions and relations, for comparing and counting."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from jemmo.domain.streams import Stream
from jemmo.store.postgres import Connection
from jemmo.store.tables import TABLES


async def versions(
    db: Connection, connection_id: UUID, stream: Stream
) -> dict[str, datetime | None]:
    """Every remote id that is not a tombstone, with the time the ATS last changed it."""
    answer = await db.execute(
        f"SELECT remote_id, remote_updated_at FROM {TABLES[stream].name} "
        "WHERE connection_id = %s AND remote_deleted_at IS NULL".encode(),
        [connection_id],
    )
    return {row[0]: row[1] for row in await answer.fetchall()}


async def excluded(db: Connection, connection_id: UUID, stream: Stream) -> int:
    if not TABLES[stream].hides:
        return 0
    answer = await db.execute(
        f"SELECT count(*) FROM {TABLES[stream].name} WHERE connection_id = %s "
        "AND remote_deleted_at IS NULL AND excluded_reason IS NOT NULL".encode(),
        [connection_id],
    )
    row = await answer.fetchone()
    return int(row[0]) if row else 0


async def rejected(db: Connection, connection_id: UUID, stream: Stream) -> set[str]:
    answer = await db.execute(
        "SELECT DISTINCT remote_id FROM rejection "
        "WHERE connection_id = %s AND stream = %s AND remote_id IS NOT NULL",
        [connection_id, stream],
    )
    return {row[0] for row in await answer.fetchall()}


async def broken_relations(db: Connection, connection_id: UUID) -> dict[str, int]:
    """Relations whose other end never arrived or is there no more, counted as ``applications.talent`` and the like.

    The database does not guard those of applications, so they are looked at one by one.
    """
    found = {}
    for table in TABLES.values():
        for link in table.links:
            answer = await db.execute(
                f"SELECT count(*) FROM {table.name} r WHERE connection_id = %s "
                f"AND remote_deleted_at IS NULL AND {link.via} IS NOT NULL AND NOT EXISTS ("
                f"SELECT FROM {TABLES[link.target].name} t WHERE t.id = r.{link.column})".encode(),
                [connection_id],
            )
            row = await answer.fetchone()
            if row and row[0]:
                found[f"{table.stream}.{link.column.removesuffix('_id')}"] = int(row[0])
    return found
