"""Asks an ATS what a key may do, and reports missing rights."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Collection
from contextlib import nullcontext

from jemmo.connectors.base import Config, Connector
from jemmo.domain.error_catalog import ERROR_CATALOG
from jemmo.domain.errors import ConfigError, ScopeTooSmall, TransientError
from jemmo.domain.streams import AccessReport
from jemmo.domain.validation import split_address
from jemmo.rest_client.addresses import is_public
from jemmo.rest_client.amounts import REPLY, at_most
from jemmo.rest_client.retries import awaited
from jemmo.services.base.ats_sessions import ats_trial

PATIENCE = 25.0  # seconds that a person waits for the ATS to answer


class AccessTooSmall(ScopeTooSmall):
    """The key lacks rights that a sync needs. ``report`` lists them."""

    def __init__(self, connector: Connector, report: AccessReport) -> None:
        missing = ", ".join(check.name for check in report.checks if not check.ok)
        super().__init__(variant="rights", rights=missing, key_help=connector.key_help)
        self.report = report


def try_key(
    connector: Connector,
    config: Config,
    *,
    patience: float | None = None,
    sent: Callable[[int], None] = lambda _: None,
) -> AccessReport:
    """Check what a key may read before it is stored. Raises ``AccessTooSmall``, or an error if the ATS refuses the key.

    With ``patience`` (seconds), a slow ATS raises ``TransientError``, and responses are limited to what a web process
    can hold (``amounts.REPLY``). ``sent`` gets the number of requests, whatever their outcome.
    """
    try:
        report = report_on(connector, config, patience=patience, sent=sent)
    except TransientError as error:
        if not error.variant and f"{error.code}/trial" in ERROR_CATALOG:
            error.variant = "trial"
            error.facts.setdefault("status_page", connector.status_page)
        raise
    if not report.ok:
        raise AccessTooSmall(connector, report)
    return report


def report_on(
    connector: Connector,
    config: Config,
    *,
    patience: float | None = None,
    sent: Callable[[int], None] = lambda _: None,
) -> AccessReport:
    """Like ``try_key``, but missing rights are in the report instead of raised."""
    counts: list[int] = []
    try:
        return asyncio.run(_ask(connector, config, patience, counts.append))
    finally:
        sent(sum(counts))


async def _ask(
    connector: Connector, config: Config, patience: float | None, sent: Callable[[int], None]
) -> AccessReport:
    try:
        async with ats_trial(connector, config) as source:
            try:
                with awaited(), nullcontext() if patience is None else at_most(REPLY):
                    async with asyncio.timeout(patience):
                        return await source.check()
            finally:
                sent(source.requests)
    except TimeoutError:
        raise TransientError(
            "ats_unavailable",
            variant="patience",
            ats=connector.label,
            seconds=patience and round(patience),
            status_page=connector.status_page,
        ) from None


def check_public(url: str, allowed: Collection[str]) -> None:
    """Refuse an address inside this installation's own network. Raises ``ConfigError``.

    A typed address must not reach what only the server can reach. ``allowed`` lists the operator's exceptions.
    """
    try:
        parts = split_address(url)
    except ValueError:
        parts = split_address("")
    host = parts.hostname or ""
    if host in allowed:
        return
    if parts.scheme != "https" or not _public(host):
        raise ConfigError("address_not_public")


def _public(host: str) -> bool:
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return False
    return bool(addresses) and all(is_public(str(address)) for address in addresses)
