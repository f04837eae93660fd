"""One record, read again because somebody wants to know now."""

from __future__ import annotations

from uuid import UUID

from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import Hint
from jemmo.services import webhooks
from jemmo.services.manual import check_active
from jemmo.store.models import Application, Connection
from jemmo.vault import Vault

REFRESHED = (Stream.JOBS, Stream.TALENTS, Stream.APPLICATIONS)
MOST_APPLICATIONS = 20


def refresh(connection_id: UUID, stream: Stream, remote_id: str, *, vault: Vault) -> int:
    """Have a record looked up within seconds, also while a sync runs; how many are, a talent's applications included.

    It goes the way of a webhook's hint: no lease is needed, newest wins, and what is gone is asked for twice. Raises
    ``ConfigError`` where the connection is not active or the ATS cannot be asked for single records.
    """
    connection = Connection.objects.get(id=connection_id)
    check_active(connection)
    if stream not in REFRESHED or connector_for(connection.provider).webhooks is None:
        raise ConfigError(
            "This ATS cannot be asked for a single record of this kind.",
            code="not_refreshable",
            next_step="Sync instead: it reads all that changed.",
        )
    hints = [Hint(stream=stream, remote_id=remote_id)]
    if stream is Stream.TALENTS:
        applications = Application.objects.filter(
            connection=connection, talent__remote_id=remote_id, remote_deleted_at=None
        ).order_by("-remote_updated_at")
        known = applications.values_list("remote_id", flat=True)[:MOST_APPLICATIONS]
        hints += [Hint(stream=Stream.APPLICATIONS, remote_id=one) for one in known]
    webhooks.look_up(connection, hints, vault)
    return len(hints)
