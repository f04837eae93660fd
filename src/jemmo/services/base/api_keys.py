"""The API keys of ATSs. Each is encrypted for one address, so no change in the database can send it elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from jemmo.domain.errors import ConfigError
from jemmo.services.base.contexts import former_key_context, key_context
from jemmo.store.models import Connection
from jemmo.vault import Vault, VaultError

ELSEWHERE = "key_bound_elsewhere"


class Keyed(Protocol):
    """A connection, as a model or as a row of the data path."""

    @property
    def id(self) -> UUID: ...

    @property
    def provider(self) -> str: ...

    @property
    def base_url(self) -> str: ...

    @property
    def sealed_key(self) -> bytes | memoryview: ...


def without_key() -> ConfigError:
    """Return the error shown for a disconnected connection."""
    return ConfigError("disconnected")


def seal(connection: Keyed, key: str, vault: Vault) -> bytes:
    return vault.seal(key.encode(), _context(connection))


def open_key(connection: Keyed, vault: Vault) -> str:
    """Decrypt the API key. Raises ``ConfigError`` if there is none, or if it was stored for another address."""
    if not connection.sealed_key:
        raise without_key()
    try:
        return vault.open(connection.sealed_key, _context(connection)).decode()
    except VaultError as error:
        raise VaultError(ELSEWHERE) from error


def bind(vault: Vault) -> int:
    """Bind keys that an older Jemmo stored without an address. Runs at every start; returns their number.

    The row alone can't prove that its key belongs to its address, since anyone who can write to the database could pair
    an old key with another address. So only keys for the ATS's own address are bound here, because that address is not
    stored in a table. ``bind_to_addresses`` handles the others.
    """
    return _bind(Connection.objects.filter(base_url=""), vault)


def bind_to_addresses(connections: Iterable[Connection], vault: Vault) -> int:
    """Bind such keys to these connections' addresses, once a person has checked them. Return their number."""
    addresses = {connection.id: connection.base_url for connection in connections}
    return _bind(Connection.objects.filter(id__in=addresses), vault, addresses)


def unbound(vault: Vault) -> list[Connection]:
    """Return the connections whose key is not bound to an address and therefore not sent."""
    connections = Connection.objects.select_related("org").exclude(sealed_key=b"").order_by("id")
    return [connection for connection in connections if _former_key(connection, vault) is not None]


def _bind(
    connections: QuerySet[Connection], vault: Vault, addresses: Mapping[UUID, str] | None = None
) -> int:
    count = 0
    for seen in connections.exclude(sealed_key=b""):
        if _former_key(seen, vault) is None:
            continue
        with transaction.atomic():
            held = connections.select_for_update().filter(id=seen.id).first()
            key = None if held is None else _former_key(held, vault)
            if held is None or key is None:
                continue
            if addresses is not None and addresses[held.id] != held.base_url:
                raise ConfigError("changed_meanwhile")
            held.sealed_key = seal(held, key, vault)
            # The connection works again, so don't wait for the next retry.
            if (held.last_error or {}).get("code") == ELSEWHERE:
                held.last_error, held.failures, held.due_at = None, 0, datetime.now(UTC)
            held.save(update_fields=["sealed_key", "last_error", "failures", "due_at"])
            count += 1
    return count


def _former_key(connection: Connection, vault: Vault) -> str | None:
    """Return the key if it is bound to the connection alone."""
    try:
        return vault.open(connection.sealed_key, former_key_context(connection.id)).decode()
    except VaultError:
        return None


def opens_any(connection: Keyed, vault: Vault) -> bool:
    """Whether these encryption keys encrypted the API key, whatever it is bound to."""
    for context in (_context(connection), former_key_context(connection.id)):
        try:
            vault.open(connection.sealed_key, context)
        except VaultError:
            continue
        return True
    return False


def _context(connection: Keyed) -> bytes:
    return key_context(connection.id, connection.provider, connection.base_url)
