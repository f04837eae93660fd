"""The keyed hashes that reading a connection needs."""

from __future__ import annotations

from collections.abc import Sequence

from jemmo.domain.mentions import Person, names_of
from jemmo.domain.records import Contact
from jemmo.domain.streams import Stream
from jemmo.services.base.lookups import contact_hasher, lookup_key_by, mention_hasher, record_hashes
from jemmo.store.db import postgres
from jemmo.store.db.run_context import AnonymizedTalent, Hashers, MentionHasher
from jemmo.store.models import Talent, TalentContacts
from jemmo.store.records.redaction import open_all_contacts
from jemmo.store.sync.runs import ConnectionRow
from jemmo.vault import Vault, VaultError


async def read_hashers(db: postgres.Connection, connection: ConnectionRow, vault: Vault) -> Hashers:
    """Read the lookup key once and return what syncs, refetches and verification hash with.

    ``suppression`` recognizes erased records, ``contacts`` finds people, and ``mentions`` finds the webhooks that name
    people who are anonymized.
    """
    with postgres.explained():
        key = await lookup_key_by(db, vault)
    return Hashers(
        suppression=record_hashes(key, connection.org_id, connection.id),
        contacts=contact_hasher(key, connection.org_id),
        mentions=_mentions(key, connection, vault),
    )


def _mentions(key: bytes, connection: ConnectionRow, vault: Vault) -> MentionHasher:
    hashes = mention_hasher(key, connection.org_id, connection.id)

    def mentions(people: Sequence[AnonymizedTalent], applications: Sequence[str]) -> list[int]:
        records = {(Stream.TALENTS, key) for person in people for key in person.remote_ids}
        records |= {(Stream.APPLICATIONS, key) for key in applications}
        contacts = [
            contact for person in people for contact in _contacts_of(connection, person, vault)
        ]
        return hashes(names_of(Person(records=frozenset(records), contacts=tuple(contacts))))

    return mentions


def _contacts_of(
    connection: ConnectionRow, person: AnonymizedTalent, vault: Vault
) -> list[Contact]:
    if person.sealed is None:
        return []
    talent = Talent(id=person.id, connection_id=connection.id, remote_id=person.remote_ids[0])
    row = TalentContacts(sealed=person.sealed, sealed_texts=person.sealed_texts)
    try:
        return open_all_contacts(row, talent, vault.open)
    except VaultError:  # webhooks about the person are still found by the ids of their records
        return []
