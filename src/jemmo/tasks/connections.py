"""What happens to connections in the background."""

from __future__ import annotations

from uuid import UUID

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from jemmo.services import erasures, rules


@app.task(name="erase_connection", queue="syncs")
async def erase_connection(connection_id: str) -> None:
    await sync_to_async(erasures.erase)(UUID(connection_id))


@app.task(name="apply_rules", queue="syncs")
async def apply_rules(connection_id: str) -> None:
    """Once a sync that still read by the old rules has ended."""
    await sync_to_async(rules.apply)(UUID(connection_id))


@app.periodic(cron="*/10 * * * *", periodic_id="erasures")
@app.task(name="go_on_erasing", queue="schedule")
async def go_on_erasing(timestamp: int) -> None:
    """What a crash left half erased is erased."""
    await sync_to_async(erasures.go_on)()
