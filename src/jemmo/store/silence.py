"""Whether webhooks have fallen silent, as a run sees it."""

from __future__ import annotations

from uuid import UUID

from jemmo.domain.outcomes import RunWarning
from jemmo.domain.webhooks import SILENT_AFTER
from jemmo.store.postgres import Connection


async def announced(db: Connection, connection_id: UUID) -> frozenset[str]:
    """The streams of which this connection's ATS announces changes, if it was given an address for that."""
    answer = await db.execute(
        "SELECT unnest(streams) FROM webhook_address WHERE connection_id = %s", [connection_id]
    )
    return frozenset([row[0] for row in await answer.fetchall()])


async def warning(db: Connection, connection_id: UUID) -> RunWarning | None:
    """For a run's report, when changes come without the webhooks that came before."""
    answer = await db.execute(
        "SELECT missed FROM webhook_address WHERE connection_id = %s AND missed >= %s "
        "AND last_delivery_at IS NOT NULL",
        [connection_id, SILENT_AFTER],
    )
    row = await answer.fetchone()
    if row is None:
        return None
    return RunWarning(
        code="webhooks_silent",
        message="The ATS no longer announces changes by webhook; they arrive with each sync only. "
        "Check the webhook in the ATS.",
        count=row[0],
    )
