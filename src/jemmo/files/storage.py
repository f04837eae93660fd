"""The port to wherever sealed files lie. One suite tests every backend (``tests/contracts/test_every_storage.py``).

A name is ``folder/leaf``, both of letters, digits and hyphens: it says nothing of whom the file is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from jemmo.domain.errors import ConfigError, TransientError

NAME = re.compile(r"[0-9a-z][0-9a-z-]{0,99}/[0-9a-z][0-9a-z-]{0,99}\Z")


class StorageError(TransientError):
    """The storage did not do what it was asked; the same may succeed later."""

    default_code = "storage_unavailable"
    default_next_step = "Nothing to do: files are tried again. If it lasts, run `jemmo doctor`."


class Missing(Exception):
    """There is no file of that name."""


class Stored(Struct, frozen=True):
    """A file as a listing shows it."""

    name: str
    modified_at: datetime


class Storage(Protocol):
    """Keeps bytes by name. All raise ``StorageError``, and ``ConfigError`` where a person must act."""

    @property
    def place(self) -> str:
        """Where the files are, for people; no secret in it."""
        ...

    def check(self) -> None:
        """Prepare the place and test that it can be written, read and emptied."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Keep the bytes, whole or not at all; what had that name is replaced."""
        ...

    def get(self, name: str) -> bytes:
        """The bytes; raises ``Missing``."""
        ...

    def delete(self, name: str) -> None:
        """Take a file away; that there is none is no error."""
        ...

    def listing(self) -> Iterator[Stored]:
        """Every file, in no order."""
        ...

    def close(self) -> None:
        """Let connections go."""
        ...


def checked(name: str) -> str:
    """The name, if it is one: nothing can climb out of the place."""
    if not NAME.match(name):
        raise ValueError("not the name of a stored file")
    return name


def bad_address(value: str, rule: str) -> ConfigError:
    return ConfigError(f"JEMMO_FILES cannot be {value!r}.", code="storage_address", next_step=rule)


def refused(place: str, what: str) -> ConfigError:
    """The backend does not accept us."""
    return ConfigError(
        f"The file storage {place} refused: {what}.",
        code="storage_refused",
        next_step="Check the address in JEMMO_FILES and the key that belongs to it, then `jemmo doctor`.",
    )


PROBE = "jemmo-check/probe"


def probe(storage: Storage) -> None:
    """Write, read and delete a small file; raises what any of it raises."""
    storage.put(PROBE, b"jemmo")
    try:
        found = storage.get(PROBE)
    except Missing:
        found = b""
    storage.delete(PROBE)
    if found != b"jemmo":
        raise StorageError(f"The file storage {storage.place} did not give back what was put in.")
