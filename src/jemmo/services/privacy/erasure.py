"""Erases a person permanently from tables, files, history and queues, and issues a certificate."""

from __future__ import annotations

import contextlib
import hmac
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.db import transaction
from django.db.models import Q
from msgspec import Struct

from jemmo.domain.access import Action
from jemmo.domain.errors import ConfigError
from jemmo.domain.retention import Cause, Lift
from jemmo.domain.streams import Stream
from jemmo.files.storage import Storage, StorageError
from jemmo.services.base.access_log import log_access
from jemmo.services.base.lookups import lookup_key, record_hashes, talents_by_contact
from jemmo.services.base.retention_policy import retention_policy_of
from jemmo.services.privacy import erasure_journal
from jemmo.services.privacy.personal_data import (
    PersonalTraces,
    collect_personal_data,
    connections_of,
)
from jemmo.store.db import events, scope
from jemmo.store.db.visible import SHOWN
from jemmo.store.models import Account, Erasure, Organisation, SupportMessage, Talent
from jemmo.store.outgoing import events as outgoing
from jemmo.store.privacy import erasing
from jemmo.store.privacy.retention import deleted_talents
from jemmo.vault import Vault

AT_ONCE = 1000


class Certificate(Struct, frozen=True, kw_only=True):
    """What was erased, in numbers that identify no one. ``proof`` shows that this installation issued it."""

    id: UUID
    org: str
    at: datetime
    removed: dict[str, int]
    suppressed: int
    files_left: int
    proof: str
    kind: str = Cause.REQUEST


def find(
    org: Organisation, *, remote_id: str | None, email: str | None, vault: Vault
) -> list[UUID]:
    """Find the talents by an ATS id or an e-mail address, including hidden and deleted ones.

    An address is searched in every encrypted value, because no readable copy exists. Raises ``ConfigError`` if nobody
    matches.
    """
    if remote_id is not None:
        known = Q(remote_id=remote_id) | Q(remote_aliases__contains=[remote_id])
        listed = list(Talent.objects.filter(known, org=org).values_list("id", flat=True))
    else:
        listed = talents_by_contact(org, email or "", vault=vault, thoroughly=True)
    if not listed:
        raise ConfigError("nobody")
    return listed


def erase(
    org: Organisation,
    talents: list[UUID],
    *,
    vault: Vault,
    storage: Storage,
    actor: Account | None = None,
    cause: Cause = Cause.REQUEST,
    keep_away: bool = True,
    lift: Lift | None = None,
    program: str | None = None,
) -> Certificate:
    """Erase these people everywhere. With ``keep_away``, syncs don't bring them back.

    With ``lift``, later activity in the ATS ends the suppression. ``program`` is the id of the requesting program's
    token.

    Tables and suppression change in one transaction, and files are deleted afterwards. If the storage fails in between,
    the hourly cleanup deletes the files, since no row names them.
    """
    key = lookup_key(vault)
    # This includes other members' conversations with support.
    with scope.acting_in(scope.organization_scope(org.id)), transaction.atomic():
        erasing.lock(connections_of(org, talents))
        concerned = collect_personal_data(org, talents, vault=vault)
        shown = Talent.objects.filter(SHOWN, id__in=talents).count()
        suppressed = 0
        if keep_away:
            suppressed = erasing.suppress(_suppressions_for(org, concerned.traces, key), lift)
        _take_out(concerned)
        removed = {name: count for name, count in concerned.counts.items() if count}
        row = _certify(org, removed, suppressed, actor, cause, key)
        outgoing.note_erased(
            org.id, row.id, cause, concerned.traces.talents, concerned.traces.by_connection
        )
        by: dict[str, Any] = {"token": program} if program else {}
        subject = f"erasure:{row.id}"
        log_access(org, Action.ERASED, actor=actor, subject=subject, people=len(talents), **by)
        # Open pages refresh. The number is that of the people whom lists showed.
        news = {str(Stream.TALENTS): shown or len(talents)}
        events.publish_to_organization(org.pk, "records_changed", streams=news, final=True)
    left = 0
    with contextlib.suppress(StorageError, ConfigError):  # the hourly cleanup retries it
        erasure_journal.append_to_journal(storage, concerned.traces.by_connection)
    for name in concerned.traces.files:
        try:
            storage.delete(name)
        except (StorageError, ConfigError):
            left += 1
    if left:
        Erasure.objects.filter(id=row.id).update(files_left=left)
        row.files_left = left
    return certificate(row)


def _suppressions_for(
    org: Organisation, traces: erasing.Traces, key: bytes
) -> dict[UUID, list[erasing.SuppressionEntry]]:
    suppressions = {}
    for connection_id, keys in traces.by_connection.items():
        stands = record_hashes(key, org.id, connection_id)
        suppressions[connection_id] = [
            erasing.SuppressionEntry(stands(stream, remote), stands("talents", person))
            for stream, remote, person in keys
        ]
    return suppressions


def _take_out(concerned: PersonalTraces) -> None:
    for message, texts in concerned.messages.items():
        SupportMessage.objects.filter(pk=message).update(**texts)
    erasing.erase(concerned.traces, concerned.bodies)


def _certify(
    org: Organisation,
    removed: dict[str, int],
    suppressed: int,
    actor: Account | None,
    cause: Cause,
    key: bytes,
) -> Erasure:
    number, at = uuid4(), datetime.now(UTC)
    return Erasure.objects.create(
        id=number,
        org=org,
        account=actor,
        kind=cause,
        at=at,
        removed=removed,
        suppressed=suppressed,
        proof=_proof(key, number, org.slug, at, removed, suppressed),
    )


def _proof(key: bytes, *facts: Any) -> str:
    encoded = msgspec.json.encode(list(facts), order="sorted")
    return hmac.digest(key, b"certificate\x00" + encoded, "sha256").hex()


def certificate(row: Erasure) -> Certificate:
    return Certificate(
        id=row.id,
        org=row.org.slug,
        at=row.at,
        removed=row.removed,
        suppressed=row.suppressed or 0,
        files_left=row.files_left,
        proof=row.proof,
        kind=row.kind,
    )


def is_genuine(row: Erasure, *, vault: Vault) -> bool:
    """Whether this installation wrote exactly this certificate. ``False`` for those older than this check."""
    if row.suppressed is None:
        return False
    at = row.at.astimezone(UTC)
    made = _proof(lookup_key(vault), row.id, row.org.slug, at, row.removed, row.suppressed)
    return hmac.compare_digest(made, row.proof)


def erase_deleted_talents(vault: Vault, storage: Storage, *, now: datetime | None = None) -> int:
    """Erase talents deleted in the ATS longer ago than the organization allows. They may return if listed again."""
    now = now or datetime.now(UTC)
    count = 0
    for org in Organisation.objects.all():
        gone = deleted_talents(org.id, retention_policy_of(org), now=now)
        ids = list(gone.order_by("remote_deleted_at").values_list("id", flat=True)[:AT_ONCE])
        if ids:
            erase(org, ids, vault=vault, storage=storage, cause=Cause.DELETED, keep_away=False)
        count += len(ids)
    return count
