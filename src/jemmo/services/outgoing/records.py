"""Writes messages about record changes: the next part of the feed for an endpoint.

An endpoint gets what a token with only the scope ``records`` can read: no confidential records, and no information
about which contact details changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from jemmo.domain.outgoing import EXPIRED, Event
from jemmo.store.db import scope
from jemmo.store.db.scope import Scope
from jemmo.store.feed import housekeeping, numbering, reading
from jemmo.store.feed.entities import CONTACTS
from jemmo.store.feed.reading import Change, Changes, Visibility
from jemmo.store.models import OutgoingEndpoint, OutgoingMessage
from jemmo.store.records.export import KINDS

SCAN = 500  # changes read at once
MAX_SCANS = 20  # per turn of an endpoint, whose filters may drop everything
MAX_CHANGES = 100  # per message, which keeps it below 20 kB


def position(org_id: UUID) -> int:
    """Return the number of the last change. If nobody has read the feed before, it starts now."""
    with scope.acting_in(scope.organization_scope(org_id)):
        _follow(org_id)
    return _read(org_id, reading.NEVER).seq


def next_message(endpoint: OutgoingEndpoint) -> OutgoingMessage | None:
    """Write the message about the next changes and save its position. ``None`` if no change matches.

    Both happen in one transaction, so after a crash, either the message waits or its changes are read again.
    """
    _follow(endpoint.org_id)
    for _ in range(MAX_SCANS):
        with transaction.atomic():
            message, is_more = _step(endpoint)
        if message or not is_more:
            return message
    return None


def _follow(org_id: UUID) -> None:
    """Number the committed changes."""
    if not numbering.number(org_id):
        numbering.begin(org_id)
    housekeeping.note_use(org_id)


def _read(org_id: UUID, after: int) -> Changes:
    with scope.acting_in(Scope(org=org_id)):
        known = reading.changes(org_id, after, SCAN, Visibility())
    if known is None:
        raise LookupError(f"{org_id} has no feed")
    return known


def _step(endpoint: OutgoingEndpoint) -> tuple[OutgoingMessage | None, bool]:
    """Read one page of the feed. Return a message about its matching changes, and whether to read on."""
    held = OutgoingEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    if held.after is None:
        _advance(held, _read(held.org_id, reading.NEVER).seq)
        return None, False
    known = _read(held.org_id, held.after)
    if not known.oldest <= held.after <= known.seq:
        return _write(held, EXPIRED, known.seq, {"after": known.seq}), False
    page = known.changes
    end = page[-1].seq if len(page) == SCAN else known.seq
    sent = _sent_changes(held, page)
    if len(sent) > MAX_CHANGES:
        sent = sent[:MAX_CHANGES]
        end = sent[-1]["seq"]
    if not sent:
        _advance(held, end)
        return None, len(page) == SCAN
    data = {"after": held.after, "next_after": end, "changes": sent}
    return _write(held, Event.RECORDS, end, data), False


def _write(endpoint: OutgoingEndpoint, event: str, end: int, data: Any) -> OutgoingMessage:
    _advance(endpoint, end)
    return OutgoingMessage.objects.create(
        org_id=endpoint.org_id, endpoint=endpoint, event=event, data=data, in_order=True
    )


def _advance(endpoint: OutgoingEndpoint, end: int) -> None:
    if endpoint.after != end:
        endpoint.after = end
        endpoint.save(update_fields=["after"])


def _sent_changes(endpoint: OutgoingEndpoint, page: Sequence[Change]) -> list[dict[str, Any]]:
    """Return the changes that pass the endpoint's filters. Deleted records pass any filter by connection."""
    chosen = [
        change for change in page if not endpoint.entities or change.entity in endpoint.entities
    ]
    connections = _connections_of(chosen)
    sent = []
    for change in chosen:
        connection = connections.get(change.id)
        if connection and endpoint.connections and connection not in endpoint.connections:
            continue
        fields = [name for name in change.fields if name not in CONTACTS]
        if change.op == "updated" and not _is_wanted(endpoint, change.entity, fields):
            continue
        sent.append(
            {
                "seq": change.seq,
                "entity": change.entity,
                "id": str(change.id),
                "op": change.op,
                "fields": fields,
                "connection_id": str(connection) if connection else None,
                "at": change.at.isoformat(),
            }
        )
    return sent


def _is_wanted(endpoint: OutgoingEndpoint, entity: str, fields: Sequence[str]) -> bool:
    """Whether an update changed a chosen field. If no field of a kind is chosen, all of its updates are sent."""
    chosen = {name for name in endpoint.update_fields if name.startswith(f"{entity}.")}
    return not chosen or any(f"{entity}.{name}" in chosen for name in fields)


def _connections_of(changes: Sequence[Change]) -> dict[UUID, UUID]:
    ids: dict[str, list[UUID]] = {}
    for change in changes:
        ids.setdefault(change.entity, []).append(change.id)
    connections: dict[UUID, UUID] = {}
    for entity, records in ids.items():
        rows = KINDS[entity].model._base_manager.filter(id__in=records)  # noqa: SLF001 - Django's own name
        connections.update(rows.values_list("id", "connection_id"))
    return connections
