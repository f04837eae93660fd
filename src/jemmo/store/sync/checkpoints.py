"""Reads checkpoints, even damaged ones and those of another version."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from jemmo.domain.stored_values import object_of
from jemmo.domain.streams import Checkpoint, Mode, Rereading, Stream
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_row, afetch_rows

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)

_TIMES = ("watermark", "pass_started_at", "synced_at", "reaches")
_VALUES = ("mode", "cursor", "seen", "total", "short", "done", "complete", "basis")
_READABLE = ", ".join(
    f"CASE WHEN {name} BETWEEN %(first)s AND %(last)s THEN {name} END" for name in _TIMES
)
_LOAD = f"""
    SELECT stream, {_READABLE}, {", ".join(_VALUES)}
    FROM checkpoint WHERE connection_id = %(connection)s"""
"""An unreadable watermark counts as missing, so the stream is read from its beginning."""


async def load(db: Connection, connection_id: UUID) -> dict[Stream, Checkpoint]:
    """Return the checkpoints by stream. Streams unknown to this version are ignored."""
    rows = await afetch_rows(db, _LOAD, {"connection": connection_id, "first": FIRST, "last": LAST})
    streams = Stream.__members__.values()
    points = [_point(Stream(stream), values) for stream, *values in rows if stream in streams]
    return {point.stream: point for point in points}


async def synced_at(db: Connection, connection_id: UUID) -> dict[str, datetime | None]:
    """When each stream was last synced."""
    points = await load(db, connection_id)
    return {stream: point.synced_at for stream, point in points.items()}


async def rereading(
    db: Connection, connection_id: UUID, stream: Stream
) -> tuple[Rereading | None, datetime | None]:
    """Return the reread in progress, ``None`` if another version wrote it, and when the last complete one ended."""
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
    """Store the reread, separately from the rest of the checkpoint, which is written with every page."""
    state = msgspec.json.encode(reading).decode() if reading else None
    await db.execute(
        "UPDATE checkpoint SET reread = %s::jsonb, reread_at = coalesce(%s, reread_at) "
        "WHERE connection_id = %s AND stream = %s",
        [state, ended_at, connection_id, stream],
    )


def _point(stream: Stream, row: list[Any]) -> Checkpoint:
    """Read a checkpoint. A pass in an unknown mode proves nothing, so the next sync starts over and compares all."""
    values = dict(zip((*_TIMES, *_VALUES), row, strict=True))
    mode = values["mode"]
    if mode is None or mode in Mode.__members__.values():
        return Checkpoint(**{**values, "stream": stream, "mode": mode and Mode(mode)})
    kept = {name: values[name] for name in ("watermark", "synced_at", "reaches")}
    return Checkpoint(stream=stream, unreadable=True, **kept)
