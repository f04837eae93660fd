"""Reads checkpoints, even those written by another version or damaged."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from jemmo.domain.stored_values import object_of
from jemmo.domain.streams import Checkpoint, Mode, Rereading, Stream
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_row, afetch_rows

_LOAD = """
    SELECT stream, watermark, mode, cursor, pass_started_at, seen, total, short, done, complete,
        basis, synced_at, reaches
    FROM (SELECT stream, mode, cursor, seen, total, short, done, complete, basis,
            CASE WHEN watermark BETWEEN %(first)s AND %(last)s THEN watermark END AS watermark,
            CASE WHEN pass_started_at BETWEEN %(first)s AND %(last)s THEN pass_started_at END
                AS pass_started_at,
            CASE WHEN synced_at BETWEEN %(first)s AND %(last)s THEN synced_at END AS synced_at,
            CASE WHEN reaches BETWEEN %(first)s AND %(last)s THEN reaches END AS reaches
        FROM checkpoint WHERE connection_id = %(connection)s) point"""
"""An unreadable watermark counts as missing, so the stream is read from its beginning."""

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


async def load(db: Connection, connection_id: UUID) -> dict[Stream, Checkpoint]:
    """Return checkpoints by stream. Streams unknown to this version are left alone."""
    rows = await afetch_rows(db, _LOAD, {"connection": connection_id, "first": FIRST, "last": LAST})
    return {Stream(row[0]): _point(*row) for row in rows if row[0] in Stream.__members__.values()}


async def synced_at(db: Connection, connection_id: UUID) -> dict[str, datetime | None]:
    """The age of each stream."""
    points = await load(db, connection_id)
    return {stream: point.synced_at for stream, point in points.items()}


async def rereading(
    db: Connection, connection_id: UUID, stream: Stream
) -> tuple[Rereading | None, datetime | None]:
    """The running reread, ``None`` if another version wrote it, and when the last complete reread ended."""
    row = await afetch_row(
        db,
        """SELECT reread, CASE WHEN reread_at BETWEEN %s AND %s THEN reread_at END
           FROM checkpoint WHERE connection_id = %s AND stream = %s""",
        [FIRST, LAST, connection_id, stream],
    )
    if row is None:
        return None, None
    try:
        reading = msgspec.convert(object_of(row[0]), Rereading)
    except msgspec.ValidationError:
        return None, row[1]
    return reading if reading.began.tzinfo else None, row[1]


async def keep_rereading(
    db: Connection,
    connection_id: UUID,
    stream: Stream,
    reading: Rereading | None,
    ended_at: datetime | None,
) -> None:
    """Store it separately from the rest of the checkpoint, which every page writes."""
    state = msgspec.json.encode(reading).decode() if reading else None
    await db.execute(
        "UPDATE checkpoint SET reread = %s::jsonb, reread_at = coalesce(%s, reread_at) "
        "WHERE connection_id = %s AND stream = %s",
        [state, ended_at, connection_id, stream],
    )


def _point(
    stream: str,
    watermark: datetime | None,
    mode: str | None,
    cursor: str | None,
    began: datetime | None,
    seen: int,
    total: int | None,
    short: int,
    done: bool,
    complete: bool,
    basis: str | None,
    synced_at: datetime | None,
    reaches: datetime | None,
) -> Checkpoint:
    """A pass in an unknown mode proves nothing, so the next sync starts over and compares everything."""
    if mode is not None and mode not in Mode.__members__.values():
        return Checkpoint(
            stream=Stream(stream),
            watermark=watermark,
            unreadable=True,
            synced_at=synced_at,
            reaches=reaches,
        )
    return Checkpoint(
        stream=Stream(stream),
        watermark=watermark,
        mode=Mode(mode) if mode else None,
        cursor=cursor,
        pass_started_at=began,
        seen=seen,
        total=total,
        short=short,
        done=done,
        complete=complete,
        basis=basis,
        synced_at=synced_at,
        reaches=reaches,
    )
