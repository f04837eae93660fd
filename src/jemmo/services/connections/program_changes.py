"""Changes that programs make with their token. Each is logged."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from jemmo.domain.streams import Mode
from jemmo.services.base.audit import log_audit_event
from jemmo.services.connections import connections
from jemmo.services.sync.manual import request_sync
from jemmo.store.db import events
from jemmo.store.models import ApiToken, Connection


def sync(token: ApiToken, connection: Connection, *, only: str | None, mode: Mode | None) -> bool:
    """Request a sync. Return whether the request joined a running or waiting one. Raises ``ConfigError``."""
    requested = request_sync(connection.id, only=only, mode=mode)
    if not requested.joined:
        note_change(token, "sync", connection)
    events.publish_to_organization(token.org_id, "sync_requested", only=only or "")
    return requested.joined


def pause(token: ApiToken, connection: Connection) -> None:
    """Pause the connection, unless it is paused."""
    if connections.pause(connection):
        note_change(token, "pause", connection)


def resume(token: ApiToken, connection: Connection) -> None:
    """Resume the connection, if it is paused."""
    if connections.resume(connection):
        note_change(token, "resume", connection)


def note_change(token: ApiToken, operation: str, connection: Connection, **detail: Any) -> None:
    """Log what a program did, and with whose token."""
    log_audit_event(
        token.org,
        "token.acted",
        actor=token.created_by,
        now=timezone.now(),
        subject=("token", token.id),
        operation=operation,
        connection=str(connection.id),
        **detail,
    )
