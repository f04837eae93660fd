"""Whether webhooks have stopped, as a run sees it."""

from __future__ import annotations

from uuid import UUID

from jemmo.domain.outcomes import RunWarning
from jemmo.domain.webhooks import SILENT_AFTER
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_value


async def missed_webhooks_warning(db: Connection, connection_id: UUID) -> RunWarning | None:
    """The warning for a run's report if changes arrive without the webhooks that came before."""
    # Without a count: it would be the number of changes, not of occurrences.
    is_silent = await afetch_value(
        db,
        "SELECT true FROM webhook_address WHERE connection_id = %s AND missed >= %s "
        "AND last_delivery_at IS NOT NULL",
        [connection_id, SILENT_AFTER],
    )
    return RunWarning.of("webhooks_silent") if is_silent else None
