"""Notifies people about syncs that are overdue or take much longer than usual, as about failures."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from jemmo.domain.notices import Kind
from jemmo.services.notifications.alerts import notify
from jemmo.services.sync.schedule import is_late, is_slow
from jemmo.store.models import Connection, ConnectionState, Notification


def notify_stalled_syncs(now: datetime) -> int:
    """Queue one notification per delayed sync, until the next sync ends. Return the number of notifications."""
    active = Connection.objects.filter(state=ConnectionState.ACTIVE, org__deleted_at=None)
    return sum(_watch(connection, now) for connection in active.select_related("org", "lease"))


@transaction.atomic
def _watch(connection: Connection, now: datetime) -> int:
    if is_late(connection, now):
        kind = Kind.LATE
    elif is_slow(connection, now):
        kind = Kind.SLOW
    else:
        return 0
    if Notification.objects.filter(connection=connection, fold=kind).exists():
        return 0
    notify(connection.org, kind, connection=connection, fold=str(kind))
    return 1
