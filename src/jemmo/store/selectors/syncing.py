"""What the sync icon shows: how the last sync ended, how far the present one is, why it cannot be pressed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database

from jemmo.domain.status import Colour, eta
from jemmo.store.models import ConnectionState, Organisation, SyncRun
from jemmo.store.selectors.connections import health, is_running


@dataclass(frozen=True, kw_only=True)
class SyncIcon:
    """``blocked`` is ``none`` (no ATS), ``paused``, ``refused`` or empty. ``left`` is the estimate, if there is one."""

    colour: Colour | None
    last_success_at: datetime | None
    error: dict[str, Any] | None
    blocked: str
    waiting: bool
    read: int
    left: timedelta | None
    changed: int

    @property
    def loading(self) -> bool:
        return self.waiting or self.colour is Colour.LOADING


def icon(org: Organisation, *, now: datetime) -> SyncIcon:
    """The icon of an organisation, over all its connections."""
    state = health(org, now=now)
    connections = list(org.connections.select_related("lease"))
    running = [one for one in connections if is_running(one, now)]
    estimates = [left for one in running if (left := _left(one, now)) is not None]
    latest = (
        SyncRun.objects.filter(connection__org=org)
        .exclude(status="running")
        .order_by("-started_at")
        .first()
    )
    streams = latest.report.get("streams", {}) if latest else {}
    return SyncIcon(
        colour=state.colour,
        last_success_at=state.last_success_at,
        error=state.error,
        blocked=_blocked([one.state for one in connections]),
        waiting=not running and _waits([str(one.id) for one in connections]),
        read=state.read,
        left=max(estimates) if estimates else None,
        changed=sum(one.get("created", 0) + one.get("updated", 0) for one in streams.values()),
    )


def _blocked(states: list[str]) -> str:
    if not states:
        return "none"
    if any(state == ConnectionState.ACTIVE for state in states):
        return ""
    return "refused" if ConnectionState.REFUSED in states else "paused"


def _waits(connection_ids: list[str]) -> bool:
    """Whether a sync is queued and may start now."""
    if not connection_ids:
        return False
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo' "
            "AND task_name = 'sync_connection' AND args->>'connection_id' = ANY(%s) "
            "AND (scheduled_at IS NULL OR scheduled_at <= now()))",
            [connection_ids],
        )
        return bool(cursor.fetchone()[0])


def _left(connection: Any, now: datetime) -> timedelta | None:
    run = connection.runs.filter(status="running").order_by("-started_at").first()
    if run is None:
        return None
    points = connection.checkpoints.filter(saved_at__gte=run.started_at)
    counted = [(one.seen, one.total) for one in points if one.total and not one.done]
    read = sum(one.get("fetched", 0) for one in run.report.get("streams", {}).values())
    missing = sum(max(0, total - seen) for seen, total in counted)
    return eta(read=read, missing=missing, since=now - run.started_at)
