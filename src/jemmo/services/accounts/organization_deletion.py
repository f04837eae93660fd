"""Deletes organizations: an owner requests it and can cancel it within a week. Then it runs in the background."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from django.db import transaction
from msgspec import Struct

from jemmo.domain.errors import ConfigError
from jemmo.files.storage import Storage, StorageError
from jemmo.services.accounts import accounts
from jemmo.services.base.audit import log_audit_event
from jemmo.services.base.lookups import lookup_key
from jemmo.services.base.tasks import enqueue
from jemmo.services.privacy import erasure_journal
from jemmo.store.db import ownership, task_queue
from jemmo.store.models import (
    Account,
    Connection,
    ConnectionState,
    Lease,
    Organisation,
    OrganisationDeletion,
)
from jemmo.vault import Vault

GRACE = timedelta(days=7)
ROWS = 5000  # per transaction
STEPS = 20  # transactions per step; then other tasks get their turn


def schedule_org_deletion(
    org: Organisation, *, actor: Account | None, now: datetime, grace: timedelta = GRACE
) -> OrganisationDeletion:
    """Schedule the deletion of an organization after the grace period. Syncs stop now.

    Raises ``ConfigError`` if it was already requested.
    """
    with transaction.atomic():
        held = Organisation.objects.select_for_update().get(id=org.id)
        if held.deleted_at is not None:
            raise ConfigError("leaving_already")
        active = held.connections.filter(state=ConnectionState.ACTIVE)
        paused = [str(connection_id) for connection_id in active.values_list("id", flat=True)]
        active.update(state=ConnectionState.PAUSED)
        held.deleted_at = now + grace
        held.save(update_fields=["deleted_at"])
        asked = OrganisationDeletion.objects.create(
            org_id=org.id, account=actor, asked_at=now, due_at=held.deleted_at, paused=paused
        )
        log_audit_event(held, "organisation.deletion_asked", actor=actor, now=now)
    org.deleted_at = held.deleted_at
    return asked


def cancel_org_deletion(org: Organisation, *, actor: Account | None, now: datetime) -> None:
    """Cancel the deletion and resume the connections that were active before.

    Raises ``ConfigError`` if it is too late.
    """
    with transaction.atomic():
        held = Organisation.objects.select_for_update().get(id=org.id)
        asked = OrganisationDeletion.objects.filter(org_id=org.id).first()
        if asked is None or held.deleted_at is None or held.deleted_at <= now:
            raise ConfigError("not_leaving")
        paused = held.connections.filter(id__in=asked.paused, state=ConnectionState.PAUSED)
        paused.update(state=ConnectionState.ACTIVE, due_at=now)
        held.deleted_at = None
        held.save(update_fields=["deleted_at"])
        asked.delete()
        log_audit_event(held, "organisation.deletion_undone", actor=actor, now=now)
    org.deleted_at = None


def skip_grace_period(asked: OrganisationDeletion, *, now: datetime) -> None:
    """End the grace period now."""
    OrganisationDeletion.objects.filter(id=asked.id).update(due_at=now)
    Organisation.objects.filter(id=asked.org_id).update(deleted_at=now)


def redo_org_deletions(org_ids: Iterable[UUID], *, now: datetime) -> int:
    """Delete organizations that a restored backup brought back, without a grace period. Return their number."""
    back = list(Organisation.objects.filter(id__in=list(org_ids)))
    for org in back:
        if asked := pending_org_deletion(org):
            skip_grace_period(asked, now=now)
        else:
            schedule_org_deletion(org, actor=None, now=now, grace=timedelta(0))
    return len(back)


class Certificate(Struct, frozen=True, kw_only=True):
    """What was deleted, in rows per table. The organization is identified only by its id."""

    id: UUID
    organisation: UUID
    asked_at: datetime
    due_at: datetime
    finished_at: datetime | None
    removed: dict[str, int]
    files_left: int
    proof: str


def certificate(asked: OrganisationDeletion) -> Certificate:
    return Certificate(
        id=asked.id,
        organisation=asked.org_id,
        asked_at=asked.asked_at,
        due_at=asked.due_at,
        finished_at=asked.finished_at,
        removed=asked.removed,
        files_left=asked.files_left,
        proof=asked.proof,
    )


def pending_org_deletion(org: Organisation) -> OrganisationDeletion | None:
    return OrganisationDeletion.objects.filter(org_id=org.id, finished_at=None).first()


def begin_due(now: datetime | None = None) -> int:
    """Queue every organization whose grace period is over. Return their number."""
    due = OrganisationDeletion.objects.filter(
        finished_at=None, due_at__lte=now or datetime.now(UTC)
    )
    ids = list(due.values_list("id", flat=True))
    for org_id in ids:
        queue(org_id)
    return len(ids)


def queue(deletion_id: UUID) -> None:
    lock = f"leaving:{deletion_id}"
    enqueue("delete_organisation", queue="files", lock=lock, deletion_id=str(deletion_id))


def step(deletion_id: UUID, *, vault: Vault, storage: Storage, now: datetime | None = None) -> bool:
    """Delete the next part and return whether there is more. After a crash, the next call continues."""
    now = now or datetime.now(UTC)
    asked = OrganisationDeletion.objects.filter(
        id=deletion_id, finished_at=None, due_at__lte=now
    ).first()
    if asked is None:
        return False
    _stop(asked)
    _count(asked, accounts=_accounts(asked))
    done = 0  # the next pass catches rows that were written while their table was being deleted
    for table, condition in ownership.organization_tables().conditions.items():
        while rows := ownership.delete_some(condition, table, asked.org_id, ROWS):
            _count(asked, **{table: rows})
            done += 1
            if done >= STEPS:
                return True
    if done:
        return True
    _files(asked, storage)
    # Otherwise an older backup would bring it back.
    erasure_journal.note_left(storage, asked.org_id)
    with transaction.atomic():
        Organisation.objects.filter(id=asked.org_id).delete()
        asked.refresh_from_db()
        asked.finished_at, asked.paused = now, []
        asked.proof = _proof(asked, lookup_key(vault))
        asked.save()
    return False


def is_genuine(asked: OrganisationDeletion, *, vault: Vault) -> bool:
    return hmac.compare_digest(_proof(asked, lookup_key(vault)), asked.proof)


def certificates(account: Account) -> list[OrganisationDeletion]:
    """Return the certificates of organizations that this person deleted."""
    deletions = OrganisationDeletion.objects.filter(account=account).exclude(finished_at=None)
    return list(deletions.order_by("-finished_at"))


def _stop(asked: OrganisationDeletion) -> None:
    """Stop all reads and writes, after removing the keys.

    The connections' ids are kept until the end, because files may be named after them.
    """
    org_id = asked.org_id
    with transaction.atomic():
        mine = Connection.objects.filter(org=org_id)
        asked.paused = sorted({*asked.paused, *map(str, mine.values_list("id", flat=True))})
        asked.save(update_fields=["paused"])
        mine.exclude(state=ConnectionState.DISCONNECTED).update(
            state=ConnectionState.DISCONNECTED, sealed_key=b"", key_hint="", old_key_hint=""
        )
        Lease.objects.filter(connection__org=org_id).delete()
        task_queue.drop_tasks(org_id)


def _accounts(asked: OrganisationDeletion) -> int:
    """Delete the accounts of members who have no other organization, except the requester's."""
    theirs = Account.objects.filter(memberships__org=asked.org_id, is_staff=False)
    alone = theirs.exclude(memberships__org__in=_others(asked.org_id)).exclude(
        id=asked.account_id or UUID(int=0)
    )
    listed = list(alone.distinct())
    for account in listed:
        accounts.delete(account)
    return len(listed)


