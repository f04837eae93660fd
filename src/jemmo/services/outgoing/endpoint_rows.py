"""An endpoint as the command line and the API return it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from jemmo.store.models import OutgoingEndpoint


class EndpointRow(Struct, frozen=True, kw_only=True):
    """An endpoint. If ``entities``, ``connections``, or ``update_fields`` is empty, it does not limit the webhooks.

    ``failures`` is the number of consecutive failed attempts.
    """

    id: str
    name: str
    url: str
    events: list[str]
    entities: list[str]
    connections: list[str]
    update_fields: list[str]
    state: str
    off_reason: str | None
    failures: int
    last_success_at: datetime | None
    created_at: datetime


def endpoint_row(endpoint: OutgoingEndpoint) -> EndpointRow:
    return EndpointRow(
        id=str(endpoint.pk),
        name=endpoint.name,
        url=endpoint.url,
        events=endpoint.events,
        entities=endpoint.entities,
        connections=[str(key) for key in endpoint.connections],
        update_fields=endpoint.update_fields,
        state=endpoint.state,
        off_reason=endpoint.off_reason or None,
        failures=endpoint.failures,
        last_success_at=endpoint.last_success_at,
        created_at=endpoint.created_at,
    )
