"""The interface to encrypted file storage. One suite tests every backend (``tests/contracts/test_every_storage.py``).

A name is ``folder/leaf``, both of letters, digits and hyphens, and reveals nothing about the person.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from jemmo.domain.errors import ConfigError, JemmoError, TransientError

NAME = re.compile(r"[0-9a-z][0-9a-z-]{0,99}/[0-9a-z][0-9a-z-]{0,99}\Z")


class StorageError(TransientError):
    """The storage failed; a retry may succeed."""

    default_code = "storage_unavailable"


class TooLarge(JemmoError):
    """The storage doesn't accept a file of this size; smaller ones are fine."""

    default_code = "storage_too_large"


class Missing(Exception):
    """There is no file with that name."""


class Stored(Struct, frozen=True):
    """A file in a listing."""

    name: str
    modified_at: datetime


class Storage(Protocol):
    """Stores content by name. All methods may raise ``StorageError``, or ``ConfigError`` if a person must act."""

    @property
    def place(self) -> str:
        """Where the files are, for people to read; contains no secret."""
        ...

    def prepare(self) -> None:
        """Create the storage location if missing. Raises ``ConfigError`` if the public can read it."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Store the content, completely or not at all; replaces a file with the same name. Raises ``TooLarge``."""
        ...

    def get(self, name: str) -> bytes:
        """Return the content. Raises ``Missing``."""
        ...

    def delete(self, name: str) -> None:
        """Delete a file; a missing file is not an error."""
        ...

    def listing(self, folder: str = "") -> Iterator[Stored]:
        """List every file, or those in one folder, in no particular order."""
        ...

    def close(self) -> None:
        """Close connections."""
        ...


def checked(name: str) -> str:
    """Validate a name, so that it can't lead outside the storage location."""
    if not NAME.match(name):
        raise ValueError("not the name of a stored file")
    return name


PROBES = "jemmo-check"


def check(storage: Storage) -> None:
    """Prepare the storage and try every operation that Jemmo uses. Raises their errors."""
    storage.prepare()
    with_probe(storage, lists=True)


def is_down(storage: Storage) -> bool:
    """Whether even a tiny file is refused, so that the problem is not a single file."""
    try:
        with_probe(storage)
    except (StorageError, ConfigError):
        return True
    return False


def with_probe(storage: Storage, *, lists: bool = False) -> None:
    """Write, read and delete a small file, and find it in a listing if requested."""
    name = f"{PROBES}/{secrets.token_hex(8)}"
    storage.put(name, b"jemmo")
    try:
        content = storage.get(name)
        is_listed = not lists or name in {stored.name for stored in storage.listing(PROBES)}
    except Missing:
        content, is_listed = b"", True
    finally:
        storage.delete(name)
    if content != b"jemmo":
        raise StorageError(variant="unread", place=storage.place)
    if not is_listed:
        raise StorageError(variant="unlisted", place=storage.place)
