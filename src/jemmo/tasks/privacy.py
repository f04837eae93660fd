"""Scheduled privacy work: expired people, old access log entries, organizations being deleted."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from jemmo.files.choose import open_storage
from jemmo.services.accounts import organization_deletion
from jemmo.services.base import access_log
from jemmo.services.base.scopes import run_for_all_orgs, run_for_org, run_on_clock
from jemmo.services.privacy import retention
from jemmo.services.sync.queue import RESUMES
from jemmo.store.db.sessions import SessionStore
from jemmo.vault import default_vault


@app.periodic(cron="23 3 * * *", periodic_id="retention")
@app.task(name="begin_retention", queue="schedule", priority=RESUMES)
async def begin_retention(timestamp: int) -> None:
    """Queue the retention steps every night."""
    await run_for_all_orgs(retention.begin)
    await run_for_all_orgs(access_log.prune_access_log)
    await run_for_all_orgs(SessionStore.clear_expired)


@app.task(name="apply_retention", queue="files")
async def apply_retention(org_id: str) -> None:
    """Run one step, and queue the rest behind anything more urgent."""
    key = UUID(org_id)
    vault, storage = default_vault(), open_storage()
    if await run_for_org(key, retention.step, key, vault=vault, storage=storage):
        await run_for_org(key, retention.queue, key)


@app.periodic(cron="*/10 * * * *", periodic_id="leaving")
@app.task(name="delete_organisations", queue="schedule", priority=RESUMES)
async def delete_organisations(timestamp: int) -> None:
    """Queue due deletions, and those that a crash interrupted."""
    await run_on_clock(organization_deletion.begin_due)


@app.task(name="delete_organisation", queue="files")
async def delete_organisation(deletion_id: str) -> None:
    """Delete the next part, with access to all rows, since members without another organization are deleted too."""
    key = UUID(deletion_id)
    vault, storage = default_vault(), open_storage()
    if await run_for_all_orgs(organization_deletion.step, key, vault=vault, storage=storage):
        await run_for_all_orgs(organization_deletion.queue, key)
