"""The key of this database's keyed hashes."""

from __future__ import annotations

import secrets
from uuid import UUID

from jemmo.domain.search_words import search_words
from jemmo.store import runs
from jemmo.store.models import Organisation
from jemmo.store.postgres import Connection, explained
from jemmo.store.secrets import kept, kept_by
from jemmo.store.suppression import KeepsOut
from jemmo.vault import Vault
from jemmo.vault.lookups import lookup_hash, word_hashes

NAME = "lookup"


def secret_context(name: str) -> bytes:
    """What a random value of this database is bound to."""
    return b"secret:" + name.encode()


CONTEXT = secret_context(NAME)


def lookup_key(vault: Vault) -> bytes:
    """The key, opened; raises ``VaultError`` when the keyset is not the one this database was filled with."""
    return vault.open(kept(NAME, lambda: _new(vault)), CONTEXT)


async def lookup_key_by(db: Connection, vault: Vault) -> bytes:
    """As ``lookup_key``, on a connection of the data path."""
    return vault.open(await kept_by(db, NAME, lambda: _new(vault)), CONTEXT)


def hashes_of(org: Organisation, typed: str, *, vault: Vault) -> list[int]:
    """What stands for the typed words in the index of files."""
    words = list(search_words(typed))
    return word_hashes(lookup_key(vault), org.id, words) if words else []


def record_hash(
    key: bytes, org_id: UUID, connection_id: UUID, stream: str, remote_id: str
) -> bytes:
    """What stands for a record of the ATS among those that were erased."""
    return lookup_hash(key, org_id, f"{stream} {connection_id.hex}", remote_id)


def _new(vault: Vault) -> bytes:
    return vault.seal(secrets.token_bytes(32), CONTEXT)


async def keeper_of(db: Connection, row: runs.ConnectionRow, vault: Vault) -> KeepsOut:
    """Tells the erased records of a connection by their keyed hashes."""
    with explained():
        key = await lookup_key_by(db, vault)
    return lambda stream, remote_id: record_hash(key, row.org_id, row.id, stream, remote_id)
