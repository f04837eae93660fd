"""Whether webhooks have stopped, as a run sees it."""

from __future__ import annotations

from uuid import UUID

from jemmo.domain.outcomes import RunWarning
from jemmo.domain.webhooks import SILENT_AFTER
from jemmo.store.db.postgres import Connection


async def missed_webhooks_warning(db: Connection, connection_id: UUID) -> RunWarning | None:
    """The warning for a run's report if changes arrive without the webhooks that came before."""
    answer = await db.execute(
        "SELECT missed FROM webhook_address WHERE connection_id = %s AND missed >= %s "
        "AND last_delivery_at IS NOT NULL",
        [connection_id, SILENT_AFTER],
    )
    row = await answer.fetchone()
    if row is None:
        return None
    return RunWarning.of("webhooks_silent", count=row[0])
