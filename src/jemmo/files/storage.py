"""The port to wherever sealed files lie. One suite tests every backend (``tests/contracts/test_every_storage.py``).

A name is ``folder/leaf``, both of letters, digits and hyphens: it reveals nothing about the person.
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
    """The storage did not do what it was asked; the same may succeed later."""

    default_code = "storage_unavailable"


class TooLarge(JemmoError):
    """The storage does not take a file of this size; smaller ones are fine."""

    default_code = "storage_too_large"


class Missing(Exception):
    """There is no file of that name."""


class Stored(Struct, frozen=True):
    """A file as a listing shows it."""

    name: str
    modified_at: datetime


class Storage(Protocol):
    """Stores content by name. All raise ``StorageError``, and ``ConfigError`` where a person must act."""

    @property
    def place(self) -> str:
        """Where the files are, for people; no secret in it."""
        ...

    def prepare(self) -> None:
        """Make the place if it is missing; raises ``ConfigError`` if the public can read it."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Store the content, completely or not at all; replaces a file with the same name. Raises ``TooLarge``."""
        ...

    def get(self, name: str) -> bytes:
        """The bytes; raises ``Missing``."""
        ...

    def delete(self, name: str) -> None:
        """Take a file away; that there is none is no error."""
        ...

    def listing(self, folder: str = "") -> Iterator[Stored]:
        """Every file, or those of one folder, in no order."""
        ...

    def close(self) -> None:
        """Let connections go."""
        ...


def checked(name: str) -> str:
    """The name, if it is one: nothing can climb out of the place."""
    if not NAME.match(name):
        raise ValueError("not the name of a stored file")
    return name


PROBES = "jemmo-check"


def check(storage: Storage) -> None:
    """Prepare the place and do all that Jemmo does there; raises what any of it raises."""
    storage.prepare()
    with_probe(storage, lists=True)


def is_down(storage: Storage) -> bool:
    """Whether even a file of a few bytes is refused: then it is not about one file."""
    try:
        with_probe(storage)
    except (StorageError, ConfigError):
        return True
    return False


def with_probe(storage: Storage, *, lists: bool = False) -> None:
    """Write, read and delete a small file, and find it in a listing if asked."""
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
