"""Changing the keys in the file. Processes that have it open load them automatically."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tink
from msgspec import Struct

from jemmo.vault import wrapping
from jemmo.vault.files import replace_private
from jemmo.vault.keyset import KeysetFile


class Keys(Struct, frozen=True):
    """The ids of a keyset's keys, oldest first, and of the one that encrypts."""

    primary: int
    ids: list[int]
    encrypted: bool
    changed_at: float


def inspect(path: Path) -> Keys:
    """The ids of the keys in the file, without their values. Raises ``VaultError``."""
    handle = KeysetFile(path).read()
    return Keys(
        primary=wrapping.primary_of(handle),
        ids=wrapping.ids_of(handle),
        encrypted="encryptedKeyset" in path.read_text(),
        changed_at=path.stat().st_mtime,
    )


def add_primary(path: Path) -> Keys:
    """Create a new key that seals from now on. The old ones stay for decryption."""
    with _alone(path):
        handle = wrapping.with_new_primary(KeysetFile(path).read())
        _save(path, handle)
    return inspect(path)


def remove(path: Path, gone: set[int]) -> Keys:
    """Delete keys that seal nothing anymore, never the primary."""
    with _alone(path):
        _save(path, wrapping.without(KeysetFile(path).read(), gone))
    return inspect(path)


def _save(path: Path, handle: tink.KeysetHandle) -> None:
    replace_private(path, wrapping.serialize(handle))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let only one process at a time change the file. Two at once would lose a key, and data with it."""
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
