"""Tests a connection's key: what it may read, how many records the ATS has, and whose account it belongs to."""

from __future__ import annotations

import asyncio
from functools import partial
from uuid import UUID

from msgspec.structs import replace

from jemmo.connectors.base import Config, Probe, Probed
from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.domain.numbers import RECORDS
from jemmo.domain.streams import AccessReport, Stream
from jemmo.services.base.api_keys import open_key
from jemmo.services.connections.ats_access import AccessTooSmall, report_on, try_key
from jemmo.store.connections import key_refusals
from jemmo.store.models import Connection
from jemmo.store.sync.quota import PostgresQuotaLedger
from jemmo.store.sync.request_counts import add_requests
from jemmo.vault import Vault


def try_in_same_company(
    connection: Connection, config: Config, *, patience: float | None
) -> AccessReport:
    """Test a key or options that the connection does not use yet. They must lead to the same company."""
    connector = connector_for(connection.provider)
    sent = partial(add_requests, connection.id)
    report = try_key(connector, config, patience=patience, sent=sent)
    _check_same_company(connection, report)
    return report


def check_key(
    connection: Connection, vault: Vault, *, patience: float | None = None
) -> AccessReport:
    """Test a connection's key and store the ATS's counts. Raises an error if the ATS refuses the key.

    Every page then shows whether the ATS refuses the key (``key_refusals``).
    """
    connector = connector_for(connection.provider)
    config = _config_of(connection, vault)
    sent = partial(add_requests, connection.id)
    try:
        report = report_on(connector, config, patience=patience, sent=sent)
    except JemmoError as error:
        key_refusals.store_refusal(connection.id, error)
        raise
    if not report.ok:
        key_refusals.store_refusal(connection.id, AccessTooSmall(connector, report))
    elif _is_same_company(connection, report):
        key_refusals.clear_refusal(connection.id)
    expected = expected_totals(connection, report)
    Connection.objects.filter(id=connection.id).update(expected_totals=expected)
    return report


def require_key(
    connection: Connection, vault: Vault, *, patience: float | None = None
) -> AccessReport:
    """Like ``check_key``, but also raise ``AccessTooSmall`` for missing rights."""
    report = check_key(connection, vault, patience=patience)
    if not report.ok:
        raise AccessTooSmall(connector_for(connection.provider), report)
    _check_same_company(connection, report)
    return report


def probe(connection: Connection, vault: Vault, database_url: str) -> list[Probed]:
    """Examine undocumented behavior of the ATS in a customer's account. Reports no values."""
    connector = connector_for(connection.provider)
    if connector.probe is None:
        raise ConfigError("no_probe", ats=connector.label)
    config = _config_of(connection, vault)
    return asyncio.run(_probe(connector.probe, config, connection.id, database_url))


def expected_totals(connection: Connection, report: AccessReport) -> dict[str, int]:
    """Return how many records a first sync reads, if the ATS counts all of its kinds."""
    has = connector_for(connection.provider).capabilities
    kinds = [stream for stream in RECORDS if has.applications or stream != Stream.APPLICATIONS]
    counted = {str(stream): report.within[stream] for stream in kinds if stream in report.totals}
    return counted if len(counted) == len(kinds) else {}


def _config_of(connection: Connection, vault: Vault) -> Config:
    connector = connector_for(connection.provider)
    key = open_key(connection, vault)
    return connector.configure(key, connection.base_url or None, connection.options)


async def _probe(
    look: Probe, config: Config, connection_id: UUID, database_url: str
) -> list[Probed]:
    async with PostgresQuotaLedger(database_url, connection_id) as ledger:
        return await look(replace(config, ledger=ledger))


def _check_same_company(connection: Connection, report: AccessReport) -> None:
    if not _is_same_company(connection, report):
        ours = connection.account_name or connection.account_id
        theirs = report.account_name or report.account_id
        raise ConfigError("other_company", theirs=theirs, ours=ours)


def _is_same_company(connection: Connection, report: AccessReport) -> bool:
    return len({connection.account_id, report.account_id} - {"", None}) < 2
