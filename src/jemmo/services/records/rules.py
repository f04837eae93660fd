"""Manages the rules that exclude an organization's records from what people see."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from django.db import transaction

from jemmo.domain.errors import ConfigError
from jemmo.domain.history import limit_of
from jemmo.domain.rules import Exclusion, Rules, applicable, grounds
from jemmo.domain.stored_values import struct_of
from jemmo.domain.streams import Stream
from jemmo.services.base import costly
from jemmo.services.base.fingerprints import fingerprint
from jemmo.services.base.tasks import enqueue
from jemmo.store.connections.connections import PARTED
from jemmo.store.db import scope
from jemmo.store.files import fetch_queue
from jemmo.store.models import Connection, ConnectionState, Organisation, StreamCheckpoint
from jemmo.store.sync import exclusion as visibility

SETTING = {
    Exclusion.JOB_ARCHIVED: "include_archived_jobs",
    Exclusion.JOB_DRAFT: "include_draft_jobs",
    Exclusion.TALENT_ARCHIVED: "include_archived_talents",
    Exclusion.NO_ACTIVE_APPLICATION: "include_talents_without_active_application",
}
"""Each rule that excludes records, with the setting that includes them."""


_STREAMS = set(Stream.__members__.values())


def rules_of(org: Organisation) -> Rules:
    return struct_of(org.rules, Rules)


def counts(org: Organisation) -> dict[Exclusion, int]:
    """Count the records that each rule excludes, or would exclude if it were on.

    The counts of active rules match the data quality page. They include all records, even those that the reader may not
    see.
    """
    rules, now = rules_of(org), datetime.now(UTC)
    totals = dict.fromkeys(Exclusion, 0)
    with scope.acting_in(scope.organization_scope(org.id)):
        for connection_id in _connections(org):
            counted = visibility.counts(connection_id, rules, now, _limit(connection_id))
            for exclusion in grounds(_streams(connection_id)):
                totals[exclusion] += counted[exclusion]
    return totals


def has_disconnected(org: Organisation) -> bool:
    """Whether a connection is disconnected. Its records may still be stored, and rules don't change them."""
    return bool(org.connections.filter(state=ConnectionState.DISCONNECTED).exists())


def rules_fingerprint(org: Organisation) -> str:
    return fingerprint(rules_of(org))


def changed(org: Organisation, excludes: set[Exclusion], hired_days: int) -> Rules:
    """Return the organization's rules with exactly these exclusions."""
    settings = {name: exclusion not in excludes for exclusion, name in SETTING.items()}
    return msgspec.structs.replace(rules_of(org), hired_days=hired_days, **settings)


def preview(org: Organisation, rules: Rules) -> visibility.Preview:
    """Preview what these rules would change. Raises ``Crowded``."""
    with costly.places().place(org.id):
        numbers = [
            visibility.preview(
                connection_id,
                _applicable(connection_id, rules),
                datetime.now(UTC),
                _limit(connection_id),
            )
            for connection_id in _connections(org)
        ]
    totals = {
        name: sum(getattr(effect, name) for effect in numbers)
        for name in visibility.Preview.__struct_fields__
    }
    return visibility.Preview(**totals)


def change(org: Organisation, excludes: set[Exclusion], *, hired_days: int, seen: str) -> int:
    """Apply these exclusions at once. Return how many records visible to the reader appeared or vanished.

    The ATS is not asked, since excluded records are stored. A running sync uses the old rules, so the new ones are
    applied again after it. Raises ``ConfigError`` if someone else has changed the rules in the meantime.
    """
    with transaction.atomic():
        held = Organisation.objects.select_for_update().get(id=org.id)
        if rules_fingerprint(held) != seen:
            raise ConfigError("changed_meanwhile")
        held.rules = msgspec.to_builtins(changed(held, excludes, hired_days))
        held.save(update_fields=["rules"])
    org.rules = held.rules
    changes = preview(org, rules_of(org)).changes
    # This includes records that the reader may not see.
    with scope.acting_in(scope.organization_scope(org.id)):
        for connection_id in _connections(org):
            apply(connection_id)
            apply_again(connection_id)
    return changes


def apply(connection_id: UUID, now: datetime | None = None) -> int:
    """Exclude and show a connection's records by its organization's rules. Return the number of changes."""
    connection = Connection.objects.select_related("org").filter(id=connection_id).first()
    if connection is None:
        return 0
    rules = _applicable(connection_id, rules_of(connection.org))
    limit = limit_of(connection.options)
    changes = visibility.decide(connection_id, rules, now or datetime.now(UTC), limit)
    if changes:
        fetch_queue.wake_now(connection_id)
    return changes


def apply_to_all() -> int:
    """Queue ``apply`` for every connection, since a hire stops counting after a while. Return their number."""
    ids = Connection.objects.exclude(state__in=PARTED).values_list("id", flat=True)
    for connection_id in ids:
        apply_again(connection_id)
    return len(ids)


def _connections(org: Organisation) -> list[UUID]:
    return list(org.connections.exclude(state__in=PARTED).values_list("id", flat=True))


def _applicable(connection_id: UUID, rules: Rules) -> Rules:
    """Return the rules that this connection's ATS has data for."""
    return applicable(rules, _streams(connection_id))


def _limit(connection_id: UUID) -> datetime | None:
    """Return when a connection's history begins, if it is limited."""
    return limit_of(Connection.objects.values_list("options", flat=True).get(id=connection_id))


def _streams(connection_id: UUID) -> list[Stream]:
    """Return the streams that this connection's ATS provides."""
    read = StreamCheckpoint.objects.filter(connection=connection_id)
    names = read.values_list("stream", flat=True)
    return [Stream(name) for name in names if name in _STREAMS]


def apply_again(connection_id: UUID) -> None:
    """Queue ``apply`` to run after the current sync, which uses the rules from its start."""
    lock, waits_as = f"sync:{connection_id}", f"rules:{connection_id}"
    enqueue(
        "apply_rules",
        queue="syncs",
        lock=lock,
        waits_as=waits_as,
        connection_id=str(connection_id),
    )
