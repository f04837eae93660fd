"""The key of this database's keyed hashes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from functools import cache
from uuid import UUID

from django.db.models import Q

from jemmo.domain.contact_keys import contact_keys, holds, single_contacts, typed_contacts
from jemmo.domain.enums import ContactKind
from jemmo.domain.records import Contact
from jemmo.domain.search_words import search_words
from jemmo.store.db.postgres import Connection
from jemmo.store.db.run_context import ContactHasher
from jemmo.store.db.search import talents_with_contact
from jemmo.store.db.secrets import kept, kept_by
from jemmo.store.models import Organisation, Talent, TalentContacts
from jemmo.store.records.redaction import open_all_contacts
from jemmo.vault import Vault
from jemmo.vault.lookups import LookupHash, word_hashes

NAME = "lookup"
# Most people with one address or number, or with the same eight digits, that a list considers
MAX_MATCHES = 1_000
BATCH = 500


def secret_context(name: str) -> bytes:
    """The encryption context of one of this database's random values."""
    return b"secret:" + name.encode()


CONTEXT = secret_context(NAME)


def lookup_key(vault: Vault) -> bytes:
    """Return the decrypted key. Raises ``VaultError`` if this database was filled with another keyset."""
    return vault.open(kept(NAME, lambda: _new(vault)), CONTEXT)


async def lookup_key_by(db: Connection, vault: Vault) -> bytes:
    """Like ``lookup_key``, on a connection of the data path."""
    return vault.open(await kept_by(db, NAME, lambda: _new(vault)), CONTEXT)


def search_term_hashes(org: Organisation, typed: str, *, vault: Vault) -> list[int]:
    """Return the keyed hashes of typed words, as they are in the file index."""
    words = list(search_words(typed))
    return word_hashes(lookup_key(vault), org.id, words) if words else []


def record_hashes(key: bytes, org_id: UUID, connection_id: UUID) -> Callable[[str, str], bytes]:
    """Return a function that hashes an ATS record by stream and id, as used for erased records."""
    of_stream = cache(lambda stream: LookupHash(key, org_id, f"{stream} {connection_id.hex}"))
    return lambda stream, remote_id: of_stream(stream)(remote_id)


def mention_hasher(
    key: bytes, org_id: UUID, connection_id: UUID
) -> Callable[[Iterable[str]], list[int]]:
    """Return a function that hashes names (``jemmo.domain.mentions``) by which a connection's webhooks are found."""
    number = LookupHash(key, org_id, f"named {connection_id.hex}").number
    return lambda names: sorted({number(name) for name in names})


def _new(vault: Vault) -> bytes:
    return vault.seal(secrets.token_bytes(32), CONTEXT)


def contact_hasher(key: bytes, org_id: UUID) -> ContactHasher:
    """Return a function that hashes whole addresses and numbers, in any spelling, so that a search finds them."""
    numbers = {kind: _contact_hash(key, org_id, kind).number for kind in ContactKind}

    def marks(contacts: Iterable[Contact]) -> list[int]:
        return sorted(
            {
                numbers[single.kind](key)
                for field in contacts
                for single in single_contacts(field)
                for key in contact_keys(single)
            }
        )

    return marks


def talents_by_contact(
    org: Organisation, typed: str, *, vault: Vault, thoroughly: bool = False
) -> list[UUID]:
    """Return the talents with a typed address or number. If none was typed, there are none, and nothing is decrypted.

    Returns at most one more than ``MAX_MATCHES``. With ``thoroughly``, the result has no size limit and includes people
    whose hashes ``backfill_contact_hashes`` has not made yet, for requests that must not miss anyone.
    """
    contacts = typed_contacts(typed)
    hashes = contact_hasher(lookup_key(vault), org.id)(contacts) if contacts else []
    if not hashes:
        return []
    talents = list(
        Talent.objects.filter(talents_with_contact(org, hashes))[
            : None if thoroughly else MAX_MATCHES + 1
        ]
    )
    condition = Q(talent__in=talents)
    if thoroughly:
        condition |= Q(talent__org=org, hashes_outdated=True)
    rows = TalentContacts.objects.filter(condition).select_related("talent")
    return [
        row.talent_id
        for row in rows.iterator(chunk_size=2000)
        if any(
            holds(field, contact)
            for field in open_all_contacts(row, row.talent, vault.open)
            for contact in contacts
        )
    ]


def backfill_contact_hashes(vault: Vault, *, most: int = 20_000) -> int:
    """Create contact hashes that are missing or were made by an older version. Return the number of people."""
    key, count = lookup_key(vault), 0
    marks_in = cache(lambda org_id: contact_hasher(key, org_id))
    while count < most:
        rows = TalentContacts.objects.filter(hashes_outdated=True).select_related("talent")
        listed = list(rows[:BATCH])
        for row in listed:
            contacts = open_all_contacts(row, row.talent, vault.open)
            TalentContacts.objects.filter(pk=row.pk, sealed=bytes(row.sealed)).update(
                hashes=marks_in(row.talent.org_id)(contacts), hashes_outdated=False
            )
        count += len(listed)
        if len(listed) < BATCH:
            break
    return count


def _contact_hash(key: bytes, org_id: UUID, kind: ContactKind) -> LookupHash:
    return LookupHash(key, org_id, f"contact {kind}")
