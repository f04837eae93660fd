"""History rows that can be deleted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

# A connection's runs before a moment, oldest first. The last run of each kind and outcome stays, since pages, the
# schedule and the status are computed from it.
_OUTDATED_RUNS = """
    SELECT id FROM (
        SELECT id, started_at, status, row_number() OVER (
            PARTITION BY scope, mode, status ORDER BY started_at DESC) AS place
        FROM sync_run WHERE connection_id = %(connection)s) run
    WHERE place > 1 AND status <> 'running' AND started_at < %(before)s
    ORDER BY started_at LIMIT %(limit)s"""


def outdated_runs(connection_id: UUID, before: datetime, *, limit: int) -> list[UUID]:
    """Ids of runs before a moment that nothing refers to anymore."""
    with connection.cursor() as cursor:
        cursor.execute(
            _OUTDATED_RUNS, {"connection": connection_id, "before": before, "limit": limit}
        )
        return [row[0] for row in cursor.fetchall()]
