"""Which records of a connection were erased and stay out."""

from __future__ import annotations

from uuid import UUID

from jemmo.domain.streams import Stream
from jemmo.store.postgres import Connection

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
