"""Sends notifications by e-mail and chat (at once after a sync, with retries every minute), and the pages' e-mails."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from jemmo.domain.errors import TransientError
from jemmo.services.base.scopes import for_notifications, run_for_all_orgs
from jemmo.services.connections import key_care
from jemmo.services.notifications import notifications, outbox
from jemmo.services.sync import overdue
from jemmo.vault import default_vault


@app.periodic(cron="* * * * *", periodic_id="notifications")
@app.task(name="send_notifications", queue="notifications")
async def send_notifications(timestamp: int) -> None:
    """Send what is due. Failed messages stay in their table with the reason and the next attempt."""
    await for_notifications(notifications.send_due, vault=default_vault())


@app.task(
    name=outbox.SEND,
    queue="notifications",
    retry=RetryStrategy(max_attempts=6, exponential_wait=4, retry_exceptions={TransientError}),
)
async def send_mail(sealed: str) -> None:
    """Send an e-mail of a page. The retries end after an hour and a half; links in e-mails are valid for a day."""
    await for_notifications(outbox.deliver, sealed, vault=default_vault())


@app.periodic(cron="23 * * * *", periodic_id="key_reminders")
@app.task(name="remind_of_keys", queue="notifications", lock="key_reminders")
async def remind_of_keys(timestamp: int) -> None:
    """Queue key reminders every hour, so that a worker that was down for a while catches up soon."""
    if await run_for_all_orgs(key_care.queue_key_reminders, datetime.now(UTC)):
        await send_soon()


@app.periodic(cron="*/5 * * * *", periodic_id="watch_syncs")
@app.task(name="watch_syncs", queue="notifications", lock="watch_syncs")
async def watch_syncs(timestamp: int) -> None:
    """Notify people about late or slow syncs. Any worker that isn't busy with a sync can run this."""
    if await run_for_all_orgs(overdue.notify_stalled_syncs, datetime.now(UTC)):
        await send_soon()


async def send_soon() -> None:
    """Send without waiting for the next minute."""
    with contextlib.suppress(AlreadyEnqueued):
        await send_notifications.configure(queueing_lock="send_notifications").defer_async(
            timestamp=0
        )
