"""The background queue. Tasks are named here and defined in ``jemmo.tasks``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from jemmo.domain.streams import Mode
from jemmo.store.db import task_queue
from jemmo.store.sync.runs import Hold

RESUMES = 0
LARGE = 10
INITIAL = 20
INCREMENTAL = 30
MANUAL = 40
WEBHOOK = 50
"""Priorities; the queue takes the highest first. Numbers in between are an organization's further syncs.

``LARGE`` is the rest of an initial sync or a reconcile that did not end within its first slice."""

FURTHER = 9
SLOW = LARGE - FURTHER
"""The rest of a sync whose ATS delayed others. It comes after every other sync, but before resumes."""

SYNC = "sync_connection"


def sync(
    connection_id: UUID,
    *,
    priority: int,
    trigger: str,
    only: str | None = None,
    mode: Mode | None = None,
) -> bool:
    """Queue a sync. ``False`` if one that does as much already waits; its priority is raised to this one's.

    Two syncs of one connection never run at the same time. The lease prevents it, whatever the queue does.
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
    """Lower the priority by one for each other sync of the organization that waits or runs.

    This way, the first sync of every organization comes before anyone's second. The priority never drops to that of the
    next kind of work.
    """
    return max(priority - task_queue.other_syncs(connection_id), kind_of(priority) - FURTHER)


def next_slice(
    connection_id: UUID,
    hold: Hold,
    *,
    priority: int,
    trigger: str,
    only: str | None,
    mode: Mode | None,
) -> None:
    """Queue the rest of a run behind the tasks that waited during this slice."""
    app.configure_task(
        SYNC, lock=_lock(connection_id), priority=fair(connection_id, priority)
    ).defer(
        **_arguments(connection_id, trigger, only, mode),
        run_id=str(hold.run_id),
        token=str(hold.token),
    )


def priority_of(mode: Mode) -> int:
    """Return the priority of an automatic sync."""
    return INCREMENTAL if mode is Mode.INCREMENTAL else INITIAL


def kind_of(priority: int) -> int:
    """Return the priority before ``fair`` lowered it."""
    return -(-priority // (FURTHER + 1)) * (FURTHER + 1)


def _join(urgency: int, connection_id: UUID, only: str | None, mode: Mode | None) -> bool:
    locks = {_waits_as(connection_id, only, mode), _waits_as(connection_id, None, mode)}
    return task_queue.raise_priority(urgency, sorted(locks))


def _waits_as(connection_id: UUID, only: str | None, mode: Mode | None) -> str:
    return ":".join(["sync", str(connection_id), only or "all", mode or "auto"])


def _lock(connection_id: UUID) -> str:
    return f"sync:{connection_id}"


def _arguments(
    connection_id: UUID, trigger: str, only: str | None, mode: Mode | None
) -> dict[str, Any]:
    return {"connection_id": str(connection_id), "trigger": trigger, "only": only, "mode": mode}
