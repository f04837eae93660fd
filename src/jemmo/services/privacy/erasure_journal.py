"""Records erasures and deletions outside the database, since last week's backup doesn't contain today's.

For each connection, the file storage holds one append-only list of the keyed hashes of ``suppression``: 32 bytes each,
meaningless without the database's own key. A restore erases everyone in it again. People erased by retention rules are
not in it, because activity in the ATS brings them back. For a deleted organization, only the id is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from jemmo.files.storage import Missing, Storage
from jemmo.services.files.storage import ready
from jemmo.store.models import Connection, Suppression

FOLDER = "erased"
LEFT = "left"
SIZE = 32  # bytes of a hash

Hashes = dict[UUID, set[bytes]]
"""The keyed hashes of erased people's records, by connection."""


def permanent_hashes() -> Hashes:
    """Return the permanent erasures in the tables."""
    hashes: Hashes = {}
    for connection, hashed in _for_good().values_list("connection_id", "hash").iterator():
        hashes.setdefault(connection, set()).add(bytes(hashed))
    return hashes


def append_to_journal(storage: Storage, connections: Iterable[UUID]) -> None:
    """Add these connections' erasures from the tables to the journal. Raises ``StorageError``."""
    for connection in connections:
        rows = _for_good().filter(connection=connection).values_list("hash", flat=True)
        in_database = {bytes(digest) for digest in rows}
        in_journal = _read(storage, connection)
        if not in_database <= in_journal:
            ready(storage)
            storage.put(_name(connection), b"".join(sorted(in_database | in_journal)))


def catch_up(storage: Storage) -> None:
    """Add erasures that are missing because the storage was unreachable or two erasures ran at once."""
    append_to_journal(storage, list(_for_good().values_list("connection_id", flat=True).distinct()))


def read_journal(storage: Storage, connections: Iterable[UUID] | None = None) -> Hashes:
    """Read the journal's entries for the given connections, or for all of this database."""
    named = Connection.objects.values_list("id", flat=True) if connections is None else connections
    by_connection = {connection_id: _read(storage, connection_id) for connection_id in named}
    return {connection_id: hashes for connection_id, hashes in by_connection.items() if hashes}


def note_left(storage: Storage, org_id: UUID) -> None:
    """Record that an organization was deleted. Raises ``StorageError``."""
    ready(storage)
    storage.put(f"{LEFT}/{org_id}", b"deleted")


def left(storage: Storage) -> set[UUID]:
    """Return the organizations that were deleted."""
    names = [file.name.partition("/") for file in storage.listing()]
    return {UUID(leaf) for folder, _, leaf in names if folder == LEFT}


def _for_good() -> QuerySet[Suppression]:
    return Suppression.objects.filter(lifts_on=None)


def _read(storage: Storage, connection: UUID) -> set[bytes]:
    try:
        content = storage.get(_name(connection))
    except Missing:
        return set()
    return {content[at : at + SIZE] for at in range(0, len(content) - SIZE + 1, SIZE)}


def _name(connection: UUID) -> str:
    return f"{FOLDER}/{connection}"
