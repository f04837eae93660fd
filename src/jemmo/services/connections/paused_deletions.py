"""Decides about the unusually many deletions that the brake paused.

Talents, jobs and their applications belong together (``domain/brake.py``), so one decision covers them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from jemmo.domain import brake
from jemmo.domain.errors import ConfigError
from jemmo.domain.notices import PAUSED
from jemmo.domain.streams import Mode
from jemmo.services.sync.manual import request_sync
from jemmo.store.connections import paused_deletions as held
from jemmo.store.connections.connections import PARTED
from jemmo.store.models import Connection, HeldDeletion, Notification, Organisation


def paused_deletions(org: Organisation) -> list[HeldDeletion]:
    """Return the deletions that wait for a decision, or for the sync that will use a release.

    A disconnected connection has none: no sync could delete anything.
    """
    rows = HeldDeletion.objects.filter(connection__org=org, closed_at=None)
    rows = rows.exclude(connection__state__in=PARTED)
    return list(rows.select_related("connection").order_by("connection", "stream"))


def release_all(org: Organisation) -> list[HeldDeletion]:
    """Let the next reconcile delete everything that was paused."""
    waiting = [row for row in paused_deletions(org) if row.released_at is None]
    for row in waiting:
        row.released_at = datetime.now(UTC)
        row.save(update_fields=["released_at"])
        _close_notification(row.connection)
    return waiting


def dependent_applications(rows: Iterable[HeldDeletion]) -> int:
    """Count the applications that these decisions cover in addition to those listed, over all connections."""
    by_connection: dict[UUID, list[HeldDeletion]] = {}
    for row in rows:
        by_connection.setdefault(row.connection_id, []).append(row)
    return sum(held.dependent_applications(*held_rows) for held_rows in by_connection.items())


def related_deletions(connection: Connection, stream: str) -> QuerySet[HeldDeletion]:
    """Return the paused deletions that are decided together with this stream's, including its own."""
    rows = HeldDeletion.objects.filter(connection=connection, closed_at=None)
    return rows.filter(stream__in=brake.related(stream))


def release(connection: Connection, stream: str, *, missing: int) -> None:
    """Request a reconcile that may delete as many records as the person saw, and no more.

    ``missing`` counts all records that are decided together. Raises ``ConfigError`` if that number has changed, or if
    no sync can run.
    """
    with transaction.atomic():
        waiting = related_deletions(connection, stream).filter(released_at=None)
        rows = list(waiting.select_for_update())
        if not rows or sum(row.missing for row in rows) != missing:
            raise ConfigError("changed_meanwhile", variant="deletions")
        HeldDeletion.objects.filter(id__in=[row.id for row in rows]).update(
            released_at=datetime.now(UTC)
        )
    try:
        request_sync(connection.id, mode=Mode.RECONCILE)
    except ConfigError:
        HeldDeletion.objects.filter(id__in=[row.id for row in rows]).update(released_at=None)
        raise
    _close_notification(connection)


def keep(connection: Connection, stream: str) -> int:
    """Keep the records, and withdraw a release that no sync has used up yet. Return how many it has deleted so far.

    If the next reconcile doesn't find the others either, it asks again. Raises ``ConfigError`` if the decision was
    already made, or a sync has used up a release that belongs to it.
    """
    with transaction.atomic():
        locked = Connection.objects.select_for_update().get(id=connection.id)
        if locked.state in PARTED:
            raise decided(locked)
        decisions = locked.held_deletions.filter(stream__in=brake.related(stream))
        rows = list(decisions.select_for_update())
        waiting = [row for row in rows if row.closed_at is None]
        releases = {row.released_at for row in waiting} - {None}
        if any(row.closed_at and row.released_at in releases for row in rows):
            raise ConfigError("deletion_begun")
        if not waiting:
            raise decided(locked)
        deleted = sum(
            held.deleted_since(row, row.released_at)
            for row in waiting
            if row.released_at is not None
        )
        related_deletions(locked, stream).update(released_at=None, closed_at=datetime.now(UTC))
        _close_notification(locked)
        if not held.waiting(locked) and (locked.last_error or {}).get("code") == brake.CODE:
            locked.last_error = None
            locked.save(update_fields=["last_error"])
    return deleted


def _close_notification(connection: Connection) -> None:
    """After the last decision, let the next pause be a new notification, which is unread and sent."""
    if not held.waiting(connection):
        Notification.objects.filter(connection=connection, fold=PAUSED).update(fold=None)


def decided(connection: Connection) -> ConfigError:
    """Return the error for someone who opens a decision that is no longer pending."""
    parted = connection.state in PARTED
    return ConfigError("disconnected" if parted else "deletion_decided")
