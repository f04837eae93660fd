"""Which connections are due for a sync."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from jemmo.store.db import leases, task_queue
from jemmo.store.db.query import fetch_rows

# The due connections, longest waiting first, and whether their first sync is still to come. Reads only the due rows, by
# their index, and skips those already in the queue. A due time far in the future comes from a wrong clock. If a worker
# has taken the task, even before the lease, it has to end first; ``task_queue.rescue`` requeues those of dead workers.
DUE = f"""
    SELECT c.id, NOT EXISTS (SELECT FROM checkpoint p
        WHERE p.connection_id = c.id AND p.watermark IS NOT NULL) AS is_first
    FROM connection c
    WHERE (c.due_at <= %(now)s OR c.due_at > %(farthest)s) AND c.state = 'active'
        AND NOT {task_queue.SYNC_WAITS}
        AND NOT {task_queue.SYNC_IN_HAND}
        AND NOT {leases.HELD}
    ORDER BY c.due_at LIMIT %(most)s"""


def due(now: datetime, farthest: datetime, most: int) -> list[tuple[UUID, bool]]:
    return fetch_rows(DUE, {"now": now, "farthest": farthest, "most": most})
