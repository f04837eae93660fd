"""This database's random values, which are stored encrypted."""

from __future__ import annotations

from collections.abc import Callable

from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_value
from jemmo.store.models import VaultSecret


async def kept_by(db: Connection, name: str, seal: Callable[[], bytes]) -> bytes:
    """Like ``kept``, on a connection of the data path."""
    find = "SELECT sealed FROM vault_secret WHERE name = %s"
    sealed = await afetch_value(db, find, [name])
    if sealed is None:
        await db.execute(
            "INSERT INTO vault_secret (name, sealed) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [name, seal()],
        )
        sealed = await afetch_value(db, find, [name])
    return bytes(sealed)


def kept(name: str, seal: Callable[[], bytes]) -> bytes:
    """The encrypted value of that name, created on first use. If two processes create it at once, the first wins."""
    secret = VaultSecret.objects.filter(name=name).values_list("sealed", flat=True).first()
    if secret is None:
        VaultSecret.objects.bulk_create(
            [VaultSecret(name=name, sealed=seal())], ignore_conflicts=True
        )
        secret = VaultSecret.objects.values_list("sealed", flat=True).get(name=name)
    return bytes(secret)
