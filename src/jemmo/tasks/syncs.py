"""Syncs in the background, and the clock that starts them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from uuid import UUID

from asgiref.sync import sync_to_async
from procrastinate import JobContext
from procrastinate.contrib.django import app

from jemmo.domain.errors import AlreadyRunning
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode
from jemmo.services import queue, schedule
from jemmo.services.syncs import new_hold, sync
from jemmo.store.runs import Hold
from jemmo.tasks.slices import Slice
from jemmo.vault import default_vault


@app.task(name=queue.SYNC, queue="syncs", pass_context=True)
async def sync_connection(
    context: JobContext,
    connection_id: str,
    trigger: str = "schedule",
    only: str | None = None,
    mode: str | None = None,
    run_id: str | None = None,
    token: str | None = None,
) -> None:
    """One slice of a sync; its failures are in its report, so the task itself does not fail for them."""
    held = Hold(run_id=UUID(run_id), token=UUID(token)) if run_id and token else new_hold()
    wanted = Mode(mode) if mode else None
    try:
        report = await sync(
            UUID(connection_id),
            database_url=os.environ["DATABASE_URL"],
            vault=default_vault(),
            trigger=trigger,
            only=only,
            mode=wanted,
            hold=held,
            slice_over=Slice().is_over,
        )
    except AlreadyRunning:
        return
    if report.status is RunStatus.RUNNING:
        await queue.next_slice(
            UUID(connection_id),
            held,
            priority=min(context.job.priority, queue.priority_of(report.mode)),
            trigger=trigger,
            only=only,
            mode=wanted,
        )


@app.periodic(cron="* * * * *", periodic_id="schedule")
@app.task(name="start_due_syncs", queue="schedule", priority=queue.WEBHOOK)
async def start_due_syncs(timestamp: int) -> None:
    """Every minute: queue what is due, each connection at most once."""
    for one in await sync_to_async(schedule.due)(datetime.now(UTC)):
        priority = queue.INITIAL if one.is_first else queue.INCREMENTAL
        await sync_to_async(queue.sync)(one.connection_id, priority=priority, trigger="schedule")


@app.periodic(cron="* * * * * */15", periodic_id="rescue")
@app.task(name="rescue_tasks", queue="schedule", priority=queue.WEBHOOK)
async def rescue_tasks(timestamp: int) -> None:
    """Four times a minute: what a worker had in hand when it died goes to another."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER):
        await app.job_manager.retry_job(job, retry_at=datetime.now(UTC))


DEAD_AFTER = 20.0  # seconds without a worker's heartbeat, which comes every five
