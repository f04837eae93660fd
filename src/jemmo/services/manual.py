"""A sync that a person asks for."""

from __future__ import annotations

from uuid import UUID

from django.db import connection as database
from msgspec import Struct

from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Mode
from jemmo.services import queue
from jemmo.store.models import Connection, ConnectionState
from jemmo.store.selectors.connections import is_running


class Requested(Struct, frozen=True):
    """What became of a press of the button. ``joined``: a sync was running or waiting already, and will do."""

    joined: bool


def request_sync(
    connection_id: UUID, *, only: str | None = None, mode: Mode | None = None
) -> Requested:
    """Queue a sync ahead of all that start by themselves, or join the one that runs or waits.

    ``only`` is ``jobs`` or ``talents``. Raises ``ConfigError`` when the connection is paused or its key refused.
    """
    connection = Connection.objects.select_related("lease").get(id=connection_id)
    _check(connection)
    with database.cursor() as cursor:
        cursor.execute("SELECT now()")
        now = cursor.fetchone()[0]
    if mode is None and is_running(connection, now):
        return Requested(joined=True)
    queued = queue.sync(
        connection_id, priority=queue.MANUAL, trigger="manual", only=only, mode=mode
    )
    return Requested(joined=not queued)


def _check(connection: Connection) -> None:
    if connection.state == ConnectionState.PAUSED:
        raise ConfigError(
            "This connection is paused.",
            code="paused",
            next_step="Resume it in Settings > ATS Integration, then sync.",
        )
