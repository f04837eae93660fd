"""Syncs requested by a person."""

from __future__ import annotations

from uuid import UUID

from django.db.models.functions import Now
from msgspec import Struct

from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Mode
from jemmo.services.sync import queue
from jemmo.store.connections.connections import PARTED
from jemmo.store.models import Connection, ConnectionState, Lease, SyncRun


class Requested(Struct, frozen=True, kw_only=True):
    """The result of a click. ``joined``: a suitable sync was already running or waiting."""

    joined: bool


def request_sync(
    connection_id: UUID, *, only: str | None = None, mode: Mode | None = None
) -> Requested:
    """Queue a sync ahead of automatic ones, or join a running or waiting one that reads at least as much.

    ``only`` is ``jobs`` or ``talents``. Raises ``ConfigError`` if the connection is not active.
    """
    connection = Connection.objects.get(id=connection_id)
    check_active(connection)
    if mode is None and _runs(connection, only):
        return Requested(joined=True)
    queued = queue.sync(
        connection_id, priority=queue.MANUAL, trigger="manual", only=only, mode=mode
    )
    return Requested(joined=not queued)


def check_active(connection: Connection) -> None:
    """Raise ``ConfigError`` unless the connection may be read from."""
    if connection.state != ConnectionState.ACTIVE:
        raise _inactive_error(connection)


def _runs(connection: Connection, only: str | None) -> bool:
    """Whether a sync of the requested streams is running, judging by its lease."""
    held = Lease.objects.filter(connection=connection, expires_at__gt=Now()).values("run_id")
    reading = SyncRun.objects.filter(id__in=held, scope__in={"", only or ""})
    return bool(reading.exists())


def _inactive_error(connection: Connection) -> ConfigError:
    if connection.state == ConnectionState.PAUSED:
        return ConfigError("paused", variant="leaving" if connection.org.deleted_at else "")
    return ConfigError("disconnected" if connection.state in PARTED else "key_refused")
