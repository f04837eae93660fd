"""The brake: deletions that were held back because they were unusually many, and what a person decides."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Mode
from jemmo.services.manual import request_sync
from jemmo.store.models import Connection, HeldDeletion, Organisation


def release_all(org: Organisation) -> list[HeldDeletion]:
    """Let the next reconcile follow everything that was held back."""
    held = list(HeldDeletion.objects.filter(connection__org=org, released_at=None))
    for one in held:
        one.released_at = datetime.now(UTC)
        one.save(update_fields=["released_at"])
    return held


def release(connection: Connection, stream: str, *, missing: int) -> None:
    """Let a reconcile, which is asked for now, delete as many as the person saw, and no more.

    Raises ``ConfigError`` when that is no longer what is held back, or no sync can run.
    """
    held = HeldDeletion.objects.filter(connection=connection, stream=stream, missing=missing)
    if not held.filter(released_at=None).update(released_at=datetime.now(UTC)):
        raise ConfigError(
            "What is held back has changed, so nothing was released.",
            code="changed_meanwhile",
            next_step="Look at what would be deleted now, and decide again.",
        )
    try:
        request_sync(connection.id, mode=Mode.RECONCILE)
    except ConfigError:
        held.update(released_at=None)
        raise


def keep(connection: Connection, stream: str) -> bool:
    """Delete nothing, take a release back that no sync has used yet; ``False`` when there is nothing to keep.

    The records stay. Should the next comparison miss them as well, it asks again.
    """
    with transaction.atomic():
        held = Connection.objects.select_for_update().get(id=connection.id)
        dropped, _ = HeldDeletion.objects.filter(connection=held, stream=stream).delete()
        others = HeldDeletion.objects.filter(connection=held, released_at=None).exists()
        if not others and (held.last_error or {}).get("code") == "mass_deletion_held":
            held.last_error = None
            held.save(update_fields=["last_error"])
    return bool(dropped)
