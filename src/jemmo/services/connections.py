"""Connecting an organisation to its ATS, and what can be done with the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID, uuid4

from django.db import transaction
from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.base import Config, Connector, Probe, Probed
from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import AccessReport
from jemmo.services.syncs import key_context
from jemmo.store.models import Connection, ConnectionState, HeldDeletion, Organisation
from jemmo.store.quota import PostgresQuotaLedger
from jemmo.vault import Vault

HINT = 4  # last characters of a key that may be shown


class Connected(Struct, frozen=True, kw_only=True):
    """A connection just made, and what the test of its key found."""

    id: UUID
    org: str
    provider: str
    account: str | None
    report: AccessReport
    is_new: bool


def connect(
    org: Organisation,
    provider: str,
    api_key: str,
    *,
    vault: Vault,
    base_url: str | None = None,
    options: Mapping[str, str] | None = None,
) -> Connected:
    """Test the key, then keep it sealed. Raises ``ConfigError`` and keeps nothing when it cannot be used.

    Connecting the same account again replaces its key and options: records and checkpoints stay.
    """
    connector = connector_for(provider)
    config = connector.configure(api_key, base_url, options or {})
    report = asyncio.run(_test(connector, config))
    if not report.ok:
        raise _too_small(connector, report)
    with transaction.atomic():
        found = _same_account(org, connector.name, config.base_url, report.account_id)
        connection = found or Connection(id=uuid4(), org=org, provider=connector.name)
        connection.base_url = base_url or ""
        connection.options = dict(options or {})
        connection.account_id = report.account_id or ""
        connection.account_name = report.account_name or ""
        connection.label = connection.label or connector.label
        connection.sealed_key = vault.seal(config.api_key.encode(), key_context(connection.id))
        connection.key_hint = config.api_key[-HINT:] if len(config.api_key) > 4 * HINT else ""
        connection.key_set_at = datetime.now(UTC)
        connection.state = ConnectionState.ACTIVE
        connection.last_error = None
        connection.save()
    return Connected(
        id=connection.id,
        org=org.slug,
        provider=connector.name,
        account=report.account_name,
        report=report,
        is_new=found is None,
    )


def test(connection: Connection, vault: Vault) -> AccessReport:
    """Try a connection's key; raises what the ATS's refusal means."""
    connector = connector_for(connection.provider)
    key = vault.open(connection.sealed_key, key_context(connection.id)).decode()
    return asyncio.run(
        _test(connector, connector.configure(key, connection.base_url or None, connection.options))
    )


def probe(connection: Connection, vault: Vault, database_url: str) -> list[Probed]:
    """Look on a customer's account for what its ATS does not document; no value leaves this."""
    connector = connector_for(connection.provider)
    if connector.probe is None:
        raise ConfigError(
            f"There is nothing to look for in {connector.label}: its API is documented.",
            code="no_probe",
            next_step="`jemmo doctor` checks the connection.",
        )
    key = vault.open(connection.sealed_key, key_context(connection.id)).decode()
    config = connector.configure(key, connection.base_url or None, connection.options)
    return asyncio.run(_probe(connector.probe, config, connection.id, database_url))


def selected(provider: str | None, org: str | None) -> list[Connection]:
    """Every connection, or those of one ATS or one organisation."""
    found = Connection.objects.select_related("org").order_by("created_at")
    if provider is not None:
        found = found.filter(provider=connector_for(provider).name)
    if org is not None:
        found = found.filter(org__slug=org)
    return list(found)


def of_organisation(org: Organisation, connection_id: str | None = None) -> list[Connection]:
    """The organisation's connections, or the one asked for; raises ``ConfigError`` when there is none."""
    found = org.connections.order_by("created_at")
    if connection_id:
        try:
            found = found.filter(id=UUID(connection_id))
        except ValueError:
            found = found.none()
    listed = list(found)
    if not listed:
        raise ConfigError(
            "There is no such connection."
            if connection_id
            else f"{org.name} has no ATS connected.",
            code="no_connection",
            next_step="`jemmo status` lists the connections; `jemmo connect` makes one.",
        )
    return listed


def release_deletions(org: Organisation) -> list[HeldDeletion]:
    """Let the next reconcile follow the deletions that were held back."""
    held = list(HeldDeletion.objects.filter(connection__org=org, released_at=None))
    for one in held:
        one.released_at = datetime.now(UTC)
        one.save(update_fields=["released_at"])
    return held


async def _probe(
    look: Probe, config: Config, connection_id: UUID, database_url: str
) -> list[Probed]:
    async with PostgresQuotaLedger(database_url, connection_id) as ledger:
        return await look(replace(config, ledger=ledger))


async def _test(connector: Connector, config: Config) -> AccessReport:
    source = connector.open(config)
    try:
        return await source.check()
    finally:
        await source.close()


def _same_account(
    org: Organisation, provider: str, base_url: str, account_id: str | None
) -> Connection | None:
    if not account_id:
        return None
    return (
        Connection.objects.select_for_update()
        .filter(org=org, provider=provider, account_id=account_id)
        .first()
    )


def _too_small(connector: Connector, report: AccessReport) -> ConfigError:
    missing = ", ".join(check.name for check in report.checks if not check.ok)
    details = " ".join(dict.fromkeys(check.detail for check in report.checks if check.detail))
    return ConfigError(
        f"The key works, but it may not {missing}. {details}",
        code="scope_too_small",
        next_step=connector.key_help,
    )
