"""Background tasks for connections."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from jemmo.services.base.scopes import housekeeping_for_connection, run_on_clock
from jemmo.services.connections import connection_deletion
from jemmo.services.records import rules


@app.task(name="erase_connection", queue="syncs")
async def erase_connection(connection_id: str) -> None:
    await housekeeping_for_connection(
        UUID(connection_id), connection_deletion.erase, UUID(connection_id)
    )


@app.task(name="apply_rules", queue="syncs")
async def apply_rules(connection_id: str) -> None:
    """Apply the rules again after a sync that still used the old ones."""
    await housekeeping_for_connection(UUID(connection_id), rules.apply, UUID(connection_id))


@app.periodic(cron="47 2 * * *", periodic_id="rules")
@app.task(name="apply_all_rules", queue="schedule")
async def apply_all_rules(timestamp: int) -> None:
    """Apply all rules every night, since a hire counts as an active application for a few days only."""
    await run_on_clock(rules.apply_to_all)


@app.periodic(cron="*/10 * * * *", periodic_id="erasures")
@app.task(name="go_on_erasing", queue="schedule")
async def go_on_erasing(timestamp: int) -> None:
    """Finish deletions that a crash interrupted."""
    await run_on_clock(connection_deletion.resume)
