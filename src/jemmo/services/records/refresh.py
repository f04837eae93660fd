"""Refetches one record on request."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q
from msgspec import Struct

from jemmo.domain.error_catalog import ErrorKind, entry_of, worded
from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import RefetchRequest
from jemmo.services.connections import connections
from jemmo.services.sync.manual import check_active
from jemmo.services.webhooks import endpoints
from jemmo.services.webhooks.refetch import RefetchWorker
from jemmo.store.models import Application, Connection, Job, Organisation, Talent
from jemmo.store.records import refresh_outcome
from jemmo.store.records.refresh_outcome import State
from jemmo.vault import Vault

REFRESHED = (Stream.JOBS, Stream.TALENTS, Stream.APPLICATIONS)
MAX_APPLICATIONS = 20
PATIENCE = 60.0  # seconds
# Between checks whether a worker has refetched the record, or before asking the ATS again
POLL_SECONDS = 0.2


class RecordRef(Struct, frozen=True, kw_only=True):
    """A record in the ATS that a person named."""

    connection_id: UUID
    stream: Stream
    remote_id: str


class Refreshed(Struct, frozen=True, kw_only=True):
    """The outcome of a refetch of several ``records``. ``changed``: at least one of them is different now."""

    connection_id: UUID
    stream: Stream
    remote_id: str
    outcome: State
    changed: bool
    records: int
    error: dict[str, str] | None = None

    @property
    def needs_action(self) -> bool:
        """Whether the customer must act before a refetch can work."""
        code = self.error["code"] if self.error else ""
        return bool(code) and entry_of(code).kind in {ErrorKind.ACCESS, ErrorKind.DECISION}


def resolve_record(
    org: Organisation, stream: Stream, typed: str, connection_id: str | None = None
) -> RecordRef:
    """Find the record that ``typed`` refers to: a Jemmo id, or an ATS id, even of a record that is not here yet.

    Raises ``ConfigError`` if it is unclear which connection to ask.
    """
    asked = connections.connections_of_org(org, connection_id)
    held = (Talent if stream is Stream.TALENTS else Job).objects.filter(connection__in=asked)
    means = Q(remote_id=typed)
    with suppress(ValueError):
        means |= Q(id=UUID(typed))
    matches = list(held.filter(means).values_list("connection_id", "remote_id")[:2])
    if len(matches) == 1:
        return RecordRef(connection_id=matches[0][0], stream=stream, remote_id=matches[0][1])
    if not matches and len(asked) == 1:
        return RecordRef(connection_id=asked[0].id, stream=stream, remote_id=typed)
    raise ConfigError("which_connection", organization=org.name)


def request_record_refetch(
    connection_id: UUID, stream: Stream, remote_id: str, *, vault: Vault
) -> int:
    """Request a refetch within seconds, even during a sync. Return the number of records.

    It works like a webhook's refetch: it needs no lease, the newest version wins, and deletions are verified twice.
    Raises ``ConfigError`` if the connection is not active or its ATS can't return single records of this kind.
    """
    connection = Connection.objects.get(id=connection_id)
    check_active(connection)
    if stream not in REFRESHED:
        raise ConfigError("not_refreshable")
    requests = [RefetchRequest(stream=stream, remote_id=remote_id)]
    if stream is Stream.TALENTS:
        applications = Application.objects.filter(
            connection=connection, talent__remote_id=remote_id, remote_deleted_at=None
        ).order_by("-remote_updated_at")
        known = applications.values_list("remote_id", flat=True)[:MAX_APPLICATIONS]
        requests += [
            RefetchRequest(stream=Stream.APPLICATIONS, remote_id=application_id)
            for application_id in known
        ]
    endpoints.request_refetches(connection, requests, vault)
    return len(requests)


def refetch_now(
    target: RecordRef, *, database_url: str, vault: Vault, patience: float = PATIENCE
) -> Refreshed:
    """Refetch in this process, alongside the workers, and wait for the outcome.

    After a failure, it doesn't wait for the next attempt, which a worker makes. Raises like ``request_record_refetch``.
    """
    began = datetime.now(UTC)
    asked = request_record_refetch(
        target.connection_id, target.stream, target.remote_id, vault=vault
    )
    worker = RefetchWorker(database_url, vault)
    ends = time.monotonic() + patience
    with asyncio.Runner() as runner:
        try:
            while True:
                served = runner.run(worker.refetch_connection(target.connection_id))
                state = _state(target)
                if not state.waits or state.trouble or time.monotonic() >= ends:
                    break
                if not served:
                    time.sleep(POLL_SECONDS)
        finally:
            runner.run(worker.close())
    return Refreshed(
        connection_id=target.connection_id,
        stream=target.stream,
        remote_id=target.remote_id,
        outcome=state.outcome,
        changed=refresh_outcome.changed_since(
            target.connection_id, target.stream, target.remote_id, began
        ),
        records=asked,
        error=_error(state.trouble) if state.trouble else None,
    )


def _state(target: RecordRef) -> refresh_outcome.Refreshing:
    connection = Connection.objects.get(id=target.connection_id)
    return refresh_outcome.refresh_outcome_of(
        connection, target.stream, target.remote_id, now=datetime.now(UTC)
    )


def _error(code: str) -> dict[str, str]:
    wording = worded(code)
    return {"code": code, "message": wording.message, "next_step": wording.next_step}
