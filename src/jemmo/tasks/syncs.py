"""Syncs in the background, and the clock that starts them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from uuid import UUID

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from jemmo.domain.errors import AlreadyRunning
from jemmo.domain.streams import Mode
from jemmo.services import schedule
from jemmo.services.syncs import sync
from jemmo.tasks.notifications import send_soon
from jemmo.vault import default_vault


@app.task(name="sync_connection", queue="syncs")
async def sync_connection(
    connection_id: str,
    trigger: str = "schedule",
    only: str | None = None,
    mode: str | None = None,
) -> None:
    """One sync; its failures are in its report, so the task itself does not fail for them."""
    try:
        await sync(
            UUID(connection_id),
            database_url=os.environ["DATABASE_URL"],
            vault=default_vault(),
            trigger=trigger,
            only=only,
            mode=Mode(mode) if mode else None,
        )
    except AlreadyRunning:
        return
    await send_soon()


@app.periodic(cron="* * * * *", periodic_id="schedule")
@app.task(name="start_due_syncs", queue="schedule")
async def start_due_syncs(timestamp: int) -> None:
    """Every minute: queue what is due, each connection at most once."""
    for connection_id in await sync_to_async(schedule.due)(datetime.now(UTC)):
        await enqueue(connection_id, trigger="schedule")


async def enqueue(connection_id: UUID, *, trigger: str) -> bool:
    """Queue a sync unless one is waiting already; ``False`` when it is."""
    try:
        await sync_connection.configure(
            queueing_lock=f"sync:{connection_id}", lock=f"sync:{connection_id}"
        ).defer_async(connection_id=str(connection_id), trigger=trigger)
    except AlreadyEnqueued:
        return False
    return True
