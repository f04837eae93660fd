"""The secrets of two-step sign-in, each encrypted for its account only.

The library encrypts a secret before its owner is known, and decrypts it without naming the owner. So a secret in memory
carries its account, and a new secret is encrypted again when its row is saved. ``WebConfig`` imports this module to
connect its signals.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models.signals import post_init, pre_save
from django.dispatch import receiver

from jemmo.services.base.contexts import two_step_context
from jemmo.vault import Vault, VaultError, default_vault

SECRETS = ("secret", "seed")
FRESH = b"two-step sign-in"
"""The context of a secret until its row is saved. Older versions kept it even then; see ``bind``."""


class Fresh(str):
    """A secret whose row isn't saved yet."""

    __slots__ = ()


class Owned(str):
    """A secret of an account's row, encrypted, as base64."""

    __slots__ = ("account",)
    account: UUID


def seal(text: str) -> str:
    return Fresh(b64encode(default_vault().seal(text.encode(), FRESH)).decode())


def opened(sealed: str) -> str:
    """Decrypt a secret. Raises ``VaultError`` if it belongs to another account, or to none."""
    if isinstance(sealed, Fresh):
        context = FRESH
    elif isinstance(sealed, Owned):
        context = two_step_context(sealed.account)
    else:
        raise VaultError
    return default_vault().open(b64decode(sealed), context).decode()


def every() -> Iterator[tuple[Any, str, bytes]]:
    """Yield every encrypted secret with its row and its name in that row."""
    for row in Authenticator.objects.order_by("id"):
        for name in SECRETS:
            if name in row.data:
                yield row, name, b64decode(row.data[name])


def replace(row: Any, name: str, sealed: bytes) -> int:
    """Replace a secret unless its row has changed. Return the number of replaced secrets, 0 or 1."""
    new = {**row.data, name: b64encode(sealed).decode()}
    count: int = Authenticator.objects.filter(id=row.id, data=row.data).update(data=new)
    row.data = new
    return count


def bind(vault: Vault) -> int:
    """Bind the secrets stored by an older Jemmo to their accounts. Runs at every start; returns their number."""
    count = 0
    for row, name, sealed in every():
        try:
            text = vault.open(sealed, FRESH)
        except VaultError:
            continue
        count += replace(row, name, vault.seal(text, two_step_context(row.user_id)))
    return count


@receiver(post_init, sender=Authenticator)
def _name_account(instance: Any, **_: Any) -> None:
    for name in SECRETS:
        value = instance.__dict__.get("data", {}).get(name)
        if isinstance(value, str) and not isinstance(value, Fresh):
            instance.data[name] = _owned(value, instance.user_id)


@receiver(pre_save, sender=Authenticator)
def _seal_for_account(instance: Any, **_: Any) -> None:
    for name in SECRETS:
        if isinstance(value := instance.data.get(name), Fresh):
            context = two_step_context(instance.user_id)
            sealed = default_vault().seal(opened(value).encode(), context)
            instance.data[name] = _owned(b64encode(sealed).decode(), instance.user_id)


def _owned(text: str, account: UUID) -> Owned:
    owned = Owned(text)
    owned.account = account
    return owned
