"""Checks and rotates the encryption keys, and re-encrypts values, without downtime."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from pathlib import Path

from msgspec import Struct, field

from jemmo.files.storage import Missing, Storage
from jemmo.services.accounts import two_step
from jemmo.services.base import api_keys
from jemmo.services.base.contexts import (
    address_context,
    body_context,
    chat_context,
    endpoint_context,
    file_context,
    key_context,
    picture_context,
    signing_context,
    text_context,
    two_step_context,
)
from jemmo.services.base.lookups import NAME, lookup_key, secret_context
from jemmo.store.models import Connection, FileVersion, VaultSecret
from jemmo.store.operations import sealed_places
from jemmo.vault import Vault, VaultError, key_id, open_vault, rotation

SETTLED = 3600.0  # seconds after a rotation until no process encrypts with an older key

PLACES = sealed_places.places(
    key_context=key_context,
    text_context=text_context,
    secret_context=secret_context,
    address_context=address_context,
    signing_context=signing_context,
    body_context=body_context,
    chat_context=chat_context,
    picture_context=picture_context,
    endpoint_context=endpoint_context,
)


class KeyUse(Struct, frozen=True, kw_only=True):
    """A key and how much it sealed, by table. Key ids are not secret, since every sealed value contains one."""

    id: str
    is_primary: bool
    seals: dict[str, int]


class KeysStatus(Struct, frozen=True, kw_only=True):
    """All keys. ``left`` counts values sealed with an older key, ``unknown`` those of a key outside the keyset."""

    path: str
    encrypted: bool
    keys: list[KeyUse]
    left: int
    unknown: int


class Resealed(Struct, kw_only=True):
    """The outcome of a re-encryption, by table. ``unreadable`` values could not be decrypted and were left alone."""

    done: dict[str, int] = field(default_factory=dict)
    unreadable: int = 0


def check(path: Path) -> None:
    """Check that these keys belong to this database. Raises ``VaultError`` if they are lost or different.

    A random value of the database, sealed with its keys, proves it. New keys are created only for an empty database.
    """
    secret = VaultSecret.objects.filter(name=NAME).first()
    connection = None if secret else Connection.objects.exclude(sealed_key=b"").first()
    vault = open_vault(path, create=secret is None and connection is None)
    try:
        if connection is not None:
            _prove(connection, vault)
        lookup_key(vault)
        api_keys.bind(vault)
        two_step.bind(vault)
    except VaultError:
        raise VaultError("wrong_keyset", path=path) from None


def _prove(connection: Connection, vault: Vault) -> None:
    if not api_keys.opens_any(connection, vault):
        raise VaultError


def status(path: Path) -> KeysStatus:
    """Return the keys and how much each of them sealed."""
    keys = rotation.inspect(path)
    used = _uses()
    listed = [
        KeyUse(
            id=_shown(key),
            is_primary=key == keys.primary,
            seals={name: counts[key] for name, counts in used.items() if key in counts},
        )
        for key in keys.ids
    ]
    everything = [(key, count) for counts in used.values() for key, count in counts.items()]
    return KeysStatus(
        path=str(path),
        encrypted=keys.encrypted,
        keys=listed,
        left=sum(count for key, count in everything if key != keys.primary),
        unknown=sum(count for key, count in everything if key not in keys.ids),
    )


def rotate(path: Path) -> str:
    """Create a new key that seals from now on. Return its id.

    ``reseal`` encrypts older values with it.
    """
    return _shown(rotation.add_primary(path).primary)


def reseal(vault: Vault, storage: Storage) -> Resealed:
    """Re-encrypt everything with the newest key. After an interruption, the next call continues."""
    summary = Resealed()
    for place in PLACES:
        done, unreadable = sealed_places.reseal(place, vault.primary, vault.open, vault.seal)
        summary.unreadable += unreadable
        if done:
            summary.done[place.table] = summary.done.get(place.table, 0) + done
    if secrets := _reseal_two_step(vault, summary):
        summary.done["two_step_sign_in"] = secrets
    files = _reseal_files(vault, storage, summary)
    if files:
        summary.done["files"] = files
    return summary


def retire(path: Path, *, now: float | None = None) -> list[str]:
    """Drop older keys that nothing needs anymore, once a rotation has settled. Return the ids of the dropped keys."""
    keys = rotation.inspect(path)
    if len(keys.ids) == 1 or (now or time.time()) - keys.changed_at < SETTLED:
        return []
    needed = {key for counts in _uses().values() for key in counts}
    gone = set(keys.ids) - needed - {keys.primary}
    if gone:
        rotation.remove(path, gone)
    return [_shown(key) for key in sorted(gone)]


def is_rotating(path: Path) -> bool:
    """Whether there is more than one key, so that some values may still have to be re-encrypted."""
    return len(rotation.inspect(path).ids) > 1


def _uses() -> dict[str, Counter[int]]:
    """Count the sealed values by table and key id. A file without a key id counts as key 0."""
    uses: dict[str, Counter[int]] = defaultdict(Counter)
    for place in PLACES:
        uses[place.table].update(sealed_places.uses(place))
    uses["two_step_sign_in"].update(key_id(value) for _, _, value in two_step.every())
    stored = FileVersion.objects.filter(state="stored")
    uses["files"].update(key or 0 for key in stored.values_list("key_id", flat=True))
    return uses


def _reseal_two_step(vault: Vault, summary: Resealed) -> int:
    """Re-encrypt two-step secrets one by one, since they are few. A row that changed meanwhile is skipped."""
    count = 0
    for row, name, value in two_step.every():
        if key_id(value) == vault.primary:
            continue
        context = two_step_context(row.user_id)
        try:
            fresh = vault.seal(vault.open(value, context), context)
        except VaultError:
            summary.unreadable += 1
            continue
        count += two_step.replace(row, name, fresh)
    return count


def _reseal_files(vault: Vault, storage: Storage, summary: Resealed) -> int:
    """Replace files one by one, each atomically, and record the new key in the row."""
    count = 0
    others = FileVersion.objects.filter(state="stored").exclude(key_id=vault.primary)
    for version in others.order_by("id"):
        context = file_context(version.id)
        try:
            content = storage.get(version.storage_name)
            fresh = content
            if key_id(content) != vault.primary:
                fresh = vault.seal(vault.open(content, context), context)
                storage.put(version.storage_name, fresh)
        except Missing:
            continue  # the hourly cleanup handles it
        except VaultError:
            summary.unreadable += 1
            continue
        FileVersion.objects.filter(id=version.id).update(key_id=key_id(fresh))
        count += 1
    return count


def _shown(number: int) -> str:
    return f"{number:08x}"
