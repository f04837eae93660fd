"""Background tasks for files: downloads when nothing more urgent waits, and an hourly cleanup."""

from __future__ import annotations

import os
from functools import partial
from uuid import UUID

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from jemmo.domain.streams import Mode
from jemmo.files.choose import open_storage
from jemmo.rest_client.retries import giving_way
from jemmo.services.base.scopes import run_for_all_orgs, run_on_clock
from jemmo.services.files import cleanup
from jemmo.services.files import storage as place
from jemmo.services.files.download import download_files
from jemmo.services.privacy import erasure, erasure_journal
from jemmo.services.sync.queue import RESUMES
from jemmo.tasks.slices import Slice
from jemmo.vault import default_vault


@app.task(name="fetch_connection_files", queue="files")
async def fetch_connection_files(connection_id: str) -> None:
    """Run one turn of downloads, and queue the rest behind anything more urgent."""
    with Slice(RESUMES) as turn, giving_way(turn.cut_off):
        summary = await download_files(
            UUID(connection_id),
            database_url=os.environ["DATABASE_URL"],
            vault=default_vault(),
            storage=open_storage(),
            enough=partial(turn.is_over, Mode.INCREMENTAL),
        )
    if summary.more:
        await enqueue(UUID(connection_id))


@app.periodic(cron="* * * * *", periodic_id="files")
@app.task(name="fetch_due_files", queue="schedule")
async def fetch_due_files(timestamp: int) -> None:
    """Queue the connections whose files are due, each at most once. Runs every minute."""
    for connection_id in await run_on_clock(cleanup.connections_due):
        await enqueue(connection_id)


@app.periodic(cron="17 * * * *", periodic_id="tidy")
@app.task(name="tidy_files", queue="files", priority=RESUMES)
async def tidy_files(timestamp: int) -> None:
    storage, vault = open_storage(), default_vault()
    await run_for_all_orgs(place.ready, storage)
    await run_for_all_orgs(cleanup.clean_up, storage, vault)
    await run_for_all_orgs(erasure.erase_deleted_talents, vault, storage)
    await run_for_all_orgs(erasure_journal.catch_up, storage)


async def enqueue(connection_id: UUID) -> bool:
    """Queue a turn unless one is waiting already. ``False`` if it is."""
    try:
        await fetch_connection_files.configure(
            queueing_lock=f"files:{connection_id}", lock=f"files:{connection_id}", priority=RESUMES
        ).defer_async(connection_id=str(connection_id))
    except AlreadyEnqueued:
        return False
    return True
