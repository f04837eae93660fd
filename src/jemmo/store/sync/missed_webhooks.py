"""Warns a run that webhooks have stopped."""

from __future__ import annotations

from uuid import UUID

from jemmo.domain.outcomes import RunWarning
from jemmo.domain.webhooks import SILENT_AFTER
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_value


async def missed_webhooks_warning(db: Connection, connection_id: UUID) -> RunWarning | None:
    """Return a warning for the run's report if changes now arrive without webhooks, unlike before."""
    # The warning has no count, since that would be the number of changes, not of occurrences.
    is_silent = await afetch_value(
        db,
        "SELECT true FROM webhook_address WHERE connection_id = %s AND missed >= %s "
        "AND last_delivery_at IS NOT NULL",
        [connection_id, SILENT_AFTER],
    )
    return RunWarning.of("webhooks_silent") if is_silent else None
