"""The file storage of this installation: private, and the same for every process.

A random mark is stored both in the storage and, encrypted, in the database. A process that finds another
mark, or none, uses a different storage from the others, such as a local folder or another bucket.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import uuid4
from weakref import WeakSet

from django.db import transaction

from jemmo.domain.errors import ConfigError
from jemmo.files.storage import Missing, Storage
from jemmo.services.base.lookups import secret_context
from jemmo.store.db import scope
from jemmo.store.files.stored_files import lock_storage
from jemmo.store.models import VaultSecret
from jemmo.vault import Vault, default_vault

MARK = "jemmo-storage/mark"
NAME = "storage"
CONTEXT = secret_context(NAME)

_ready: WeakSet[Storage] = WeakSet()


class Claim(StrEnum):
    """Whether the storage belongs to this database. ``OPEN``: no file was ever stored, so any storage is fine."""

    OURS = "ours"
    OPEN = "open"
    OTHER = "other"


def is_ready(storage: Storage) -> bool:
    """Whether this process has already checked the storage."""
    return storage in _ready


def ready(storage: Storage) -> None:
    """Check, once per process, that files may be stored there.

    Raises ``ConfigError`` if the storage is public or belongs to another database.
    """
    if storage in _ready:
        return
    storage.prepare()
    with scope.acting_in(scope.EVERYTHING), transaction.atomic():
        lock_storage()
        vault = default_vault()
        if _claim(storage, vault) is Claim.OTHER:
            raise other(storage)
        if _own_mark(vault) is None:
            _adopt(storage, vault)
    _ready.add(storage)


def claim(storage: Storage) -> Claim:
    with scope.acting_in(scope.EVERYTHING):
        return _claim(storage, default_vault())


def accept(storage: Storage) -> None:
    """Make this the storage of this database, whichever it was before."""
    storage.prepare()
    with scope.acting_in(scope.EVERYTHING), transaction.atomic():
        lock_storage()
        vault = default_vault()
        mark = _own_mark(vault)
        if mark is None:
            _adopt(storage, vault)
        else:
            storage.put(MARK, mark)


def other(storage: Storage) -> ConfigError:
    return ConfigError("storage_other", place=storage.place)


def _claim(storage: Storage, vault: Vault) -> Claim:
    mark = _own_mark(vault)
    if mark is None:
        return Claim.OPEN
    return Claim.OURS if _mark_in(storage) == mark else Claim.OTHER


def _adopt(storage: Storage, vault: Vault) -> None:
    """Save the storage's mark in the database. A storage without a mark gets one first."""
    mark = _mark_in(storage)
    if mark is None:
        mark = uuid4().hex.encode()
        storage.put(MARK, mark)
    VaultSecret.objects.create(name=NAME, sealed=vault.seal(mark, CONTEXT))


def _own_mark(vault: Vault) -> bytes | None:
    sealed = VaultSecret.objects.filter(name=NAME).values_list("sealed", flat=True).first()
    return None if sealed is None else vault.open(bytes(sealed), CONTEXT)


def _mark_in(storage: Storage) -> bytes | None:
    try:
        return storage.get(MARK)
    except Missing:
        return None
