"""Deletes past syncs, notifications and webhooks after their retention."""

from __future__ import annotations

from procrastinate.contrib.django import app

from jemmo.services.base.scopes import run_for_all_orgs
from jemmo.services.operations import pruning
from jemmo.services.sync.queue import RESUMES


@app.periodic(cron="41 * * * *", periodic_id="history")
@app.task(name="forget_history", queue="files", lock="history", priority=RESUMES)
async def forget_history(timestamp: int) -> None:
    """Delete old history every hour, so that there is little to delete each time."""
    await run_for_all_orgs(pruning.forget_old)
