"""Which connections are due for a sync, and which syncs will not go on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from django.db import transaction

from jemmo.domain.errors import Cancelled
from jemmo.store.db import leases, task_queue
from jemmo.store.db.query import execute, fetch_column, fetch_rows
from jemmo.store.sync.runs import INTERRUPTED

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


STOPPED = {"status": "failed", "error": Cancelled("cancelled", variant="connection").as_record()}
"""The report of a run whose connection was paused or disconnected between two slices."""

# Close the runs that no process holds. One that waits for its next slice goes on only while its connection is active.
_CLOSE = f"""
    UPDATE sync_run r SET status = 'failed', finished_at = now(), report = r.report ||
        CASE WHEN c.state = 'active' THEN %(interrupted)s::jsonb ELSE %(stopped)s::jsonb END
    FROM connection c
    WHERE c.id = r.connection_id AND r.status = 'running' AND NOT {task_queue.SYNC_IN_HAND}
        AND (NOT {leases.HELD} OR c.state <> 'active' AND {leases.BETWEEN_SLICES})
    RETURNING c.id"""


def close_stopped() -> int:
    """Close the runs whose process died, or whose connection was paused or disconnected. Return their number."""
    reports = {"interrupted": INTERRUPTED, "stopped": STOPPED}
    values = {name: msgspec.json.encode(report).decode() for name, report in reports.items()}
    with transaction.atomic():
        if closed := fetch_column(_CLOSE, values):
            execute(leases.RELEASE_BETWEEN_SLICES, [closed])
    return len(closed)
