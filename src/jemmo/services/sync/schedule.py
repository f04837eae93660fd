"""Decides which connections are due, from the tables and the clock alone, so that a restart loses nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from django.db import transaction
from msgspec import Struct

from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.domain.recurrence import last_before
from jemmo.domain.schedule import (
    FARTHEST,
    LATE_AFTER,
    Plan,
    interval,
    next_due,
    next_slot,
    next_starts,
)
from jemmo.domain.schedule import is_slow as much_slower
from jemmo.domain.stored_values import struct_of
from jemmo.services.base.fingerprints import fingerprint
from jemmo.services.sync import queue
from jemmo.store.connections.connections import is_running
from jemmo.store.models import Connection, ConnectionState, Organisation, SyncRun
from jemmo.store.sync import due as due_syncs

MAX_AT_ONCE = 500


class Planned(Struct, frozen=True):
    """A connection and its next automatic starts, assuming that each sync succeeds immediately."""

    connection: Connection
    starts: list[datetime]


class Due(Struct, frozen=True):
    """A connection to sync now. Its first sync has a lower priority."""

    connection_id: UUID
    is_first: bool


def due(now: datetime) -> list[Due]:
    """Return active connections whose next sync should have started by ``now``, the longest waiting first."""
    return [Due(*row) for row in due_syncs.due(now, now + FARTHEST, MAX_AT_ONCE)]


def start_due(now: datetime) -> int:
    """Queue every due sync, except during quiet hours, which delay all but first syncs. Return their number.

    Also close the syncs that will not go on, since no page may call them running.
    """
    due_syncs.close_stopped()
    starts = due(now)
    delayed = _delay_quiet([start.connection_id for start in starts if not start.is_first], now)
    starts = [start for start in starts if start.connection_id not in delayed]
    for start in starts:
        priority = queue.INITIAL if start.is_first else queue.INCREMENTAL
        queue.sync(start.connection_id, priority=priority, trigger="schedule")
    return len(starts)


def _delay_quiet(due_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Move the syncs that are due during quiet hours to their end. Return their connections.

    A connection can be due then because it was resumed or got a new key, or because no worker ran before.
    """
    delayed = set()
    for connection in Connection.objects.select_related("org").filter(id__in=due_ids):
        start = plan_of(connection.org).after_quiet(now)
        if start > now:
            same = Connection.objects.filter(id=connection.id, due_at=connection.due_at)
            same.update(due_at=start)
            delayed.add(connection.id)
    return delayed


def next_sync_at(connection: Connection, now: datetime) -> datetime | None:
    """Return when the next sync starts automatically or, if it is overdue, when it should have started.

    ``None`` while the connection is not active, or while a sync runs, whose end sets the time. ``now`` if a wrong clock
    stored a time in the far future, because such a sync is due (see ``due``).
    """
    if connection.state != ConnectionState.ACTIVE:
        return None
    if connection.due_at <= now and is_running(connection, now):
        return None
    return now if connection.due_at > now + FARTHEST else connection.due_at


def put_off(connection_id: UUID, error: JemmoError) -> None:
    """Store why a sync could not start, and try again later, unless the sync itself recorded how it ended."""
    now = datetime.now(UTC)
    active = Connection.objects.select_related("org").filter(state=ConnectionState.ACTIVE)
    connection = active.filter(id=connection_id, due_at__lte=now).first()
    if connection is None:
        return
    connection.failures += 1
    connection.last_error = error.as_record()
    connection.due_at = next_due(
        connection.id,
        now=now,
        every=interval(connection.sync_every_hours),
        plan=plan_of(connection.org),
        failures=connection.failures,
    )
    connection.save(update_fields=["failures", "last_error", "due_at"])


def plan_of(org: Organisation) -> Plan:
    """Return the organization's settings."""
    return struct_of({**org.schedule, "time_zone": org.time_zone}, Plan)


def first_due(org: Organisation) -> datetime:
    """Return when the first sync of a new connection starts automatically."""
    return plan_of(org).first_due(datetime.now(UTC))


