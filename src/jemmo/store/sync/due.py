"""Which connections are due for a sync."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from jemmo.store.db import leases, task_queue

# The due connections, the longest waiting first, and whether their first sync is still to come. Reads the due rows
# alone, by their index, and of those the ones that do not wait in the queue already. One that is due far in the future
# was set by a wrong clock. What a worker has in progress, even between taking it and the lease, would have to end first
# anyway; should the worker be dead, ``task_queue.rescue`` queues it again.
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
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"now": now, "farthest": farthest, "most": most})
        return list(cursor.fetchall())
