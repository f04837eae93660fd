"""The brake: deletions that were paused because they were unusually many, and what a person decides.

Talents, jobs and their applications go together (``domain/brake.py``), so one decision is about all of them.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.db.models import QuerySet

from jemmo.domain import brake
from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Mode
from jemmo.services.sync.manual import request_sync
from jemmo.store.models import Connection, HeldDeletion, Organisation


def paused_deletions(org: Organisation) -> list[HeldDeletion]:
    """Deletions that wait for a decision, or for the sync that uses a release."""
    rows = HeldDeletion.objects.filter(connection__org=org, closed_at=None)
    return list(rows.select_related("connection").order_by("connection", "stream"))


def release_all(org: Organisation) -> list[HeldDeletion]:
    """Let the next reconcile follow everything that was paused."""
    held = [row for row in paused_deletions(org) if row.released_at is None]
    for row in held:
        row.released_at = datetime.now(UTC)
        row.save(update_fields=["released_at"])
    return held


def related_deletions(connection: Connection, stream: str) -> QuerySet[HeldDeletion]:
    """The streams that are decided together with this one, including it."""
    rows = HeldDeletion.objects.filter(connection=connection, closed_at=None)
    return rows.filter(stream__in=brake.related(stream))


def release(connection: Connection, stream: str, *, missing: int) -> None:
    """Let a reconcile, which is requested now, delete as many as the person saw, and no more.

    ``missing`` counts what goes together. Raises ``ConfigError`` when that has changed, or no sync can run.
    """
    with transaction.atomic():
        held = related_deletions(connection, stream).filter(released_at=None).select_for_update()
        rows = list(held)
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


def keep(connection: Connection, stream: str) -> None:
    """Delete nothing; take a release back that no sync has used yet.

    The records stay. Should the next comparison miss them as well, it asks again. Raises ``ConfigError`` when the
    decision was taken already, or a sync has begun to follow it.
    """
    with transaction.atomic():
        locked = Connection.objects.select_for_update().get(id=connection.id)
        decisions = locked.held_deletions.filter(stream__in=brake.related(stream))
        rows = list(decisions.select_for_update())
        waiting = [row for row in rows if row.closed_at is None]
        releases = {row.released_at for row in waiting} - {None}
        if any(row.closed_at and row.released_at in releases for row in rows):
            raise ConfigError("deletion_begun")
        if not waiting:
            raise decided()
        related_deletions(locked, stream).update(released_at=None, closed_at=datetime.now(UTC))
        others = HeldDeletion.objects.filter(connection=locked, closed_at=None, released_at=None)
        if not others.exists() and (locked.last_error or {}).get("code") == brake.CODE:
            locked.last_error = None
            locked.save(update_fields=["last_error"])


def decided() -> ConfigError:
    """The message for someone who opens a decision that has been made."""
    return ConfigError("deletion_decided")
