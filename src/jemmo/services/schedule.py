"""Which connections are due. Derived from the tables and the clock alone, so nothing is lost by a restart."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from croniter import CroniterBadCronError, croniter

from jemmo.domain.errors import ConfigError
from jemmo.domain.outcomes import RunStatus
from jemmo.store.models import Connection, ConnectionState, SyncRun
from jemmo.store.selectors.connections import is_running

RETRY_AFTER = timedelta(minutes=15)


def due(now: datetime) -> list[UUID]:
    """The active connections whose next sync should have started by ``now``."""
    active = Connection.objects.filter(state=ConnectionState.ACTIVE).select_related("lease")
    return [
        connection.id
        for connection in active
        if (when := next_sync_at(connection, now)) is not None and when <= now
    ]


def next_sync_at(connection: Connection, now: datetime) -> datetime | None:
    """When the next sync starts by itself; ``None`` while the connection is not active.

    A failed sync is tried again after a quarter of an hour, and so is one whose process was killed; one that was
    postponed follows at its time, any other in its interval. The first waits for the hour that was wished for it.
    """
    if connection.state != ConnectionState.ACTIVE:
        return None
    last = SyncRun.objects.filter(connection=connection).order_by("-started_at").first()
    if last is None:
        wanted = connection.initial_not_before
        return max(connection.created_at, wanted) if wanted else connection.created_at
    if resume_at := last.report.get("resume_at"):
        return datetime.fromisoformat(resume_at)
    killed = last.status == RunStatus.RUNNING and not is_running(connection, now)
    if last.status == RunStatus.FAILED or killed:
        return last.started_at + RETRY_AFTER
    return last.started_at + timedelta(hours=connection.sync_every_hours)


def sweep_due(cron: str, last: datetime | None, now: datetime) -> bool:
    """Whether a full sweep was to start since the last one; an empty ``cron`` asks for none."""
    if not cron.strip() or last is None:
        return False
    try:
        wanted: datetime = croniter(cron, now).get_prev(datetime)
    except CroniterBadCronError:
        raise ConfigError(
            f"{cron!r} is no time to repeat: it needs minute, hour, day, month and weekday.",
            code="option",
            next_step="Correct the option full_sweep_cron, for example to 0 19 * * 6.",
        ) from None
    return last < wanted