def set_plan(org: Organisation, plan: Plan) -> None:
    """Save the organization's settings and move the planned starts. Raises ``ConfigError`` if no sync could start."""
    if plan.leaves_no_time(datetime.now(UTC)):
        raise ConfigError("always_quiet")
    with transaction.atomic():
        org.time_zone = plan.time_zone
        org.schedule = msgspec.to_builtins(plan)
        del org.schedule["time_zone"]
        org.save(update_fields=["time_zone", "schedule"])
        now = datetime.now(UTC)
        for connection in _planned(org):
            connection.due_at = moved(connection, plan, now)
            connection.save(update_fields=["due_at"])


def set_schedule(org: Organisation, plan: Plan, hours: Mapping[UUID, float], *, seen: str) -> None:
    """Like ``set_plan``, with each connection's sync interval in hours. After ``ConfigError``, nothing has changed.

    ``seen`` is what ``schedule_fingerprint`` returned when the form was rendered.
    """
    with transaction.atomic():
        org = Organisation.objects.select_for_update().get(id=org.id)
        if schedule_fingerprint(org) != seen:
            raise ConfigError("changed_meanwhile")
        for connection in _planned(org):
            if connection.id in hours and hours[connection.id] != connection.sync_every_hours:
                connection.sync_every_hours = hours[connection.id]
                connection.save(update_fields=["sync_every_hours"])
        set_plan(org, plan)


def schedule_fingerprint(org: Organisation) -> str:
    hours = {str(connection.id): connection.sync_every_hours for connection in _planned(org)}
    return fingerprint([org.time_zone, org.schedule, hours])


def planned(org: Organisation, now: datetime, count: int = 4) -> list[Planned]:
    """Return the next starts of each active connection."""
    plan = plan_of(org)
    return [
        Planned(
            connection=connection,
            starts=next_starts(
                connection.id,
                due_at=_next_start(connection, plan, now),
                every=interval(connection.sync_every_hours),
                plan=plan,
                count=count,
            ),
        )
        for connection in _planned(org)
    ]


def _next_start(connection: Connection, plan: Plan, now: datetime) -> datetime:
    """Return when the next sync starts. If the one that is due is already running, that is the one after it."""
    if connection.due_at <= now and is_running(connection, now):
        every = interval(connection.sync_every_hours)
        return next_due(connection.id, now=now, every=every, plan=plan)
    return max(connection.due_at, now)


def _planned(org: Organisation) -> list[Connection]:
    active = org.connections.filter(state=ConnectionState.ACTIVE)
    return list(active.order_by("created_at"))


def moved(connection: Connection, plan: Plan, now: datetime) -> datetime:
    """Return when a connection is due by a new plan: never in quiet hours, and after a success by its next slot."""
    due = connection.due_at
    if connection.last_success_at is not None and not connection.failures:
        every = interval(connection.sync_every_hours)
        due = min(due, next_slot(connection.id, now, every))
    return plan.after_quiet(max(due, now)) if plan.is_quiet(max(due, now)) else due


def is_late(connection: Connection, now: datetime) -> bool:
    """Whether a due sync has not started, because no worker is running or all are busy."""
    waiting = connection.state == ConnectionState.ACTIVE and not is_running(connection, now)
    return waiting and now - connection.due_at > LATE_AFTER


def is_slow(connection: Connection, now: datetime) -> bool:
    """Whether the running sync takes much longer than earlier ones of its kind."""
    if not is_running(connection, now):
        return False
    run = SyncRun.objects.filter(connection=connection, status="running").first()
    if run is None:
        return False
    similar = SyncRun.objects.filter(
        connection=connection, mode=run.mode, scope=run.scope, status="succeeded"
    )
    times = similar.order_by("-started_at").values_list("started_at", "finished_at")[:COMPARED]
    return much_slower(now - run.started_at, [end - start for start, end in times if end])


COMPARED = 10  # runs


def sweep_due(cron: str, last: datetime | None, now: datetime) -> bool:
    """Whether a full sweep was due since the last one. An empty ``cron`` disables sweeps."""
    if not cron.strip() or last is None:
        return False
    try:
        scheduled_at = last_before(cron, now)
    except ValueError:
        raise ConfigError("option", variant="cron", option="full_sweep_cron", value=cron) from None
    return scheduled_at is not None and last < scheduled_at
