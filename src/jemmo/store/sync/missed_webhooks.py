"""Warns a run that webhooks have stopped."""

from __future__ import annotations

from uuid import UUID

from jemmo.domain.outcomes import RunWarning
from jemmo.domain.webhooks import SILENT_AFTER
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_value


async def missed_webhooks_warning(db: Connection, connection_id: UUID) -> RunWarning | None:
    """Return a warning for the run's report if changes now arrive without webhooks, or if webhooks are refused."""
    # The warning has no count, since that would be the number of changes, not of occurrences.
    is_refused = await afetch_value(
        db,
        "SELECT refused_at IS NOT NULL AND (last_delivery_at IS NULL OR refused_at > last_delivery_at) "
        "FROM webhook_address WHERE connection_id = %s AND missed >= %s "
        "AND (last_delivery_at IS NOT NULL OR refused_at IS NOT NULL)",
        [connection_id, SILENT_AFTER],
    )
    if is_refused is None:
        return None
    return RunWarning.of("webhooks_silent", variant="refused" if is_refused else "")
