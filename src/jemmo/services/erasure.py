"""Erasing a person: from tables, files, history and what waits, for good, with a certificate."""

from __future__ import annotations

import contextlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from django.db import transaction
from msgspec import Struct

from jemmo.domain.enums import ContactKind
from jemmo.domain.errors import ConfigError
from jemmo.files import Storage, StorageError
from jemmo.services import journal
from jemmo.services.lookups import lookup_key, record_hash
from jemmo.store import erasing
from jemmo.store.models import Account, Erasure, Organisation, Talent, TalentContacts
from jemmo.store.selectors.export import open_contacts
from jemmo.vault import Vault

KEPT_AFTER_DELETION = timedelta(days=30)


class Certificate(Struct, frozen=True, kw_only=True):
    """What was done, in numbers; nobody can be known from it. ``proof`` shows that this installation wrote it."""

    id: UUID
    org: str
    at: datetime
    removed: dict[str, int]
    suppressed: int
    files_left: int
    proof: str


def find(
    org: Organisation, *, remote_id: str | None, email: str | None, vault: Vault
) -> list[UUID]:
    """The talents meant: by the ATS's id, by an e-mail address, hidden and deleted ones included.

    An address is looked for in every sealed value, since nothing readable is kept of it. Raises ``ConfigError``
    when nobody is found.
    """
    found = Talent.objects.filter(org=org)
    if remote_id is not None:
        listed = list(found.filter(remote_id=remote_id).values_list("id", flat=True))
    else:
        wanted = (email or "").strip().casefold()
        rows = TalentContacts.objects.filter(talent__org=org).select_related("talent")
        listed = [
            row.talent_id
            for row in rows.iterator(chunk_size=2000)
            if wanted and _has(row, wanted, vault)
        ]
    if not listed:
        raise ConfigError(
            "Nobody of this organisation is known by that.",
            code="nobody",
            next_step="Check the id or the address; `jemmo export talents` lists everybody.",
        )
    return listed


def _has(row: TalentContacts, email: str, vault: Vault) -> bool:
    return any(
        one.kind is ContactKind.EMAIL and one.value.strip().casefold() == email
        for one in open_contacts(row, row.talent, vault.open)
    )


def erase(
    org: Organisation,
    talents: list[UUID],
    *,
    vault: Vault,
    storage: Storage,
    actor: Account | None = None,
    keep_away: bool = True,
) -> Certificate:
    """Take these people out of everything, and with ``keep_away`` see to it that no sync brings them back.

    Tables and suppression are one transaction; then the files go. Should the storage fail in between, the hourly
    tidying takes them away, since no row names them any more.
    """
    key = lookup_key(vault)
    with transaction.atomic():
        traces = erasing.traces_of(org.id, talents)
        erasing.lock(list(traces.by_connection))
        traces = erasing.traces_of(org.id, talents)  # again: a page may just have added to them
        suppressed = 0
        if keep_away:
            suppressed = erasing.suppress(
                {
                    one: [record_hash(key, org.id, one, stream, remote) for stream, remote in keys]
                    for one, keys in traces.by_connection.items()
                }
            )
        removed = {name: count for name, count in erasing.erase(traces).items() if count}
        certificate = _certify(org, removed, suppressed, actor, key)
    left = 0
    with contextlib.suppress(StorageError, ConfigError):  # the hourly tidying comes back to it
        journal.note(storage, traces.by_connection)
    for name in traces.files:
        try:
            storage.delete(name)
        except (StorageError, ConfigError):
            left += 1
    return msgspec.structs.replace(certificate, files_left=left)


def _certify(
    org: Organisation, removed: dict[str, int], suppressed: int, actor: Account | None, key: bytes
) -> Certificate:
    number, at = uuid4(), datetime.now(UTC)
    told = msgspec.json.encode([number, org.slug, at, removed, suppressed], order="sorted")
    proof = hmac.digest(key, b"certificate\x00" + told, "sha256").hex()
    Erasure.objects.create(id=number, org=org, account=actor, at=at, removed=removed, proof=proof)
    return Certificate(
        id=number,
        org=org.slug,
        at=at,
        removed=removed,
        suppressed=suppressed,
        files_left=0,
        proof=proof,
    )


def forget_deleted(vault: Vault, storage: Storage, *, now: datetime | None = None) -> int:
    """Erase who was deleted in the ATS a month ago; should the ATS show them again, they are read again."""
    before = (now or datetime.now(UTC)) - KEPT_AFTER_DELETION
    count = 0
    orgs = Talent.objects.filter(remote_deleted_at__lt=before).values("org_id")
    for org in Organisation.objects.filter(id__in=orgs):
        gone = Talent.objects.filter(org=org, remote_deleted_at__lt=before)
        ids = list(gone.values_list("id", flat=True)[:1000])
        erase(org, ids, vault=vault, storage=storage, keep_away=False)
        count += len(ids)
    return count
