"""What waits to be done in the background. Tasks are named here and defined in ``jemmo.tasks``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection as database
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from jemmo.domain.streams import Mode
from jemmo.store.sync.runs import Hold

RESUMES = 0
LARGE = 10
INITIAL = 20
INCREMENTAL = 30
MANUAL = 40
WEBHOOK = 50
"""How urgent work is; the queue takes the highest first. The numbers between are an organisation's further syncs.

``LARGE`` is the rest of an initial sync or a reconcile that did not end within its first slice.
"""

FURTHER = 9
SLOW = LARGE - FURTHER
"""The rest of a sync whose ATS kept others waiting: after every other sync, before resumes."""

SYNC = "sync_connection"

_BUSY = """
    SELECT count(*) FROM procrastinate_jobs j WHERE j.status IN ('todo', 'doing') AND j.lock IN (
        SELECT 'sync:' || other.id FROM connection me JOIN connection other
            ON other.org_id = me.org_id AND other.id <> me.id WHERE me.id = %s)"""

_JOIN = """
    UPDATE procrastinate_jobs SET priority = greatest(priority, %s)
    WHERE queueing_lock = ANY(%s) AND status = 'todo'"""


def sync(
    connection_id: UUID,
    *,
    priority: int,
    trigger: str,
    only: str | None = None,
    mode: Mode | None = None,
) -> bool:
    """Queue a sync; ``False`` when one that does as much waits already, which then waits no longer than this would.

    Two syncs of one connection never run side by side; the lease sees to that whatever the queue does.
    """
    urgency = fair(connection_id, priority)
    if _join(urgency, connection_id, only, mode):
        return False
    task = app.configure_task(
        SYNC,
        queueing_lock=_waits_as(connection_id, only, mode),
        lock=_lock(connection_id),
        priority=urgency,
    )
    try:
        with transaction.atomic():
            task.defer(**_arguments(connection_id, trigger, only, mode))
    except AlreadyEnqueued:
        _join(urgency, connection_id, only, mode)
        return False
    return True


def fair(connection_id: UUID, priority: int) -> int:
    """The priority, less one for each other sync of its organisation that waits or runs.

    So the first sync of every organisation comes before anybody's second, whoever asked first. It never falls to the
    next kind of work.
    """
    with database.cursor() as cursor:
        cursor.execute(_BUSY, [connection_id])
        busy: int = cursor.fetchone()[0]
    return max(priority - busy, kind_of(priority) - FURTHER)


def next_slice(
    connection_id: UUID,
    hold: Hold,
    *,
    priority: int,
    trigger: str,
    only: str | None,
    mode: Mode | None,
) -> None:
    """Queue the rest of a run, behind what waited while this slice ran."""
    app.configure_task(
        SYNC, lock=_lock(connection_id), priority=fair(connection_id, priority)
    ).defer(
        **_arguments(connection_id, trigger, only, mode),
        run_id=str(hold.run_id),
        token=str(hold.token),
    )


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
"""A task whose like waits already is dropped rather than doubled; one that ended its worker again and again waits
longer each time, up to a quarter of an hour."""


def rescue(seconds: float) -> int:
    """Queue again what workers had in hand whose last sign of life is ``seconds`` old; how many tasks that were."""
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(_RESCUE, {"seconds": seconds})
        return int(cursor.fetchone()[0])


def priority_of(mode: Mode) -> int:
    """How urgent a sync is that nobody asked for."""
    return INCREMENTAL if mode is Mode.INCREMENTAL else INITIAL


def kind_of(priority: int) -> int:
    """The priority as it was before fairness took from it."""
    return -(-priority // (FURTHER + 1)) * (FURTHER + 1)


def _join(urgency: int, connection_id: UUID, only: str | None, mode: Mode | None) -> bool:
    locks = {_waits_as(connection_id, only, mode), _waits_as(connection_id, None, mode)}
    with database.cursor() as cursor:
        cursor.execute(_JOIN, [urgency, sorted(locks)])
        return bool(cursor.rowcount)


def _waits_as(connection_id: UUID, only: str | None, mode: Mode | None) -> str:
    return ":".join(["sync", str(connection_id), only or "all", mode or "auto"])


def _lock(connection_id: UUID) -> str:
    return f"sync:{connection_id}"


def _arguments(
    connection_id: UUID, trigger: str, only: str | None, mode: Mode | None
) -> dict[str, Any]:
    return {"connection_id": str(connection_id), "trigger": trigger, "only": only, "mode": mode}
