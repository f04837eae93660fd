"""What waits to be done in the background. Tasks are named here and defined in ``jemmo.tasks``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection as database
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from jemmo.domain.streams import Mode
from jemmo.store.runs import Hold

RESUMES = 0
INITIAL = 10
INCREMENTAL = 20
MANUAL = 30
WEBHOOK = 40
"""How urgent work is; the queue takes the highest first."""

SYNC = "sync_connection"

_HURRY = """
    UPDATE procrastinate_jobs SET priority = greatest(priority, %s)
    WHERE queueing_lock = %s AND status = 'todo'"""


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
    waits_as = _waits_as(connection_id, only, mode)
    try:
        app.configure_task(
            SYNC, queueing_lock=waits_as, lock=_lock(connection_id), priority=priority
        ).defer(**_arguments(connection_id, trigger, only, mode))
    except AlreadyEnqueued:
        with database.cursor() as cursor:
            cursor.execute(_HURRY, [priority, waits_as])
        return False
    return True


async def next_slice(
    connection_id: UUID,
    hold: Hold,
    *,
    priority: int,
    trigger: str,
    only: str | None,
    mode: Mode | None,
) -> None:
    """Queue the rest of a run, behind what waited while this slice ran."""
    await app.configure_task(SYNC, lock=_lock(connection_id), priority=priority).defer_async(
        **_arguments(connection_id, trigger, only, mode),
        run_id=str(hold.run_id),
        token=str(hold.token),
    )


def priority_of(mode: Mode) -> int:
    """How urgent a sync is that nobody asked for."""
    return INCREMENTAL if mode is Mode.INCREMENTAL else INITIAL


def _waits_as(connection_id: UUID, only: str | None, mode: Mode | None) -> str:
    return ":".join(["sync", str(connection_id), only or "all", mode or "auto"])


def _lock(connection_id: UUID) -> str:
    return f"sync:{connection_id}"


def _arguments(
    connection_id: UUID, trigger: str, only: str | None, mode: Mode | None
) -> dict[str, Any]:
    return {"connection_id": str(connection_id), "trigger": trigger, "only": only, "mode": mode}
