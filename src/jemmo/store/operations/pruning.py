"""History rows that can be deleted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from jemmo.store.db.query import fetch_column

# A connection's runs before a given time, oldest first. The last run of each kind and outcome stays, since pages, the
# schedule and the status are computed from it.
_OUTDATED_RUNS = """
    SELECT id FROM (
        SELECT id, started_at, status, row_number() OVER (
            PARTITION BY scope, mode, status ORDER BY started_at DESC) AS place
        FROM sync_run WHERE connection_id = %(connection)s) run
    WHERE place > 1 AND status <> 'running' AND started_at < %(before)s
    ORDER BY started_at LIMIT %(limit)s"""


def outdated_runs(connection_id: UUID, before: datetime, *, limit: int) -> list[UUID]:
    """The ids of runs that started before ``before`` and that nothing refers to anymore."""
    return fetch_column(
        _OUTDATED_RUNS, {"connection": connection_id, "before": before, "limit": limit}
    )
