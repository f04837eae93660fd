"""The queue library's tables. No other module names them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from jemmo.store.db import plans
from jemmo.store.db.query import afetch_column, execute, fetch_value

PREFIX = "procrastinate"
JOBS = "procrastinate_jobs"
TABLES = {
    "procrastinate_events": "states of tasks",
    JOBS: "tasks, which name connections by id",
    "procrastinate_periodic_defers": "the clock of tasks",
    "procrastinate_workers": "signs of life",
}
"""Tables with a description of their contents."""

# Whether an automatic sync of the connection ``c`` waits in the queue, or a worker is running one.
SYNC_WAITS = """EXISTS (SELECT FROM procrastinate_jobs j
            WHERE j.queueing_lock = 'sync:' || c.id || ':all:auto' AND j.status = 'todo')"""
SYNC_IN_HAND = """EXISTS (SELECT FROM procrastinate_jobs j
            WHERE j.lock = 'sync:' || c.id AND j.status = 'doing')"""

# The number of other waiting or running syncs of a connection's organization.
_OTHER_SYNCS = """
    SELECT count(*) FROM procrastinate_jobs j WHERE j.status IN ('todo', 'doing') AND j.lock IN (
        SELECT 'sync:' || other.id FROM connection me JOIN connection other
            ON other.org_id = me.org_id AND other.id <> me.id WHERE me.id = %s)"""

# Raise waiting tasks to at least the priority of a new one.
_RAISE_PRIORITY = """
    UPDATE procrastinate_jobs SET priority = greatest(priority, %s)
    WHERE queueing_lock = ANY(%s) AND status = 'todo'"""

# Requeue the tasks of dead workers, unless a copy of the task is already waiting. A task that keeps killing its worker
# waits longer each time, up to a quarter of an hour.
_RESCUE = """
    WITH stalled AS (
        SELECT j.id, j.queueing_lock FROM procrastinate_jobs j
        LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
        WHERE j.status = 'doing'
            AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %(seconds)s))
        FOR UPDATE OF j SKIP LOCKED),
    first AS (
        SELECT DISTINCT ON (coalesce(queueing_lock, id::text)) id FROM stalled s
        WHERE NOT EXISTS (SELECT FROM procrastinate_jobs o
            WHERE o.status = 'todo' AND o.queueing_lock = s.queueing_lock)
        ORDER BY coalesce(queueing_lock, id::text), id),
    again AS (
        UPDATE procrastinate_jobs j SET status = 'todo', attempts = attempts + 1,
            worker_id = NULL, scheduled_at = now() + make_interval(secs => 10 * least(attempts, 90))
        FROM first WHERE first.id = j.id RETURNING 1),
    doubled AS (
        DELETE FROM procrastinate_jobs j USING stalled s
        WHERE j.id = s.id AND j.id NOT IN (SELECT id FROM first) RETURNING 1)
    SELECT (SELECT count(*) FROM again) + (SELECT count(*) FROM doubled)"""

# The priorities of the most urgent waiting tasks.
_MOST_URGENT = """
    SELECT j.priority FROM procrastinate_jobs j
    WHERE j.status = 'todo' AND j.queue_name = ANY(%s)
        AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
        AND NOT EXISTS (SELECT FROM procrastinate_jobs o
            WHERE o.lock = j.lock AND o.status = 'doing')
    ORDER BY j.priority DESC LIMIT %s"""

# Whether a sync of one of these connections and scopes is queued and may start now.
_SYNC_DUE = """
    SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo'
        AND task_name = 'sync_connection' AND args->>'connection_id' = ANY(%s)
        AND coalesce(args->>'only', '') = ANY(%s)
        AND (scheduled_at IS NULL OR scheduled_at <= now()))"""

# Delete the queued and finished tasks of an organization and its connections.
_DROP = """
    DELETE FROM procrastinate_jobs WHERE status <> 'doing' AND task_name <> ALL(%(kept)s) AND (
        position(%(org)s in args::text) > 0 OR EXISTS (SELECT FROM connection c
            WHERE c.org_id = %(org)s::uuid AND position(c.id::text in args::text) > 0))"""

# The number of waiting or running tasks in each queue, and how long the oldest has waited.
LENGTHS = """
    SELECT queue_name, status::text, count(*),
        coalesce(extract(epoch FROM now() - min(coalesce(scheduled_at, now()))), 0)::float8
    FROM procrastinate_jobs WHERE status IN ('todo', 'doing') GROUP BY 1, 2"""

# The number of live workers.
WORKERS = (
    "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute'"
)

# Whether a worker was alive within this time.
_WORKER_SEEN = """
    SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - %s::interval)"""


def other_syncs(connection_id: UUID) -> int:
    return int(fetch_value(_OTHER_SYNCS, [connection_id]))


def raise_priority(priority: int, locks: list[str]) -> bool:
    """Raise the priority of a waiting task with one of these locks. Return whether there is one."""
    return bool(execute(_RAISE_PRIORITY, [priority, locks]))


def rescue(seconds: float) -> int:
    """Requeue tasks of workers last seen more than ``seconds`` ago. Return the number of tasks."""
    with transaction.atomic():
        return int(fetch_value(_RESCUE, {"seconds": seconds}))


async def most_urgent(db: AsyncConnection[TupleRow], queues: list[str], most: int) -> list[int]:
    """The priorities of the most urgent waiting tasks, highest first."""
    return await afetch_column(db, _MOST_URGENT, [queues, most])


@plans.kept()
def is_sync_due(connection_ids: list[str], scopes: tuple[str, ...]) -> bool:
    """Whether a sync of these scopes is queued and may start now."""
    return bool(connection_ids) and bool(fetch_value(_SYNC_DUE, [connection_ids, list(scopes)]))


def drop_tasks(org_id: UUID) -> int:
    """Delete an organization's queued tasks, and the records of finished ones."""
    return execute(_DROP, {"org": str(org_id), "kept": ["delete_organisation"]})


def worker_seen(within: timedelta | str) -> bool:
    return bool(fetch_value(_WORKER_SEEN, [within]))
