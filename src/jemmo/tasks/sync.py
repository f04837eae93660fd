"""Background syncs, and the clock that starts them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from jemmo.domain.errors import AlreadyRunning, ConfigError, TransientError, Unexpected
from jemmo.domain.streams import Mode
from jemmo.rest_client.retries import giving_way
from jemmo.services.base.scopes import run_for_connection, run_on_clock
from jemmo.services.sync import queue, schedule
from jemmo.services.sync.runner import sync_slice
from jemmo.store.sync.runs import Hold
from jemmo.tasks.notifications import send_soon
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
    """Run one slice of a sync. Failures go into its report and don't fail the task."""
    before = Hold(run_id=UUID(run_id), token=UUID(token)) if run_id and token else None
    wanted_id, requested_mode = UUID(connection_id), Mode(mode) if mode else None
    with Slice(context.job.priority) as turn, giving_way(turn.cut_off):
        try:
            done = await sync_slice(
                wanted_id,
                database_url=os.environ["DATABASE_URL"],
                vault=default_vault(),
                trigger=trigger,
                only=only,
                mode=requested_mode,
                goes_on=before,
                slice_over=turn.is_over,
            )
        except (AlreadyRunning, TransientError):
            return  # another task does it, or the schedule retries it
        except ConfigError as error:
            await run_for_connection(wanted_id, schedule.put_off, wanted_id, error)
            return
        except Exception:
            bug = Unexpected()
            await run_for_connection(wanted_id, schedule.put_off, wanted_id, bug)
            raise
    if not done.ended:
        await run_for_connection(
            wanted_id,
            queue.next_slice,
            wanted_id,
            done.hold,
            priority=turn.rest(done.report.mode),
            trigger=trigger,
            only=only,
            mode=requested_mode,
        )
        return
    await send_soon()


@app.periodic(cron="* * * * * */20", periodic_id="schedule")
@app.task(name="start_due_syncs", queue="schedule", priority=queue.WEBHOOK)
async def start_due_syncs(timestamp: int) -> None:
    """Queue due syncs, each connection at most once. Runs three times a minute."""
    await run_on_clock(schedule.start_due, datetime.now(UTC))
