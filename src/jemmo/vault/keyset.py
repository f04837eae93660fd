"""Encryption at rest with Tink (AES-256-GCM). Each sealed value carries the id of its key, so keys can be rotated.

Each value is bound to a context, such as its connection or record, so a copy of it can't be decrypted elsewhere. The
keyset is a file, mode 0600, created on the first start. Anyone with the keyset and the database can decrypt everything,
so keep it apart from the database's backups. With ``JEMMO_KEYSET_KEY`` the file itself is encrypted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import tink
from tink import aead

from jemmo.domain.errors import ConfigError
from jemmo.vault import wrapping
from jemmo.vault.files import create_private

aead.register()

RELOAD_SECONDS = 1.0  # after which a rotation by another process is noticed


class VaultError(ConfigError):
    """The encryption keys are missing, unreadable, or not those that sealed the data."""

    default_code = "encryption_keys"


class Vault:
    """Encrypts and decrypts small values. ``refresh`` returns newer keys, or ``None`` if there are none."""

    def __init__(
        self,
        handle: tink.KeysetHandle,
        refresh: Callable[[], tink.KeysetHandle | None] | None = None,
    ) -> None:
        self._refresh = refresh
        self._looked_at = time.monotonic()
        self._use(handle)

    def _use(self, handle: tink.KeysetHandle) -> None:
        self._aead = handle.primitive(aead.Aead)
        self.primary = wrapping.primary_of(handle)

    def seal(self, plain: bytes, context: bytes) -> bytes:
        if time.monotonic() - self._looked_at > RELOAD_SECONDS:
            self._reload()
        return bytes(self._aead.encrypt(plain, context))

    def open(self, sealed: bytes | memoryview, context: bytes) -> bytes:
        """Return the plain value. Raises ``VaultError`` if key or context differ from those it was sealed with."""
        try:
            return bytes(self._aead.decrypt(bytes(sealed), context))
        except tink.TinkError as error:
            if self._reload():  # sealed with a key created since we started
                return self.open(sealed, context)
            raise VaultError from error

    def _reload(self) -> bool:
        """Load keys that another process has created. Return whether there were any."""
        self._looked_at = time.monotonic()
        handle = self._refresh() if self._refresh is not None else None
        if handle is None:
            return False
        self._use(handle)
        return True


def key_id(sealed: bytes | memoryview) -> int:
    """The id of the key that sealed a value. Tink writes it after a version byte."""
    return int.from_bytes(bytes(sealed[1:5]))


class KeysetFile:
    """A keyset on disk, which may change while it is used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None

    def read(self) -> tink.KeysetHandle:
        """Return the keys. Raises ``VaultError``."""
        try:
            self._seen = self._stamp()
            return wrapping.parse(self.path.read_text())
        except wrapping.WrongWrapping as error:
            raise VaultError(variant=error.variant) from None
        except (OSError, UnicodeDecodeError, ValueError, tink.TinkError) as error:
            raise VaultError(variant="unreadable", path=self.path) from error

    def changed(self) -> tink.KeysetHandle | None:
        """Return the keys if the file has changed since it was last read."""
        try:
            if self._stamp() == self._seen:
                return None
            return self.read()
        except (OSError, VaultError):
            return None  # the loaded keys still work

    def _stamp(self) -> tuple[int, int]:
        file_stat = self.path.stat()
        return file_stat.st_mtime_ns, file_stat.st_ino


def open_vault(path: Path, *, create: bool = True) -> Vault:
    """Return the vault with the keys in ``path``. Creates keys if there are none and ``create`` is set."""
    if not path.exists():
        if not create:
            raise VaultError(variant="missing", path=path)
        _create(path)
    file = KeysetFile(path)
    return Vault(file.read(), file.changed)


def _create(path: Path) -> None:
    """Atomically write new keys. If two processes start at once, the first wins."""
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    create_private(path, wrapping.serialize(handle))
