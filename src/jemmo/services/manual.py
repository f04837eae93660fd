"""A sync that a person asked for: it overtakes what the schedule wants, and joins one that is there already."""

from __future__ import annotations

from uuid import UUID

from django.db.models.functions import Now
from msgspec import Struct
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Mode
from jemmo.store.models import Connection, ConnectionState, Lease

PRIORITY = 30  # jemmo.tasks.priorities.MANUAL


class Requested(Struct, frozen=True):
    """``joined``: one was running or waiting already, and its end is the answer."""

    joined: bool


def request_sync(
    connection_id: UUID, *, only: str | None = None, mode: Mode | None = None
) -> Requested:
    """Queue a sync unless one runs or waits. Raises ``ConfigError`` when the connection cannot be used."""
    connection = Connection.objects.get(id=connection_id)
    if connection.state == ConnectionState.PAUSED:
        raise ConfigError(
            "This connection is paused.",
            code="paused",
            next_step="Resume it in Settings > ATS Integration, then sync.",
        )
    if Lease.objects.filter(connection=connection, expires_at__gt=Now()).exists():
        return Requested(joined=True)
    lock = f"sync:{connection_id}"
    task = app.configure_task(
        "sync_connection", queue="syncs", lock=lock, queueing_lock=lock, priority=PRIORITY
    )
    try:
        task.defer(connection_id=str(connection_id), trigger="manual", only=only)
    except AlreadyEnqueued:
        return Requested(joined=True)
    return Requested(joined=False)
