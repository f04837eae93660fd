"""What time does to personal data: people whose time is over, old access records, organisations that leave."""

from __future__ import annotations

from uuid import UUID

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from jemmo.files import open_storage
from jemmo.services import leaving, noting, retention
from jemmo.services.queue import RESUMES
from jemmo.vault import default_vault


@app.periodic(cron="23 3 * * *", periodic_id="retention")
@app.task(name="begin_retention", queue="schedule", priority=RESUMES)
async def begin_retention(timestamp: int) -> None:
    """Every night."""
    await sync_to_async(retention.begin)()
    await sync_to_async(noting.forget_old)()


@app.task(name="apply_retention", queue="files")
async def apply_retention(org_id: str) -> None:
    """One step; what is left is queued again, behind all that became more urgent meanwhile."""
    more = await sync_to_async(retention.step)(
        UUID(org_id), vault=default_vault(), storage=open_storage()
    )
    if more:
        await sync_to_async(retention.queue)(UUID(org_id))


@app.periodic(cron="*/10 * * * *", periodic_id="leaving")
@app.task(name="delete_organisations", queue="schedule", priority=RESUMES)
async def delete_organisations(timestamp: int) -> None:
    """Queue what is due, and go on with what a crash left half done."""
    await sync_to_async(leaving.begin_due)()


@app.task(name="delete_organisation", queue="files")
async def delete_organisation(deletion_id: str) -> None:
    more = await sync_to_async(leaving.step)(
        UUID(deletion_id), vault=default_vault(), storage=open_storage()
    )
    if more:
        await sync_to_async(leaving.queue)(UUID(deletion_id))