def _others(org_id: UUID) -> list[UUID]:
    return list(Organisation.objects.exclude(id=org_id).values_list("id", flat=True))


def _files(asked: OrganisationDeletion, storage: Storage) -> None:
    """Delete the organization's folder, including unknown files, and files named after its connections."""
    gone, left = 0, 0
    for file in list(storage.listing()):
        folder, _, leaf = file.name.partition("/")
        if folder == str(asked.org_id) or leaf in asked.paused:
            try:
                storage.delete(file.name)
                gone += 1
            except (StorageError, ConfigError):
                left += 1
    OrganisationDeletion.objects.filter(id=asked.id).update(files_left=left)
    if gone:
        _count(asked, stored_files=gone)


def _count(asked: OrganisationDeletion, **rows: int) -> None:
    with transaction.atomic():
        held = OrganisationDeletion.objects.select_for_update().get(id=asked.id)
        for name, number in rows.items():
            if number:
                held.removed[name] = held.removed.get(name, 0) + number
        held.save(update_fields=["removed"])


def _proof(asked: OrganisationDeletion, key: bytes) -> str:
    finished = asked.finished_at.astimezone(UTC) if asked.finished_at else None
    facts = msgspec.json.encode([asked.id, asked.org_id, finished, asked.removed], order="sorted")
    return hmac.digest(key, b"organisation\x00" + facts, "sha256").hex()
