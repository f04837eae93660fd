"""A sync asked for by a person."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Mode
from jemmo.store.models import Connection, ConnectionState
from jemmo.store.selectors.connections import is_running

PRIORITY = 30  # jemmo.tasks.priorities.MANUAL


class Requested(Struct, frozen=True, kw_only=True):
    """``joined``: a sync was running or waiting already, so none was added."""

    joined: bool


def request_sync(
    connection_id: UUID, *, only: str | None = None, mode: Mode | None = None
) -> Requested:
    """Queue a sync ahead of those of the clock. Raises ``ConfigError`` where none can run."""
    connection = Connection.objects.select_related("lease").get(id=connection_id)
    if connection.state != ConnectionState.ACTIVE:
        raise _not_now(connection)
    if is_running(connection, datetime.now(UTC)) and mode is None:
        return Requested(joined=True)
    task = app.configure_task(
        "sync_connection",
        queue="syncs",
        lock=f"sync:{connection_id}",
        queueing_lock=f"sync:{connection_id}",
        priority=PRIORITY,
    )
    try:
        task.defer(connection_id=str(connection_id), trigger="manual", only=only, mode=mode)
    except AlreadyEnqueued:
        return Requested(joined=True)
    return Requested(joined=False)


def _not_now(connection: Connection) -> ConfigError:
    if connection.state == ConnectionState.PAUSED:
        return ConfigError(
            "This connection is paused.",
            code="paused",
            next_step="Resume it in Settings > ATS Integration, then sync.",
        )
    return ConfigError(
        "The ATS no longer accepts this connection's key.",
        code="key_refused",
        next_step="Replace the key in Settings > ATS Integration.",
    )
