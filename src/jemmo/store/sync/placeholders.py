"""Jobs that the ATS no longer lists, although applications still refer to them.

The ATS sends a placeholder for such a job (``records.PLACEHOLDER``). The stored job keeps its content and is only
closed, as far as the brake allows, since the list may be incomplete by mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from jemmo.domain import brake as limits
from jemmo.domain.enums import JobStatus
from jemmo.domain.records import PLACEHOLDER
from jemmo.domain.streams import Stream
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_column, afetch_row
from jemmo.store.sync import brake
from jemmo.store.sync.rows import Row

UNLISTED = b""
"""The content hash of a closed job, which differs from any version that the ATS sends once it lists the job again."""


async def close_unlisted(db: Connection, connection_id: UUID, rows: Sequence[Row]) -> int:
    """Close the stored jobs of which these rows are placeholders; returns how many, none if the brake is reached."""
    ids = [row.remote_id for row in rows if row.record.remote_updated_at == PLACEHOLDER]
    if not ids:
        return 0
    closing = await afetch_column(
        db,
        "SELECT id FROM job WHERE connection_id = %s AND remote_id = ANY(%s) "
        "AND remote_deleted_at IS NULL AND remote_updated_at IS DISTINCT FROM %s "
        "AND NOT status = ANY(%s)",
        [connection_id, ids, PLACEHOLDER, [JobStatus.CLOSED, JobStatus.ARCHIVED]],
    )
    if not closing:
        return 0
    (closed,) = await afetch_row(
        db,
        "SELECT count(*) FROM job WHERE connection_id = %s AND content_hash = %s "
        "AND modified_at > clock_timestamp() - %s",
        [connection_id, UNLISTED, limits.WINDOW],
    )
    allowance = await brake.deletion_allowance(db, connection_id, Stream.JOBS)
    if closed + len(closing) > allowance:
        return 0
    await db.execute(
        "UPDATE job SET status = %s, status_original = NULL, content_hash = %s, "
        "excluded_reason = NULL, modified_at = now() WHERE id = ANY(%s)",
        [JobStatus.CLOSED, UNLISTED, closing],
    )
    return len(closing)
