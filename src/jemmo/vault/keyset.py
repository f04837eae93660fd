"""Encryption at rest with Tink (AES-256-GCM). Each sealed value carries the id of its key, so keys can be rotated.

A value is bound to a context (its connection, its record): copied elsewhere it does not open.
The keyset is a file, mode 0600, made on the first start; whoever has it and the database can read everything, so it
is kept apart from the database's backups.
"""

from __future__ import annotations

from pathlib import Path

import tink
from tink import aead, secret_key_access

from jemmo.domain.errors import ConfigError
from jemmo.vault.files import create_private

aead.register()


class VaultError(ConfigError):
    """The encryption keys are missing, unreadable, or not those that sealed the data."""

    default_code = "encryption_keys"


class Vault:
    """Seals and opens small values."""

    def __init__(self, handle: tink.KeysetHandle) -> None:
        self._aead = handle.primitive(aead.Aead)

    def seal(self, plain: bytes, context: bytes) -> bytes:
        return bytes(self._aead.encrypt(plain, context))

    def open(self, sealed: bytes | memoryview, context: bytes) -> bytes:
        """The plain value; raises ``VaultError`` when key or context are not those it was sealed with."""
        try:
            return bytes(self._aead.decrypt(bytes(sealed), context))
        except tink.TinkError as error:
            raise VaultError(
                "A stored secret cannot be opened with the present encryption keys.",
                next_step="Point JEMMO_KEYSET at the keys this database was filled with, "
                "or connect the ATS again.",
            ) from error


def open_vault(path: Path, *, create: bool = True) -> Vault:
    """The vault with the keys in ``path``; makes new ones where there are none and ``create`` allows it."""
    if not path.exists():
        if not create:
            raise VaultError(
                f"The encryption keys are missing: {path} does not exist, "
                "but the database holds data sealed with them.",
                next_step="Restore the file from your backup, or point JEMMO_KEYSET at it.",
            )
        _create(path)
    try:
        handle = tink.json_proto_keyset_format.parse(path.read_text(), secret_key_access.TOKEN)
        return Vault(handle)
    except (OSError, UnicodeDecodeError, tink.TinkError) as error:
        raise VaultError(
            f"The encryption keys in {path} cannot be read.",
            next_step="Check that the file is whole and readable by this user, "
            "or restore it from your backup.",
        ) from error


def _create(path: Path) -> None:
    """Write new keys, whole or not at all; of two processes that start at once, the first wins."""
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    text = tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
    create_private(path, text)
