"""Which records of a connection were erased and stay out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from jemmo.domain.streams import Stream
from jemmo.store.postgres import Connection

KeepsOut = Callable[[Stream, str], bytes]
"""What stands for a record among those that were erased: (stream, remote id) -> keyed hash."""

STREAMS = (Stream.TALENTS, Stream.APPLICATIONS)
LOCK = "hashtextextended('jemmo erasure ' || %s::text, 0)"
"""Who writes a page takes it shared, who erases takes it alone: no page in flight brings an erased person back."""


async def hashes(db: Connection, connection_id: UUID) -> set[bytes]:
    """Within the transaction that is about to write: none is added before it ends."""
    await db.execute(f"SELECT pg_advisory_xact_lock_shared({LOCK})".encode(), [connection_id])
    answer = await db.execute(
        "SELECT hash FROM suppression WHERE connection_id = %s", [connection_id]
    )
    return {bytes(row[0]) for row in await answer.fetchall()}


async def erased(
    db: Connection, connection_id: UUID, stream: Stream, hashed: KeepsOut
) -> Callable[[Any], bool] | None:
    """Tells whether a record, or the id of one, is of somebody erased; ``None`` where nobody was."""
    if stream not in STREAMS:
        return None
    known = await hashes(db, connection_id)
    if not known:
        return None

    def kept_out(one: Any) -> bool:
        remote_id = one if isinstance(one, str | None) else one.remote_id
        if remote_id is not None and hashed(stream, remote_id) in known:
            return True
        talent = getattr(one, "talent_remote_id", None)
        return talent is not None and hashed(Stream.TALENTS, talent) in known

    return kept_out
