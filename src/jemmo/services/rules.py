"""What an organisation leaves out of Jemmo."""

from __future__ import annotations

import hashlib
from uuid import UUID

import msgspec
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from jemmo.domain.errors import changed_meanwhile
from jemmo.domain.rules import Exclusion, Rules, applicable
from jemmo.domain.streams import Stream
from jemmo.store import visibility
from jemmo.store.models import Connection, Organisation, StreamCheckpoint
from jemmo.store.selectors.connections import PARTED

SETTING = {
    Exclusion.JOB_ARCHIVED: "include_archived_jobs",
    Exclusion.JOB_DRAFT: "include_draft_jobs",
    Exclusion.TALENT_ARCHIVED: "include_archived_talents",
    Exclusion.NO_ACTIVE_APPLICATION: "include_talents_without_active_application",
}
"""The rule that leaves a record out, and the setting that takes it in."""


def of(org: Organisation) -> Rules:
    return msgspec.convert(org.rules, Rules)


def counts(org: Organisation) -> dict[Exclusion, int]:
    """How many records each rule is about, whether it is on or off."""
    return visibility.counts(org.id, of(org))


def seen_as(org: Organisation) -> str:
    """What a form was filled from; see ``jemmo.services.connections.seen_as``."""
    return hashlib.sha256(msgspec.json.encode(of(org))).hexdigest()[:16]


def change(org: Organisation, leaves_out: set[Exclusion], *, seen: str) -> int:
    """Leave these out and take the others in, at once; how many records appeared or vanished.

    Nothing is asked of the ATS, since what is left out is stored. Raises ``ConfigError`` when somebody else changed
    the rules meanwhile. A sync under way reads by the old rules, so they are applied once more behind it.
    """
    with transaction.atomic():
        held = Organisation.objects.select_for_update().get(id=org.id)
        if seen_as(held) != seen:
            raise changed_meanwhile()
        rules = msgspec.to_builtins(of(held))
        for exclusion, name in SETTING.items():
            rules[name] = exclusion not in leaves_out
        held.rules = rules
        held.save(update_fields=["rules"])
    org.rules = held.rules
    ids = held.connections.exclude(state__in=PARTED).values_list("id", flat=True)
    changed = 0
    for connection_id in ids:
        changed += apply(connection_id)
        _once_more(connection_id)
    return changed


def apply(connection_id: UUID) -> int:
    """Hide and show a connection's records by its organisation's rules; how many changed."""
    connection = Connection.objects.select_related("org").filter(id=connection_id).first()
    if connection is None:
        return 0
    read = StreamCheckpoint.objects.filter(connection=connection).values_list("stream", flat=True)
    streams = [Stream(one) for one in read if one in Stream.__members__.values()]
    return visibility.decide(connection_id, applicable(of(connection.org), streams))


def _once_more(connection_id: UUID) -> None:
    task = app.configure_task(
        "apply_rules",
        queue="syncs",
        lock=f"sync:{connection_id}",
        queueing_lock=f"rules:{connection_id}",
    )
    try:
        with transaction.atomic():
            task.defer(connection_id=str(connection_id))
    except AlreadyEnqueued:
        return
