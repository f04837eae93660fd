"""Whether webhooks have stopped, as a run sees it."""

from __future__ import annotations

from uuid import UUID

from jemmo.domain.outcomes import RunWarning
from jemmo.domain.webhooks import SILENT_AFTER
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_value


async def missed_webhooks_warning(db: Connection, connection_id: UUID) -> RunWarning | None:
    """The warning for a run's report if changes arrive without the webhooks that came before."""
    missed = await afetch_value(
        db,
        "SELECT missed FROM webhook_address WHERE connection_id = %s AND missed >= %s "
        "AND last_delivery_at IS NOT NULL",
        [connection_id, SILENT_AFTER],
    )
    return RunWarning.of("webhooks_silent", count=missed) if missed else None
