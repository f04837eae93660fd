"""Deletes a connection's data after someone disconnected it with deletion."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.utils.timezone import now

from jemmo.services.connections import connections
from jemmo.store.connections.counts import visible_counts
from jemmo.store.db import events
from jemmo.store.models import Connection, ConnectionState, Job, Sighting, Talent
from jemmo.store.models.by_stream import MODELS

BATCH = 1000  # records
SYNCED: tuple[type[models.Model], ...] = (*reversed(MODELS.values()), Sighting)
"""Records with links to others come first."""


def erase(connection_id: UUID) -> int:
    """Delete the connection with its records and their parts. Return the number of records.

    Its data is hidden at once. Rows are deleted in batches; after a crash, the next call continues.
    """
    leaving = Connection.objects.filter(id=connection_id, state=ConnectionState.LEAVING)
    if not leaving.exists():
        return 0
    connection = leaving.get()
    shown = {name: count for name, count in visible_counts(connection).items() if count}
    for model in (Talent, Job):
        model.objects.filter(connection=connection_id, remote_deleted_at=None).update(
            remote_deleted_at=now()
        )
    if shown:
        events.publish_to_organization(
            connection.org_id, "records_changed", streams=shown, final=True
        )
    erased = sum(_erase_all(model, connection_id) for model in SYNCED)
    leaving.delete()
    return erased


def resume() -> None:
    """Queue deletions that a crash may have interrupted."""
    leaving = Connection.objects.filter(state=ConnectionState.LEAVING)
    for connection_id in leaving.values_list("id", flat=True):
        connections.queue_erasure(connection_id)


def _erase_all(model: type[models.Model], connection_id: UUID) -> int:
    erased = 0
    rows = model._default_manager.filter(connection=connection_id)  # noqa: SLF001 - Django's own name
    while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
        model._default_manager.filter(pk__in=batch).delete()  # noqa: SLF001
        erased += len(batch)
    return erased
