"""The encryption keys, and the values sealed with them."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from jemmo.home import home
from jemmo.vault.keyset import Vault, VaultError, key_id, open_vault

__all__ = ["Vault", "VaultError", "default_vault", "key_id", "keyset_path", "open_vault"]


def keyset_path() -> Path:
    """The path of this installation's keys: ``JEMMO_KEYSET`` or a file in the data folder."""
    chosen = os.environ.get("JEMMO_KEYSET")
    return Path(chosen).expanduser().absolute() if chosen else home() / "keyset.json"


def default_vault() -> Vault:
    """This installation's vault. It loads keys that a rotation creates while it is open."""
    return _opened(keyset_path())


@cache
def _opened(path: Path) -> Vault:
    return open_vault(path)
