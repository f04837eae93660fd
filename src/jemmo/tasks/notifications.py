"""Notifications leave by e-mail and chat: at once after a sync, and every minute for what has to be tried again."""

from __future__ import annotations

import contextlib

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from jemmo.services import notifications
from jemmo.services.scopes import everywhere
from jemmo.vault import default_vault


@app.periodic(cron="* * * * *", periodic_id="notifications")
@app.task(name="send_notifications", queue="notifications")
async def send_notifications(timestamp: int) -> None:
    """Send what is due. What fails stays in its table with its reason and its next time."""
    await everywhere(notifications.send_due, vault=default_vault())


async def send_soon() -> None:
    """Send without waiting for the next minute."""
    with contextlib.suppress(AlreadyEnqueued):
        await send_notifications.configure(queueing_lock="send_notifications").defer_async(
            timestamp=0
        )
