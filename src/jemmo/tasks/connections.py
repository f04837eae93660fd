"""What happens to connections in the background."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from jemmo.services import erasures, rules
from jemmo.services.scopes import everywhere, for_connection


@app.task(name="erase_connection", queue="syncs")
async def erase_connection(connection_id: str) -> None:
    await for_connection(UUID(connection_id), erasures.erase, UUID(connection_id))


@app.task(name="apply_rules", queue="syncs")
async def apply_rules(connection_id: str) -> None:
    """Once a sync that still read by the old rules has ended."""
    await for_connection(UUID(connection_id), rules.apply, UUID(connection_id))


@app.periodic(cron="*/10 * * * *", periodic_id="erasures")
@app.task(name="go_on_erasing", queue="schedule")
async def go_on_erasing(timestamp: int) -> None:
    """What a crash left half erased is erased."""
    await everywhere(erasures.go_on)
