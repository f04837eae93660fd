"""Asks an ATS what a key may do, and reports what is missing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Collection
from contextlib import nullcontext

from jemmo.connectors.base import Config, Connector
from jemmo.domain.errors import ConfigError, ScopeTooSmall, TransientError
from jemmo.domain.streams import AccessReport
from jemmo.domain.validation import split_address
from jemmo.rest_client.addresses import is_public
from jemmo.rest_client.amounts import REPLY, at_most
from jemmo.rest_client.retries import awaited
from jemmo.services.base.ats_sessions import ats_trial

PATIENCE = 25.0  # seconds a person waits for the answer of an ATS


class AccessTooSmall(ScopeTooSmall):
    """The key may not read all that a sync needs: ``report`` names each right."""

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
    """Check what the key may read. Raises ``AccessTooSmall``, or what the ATS's refusal means.

    With ``patience`` (seconds) an ATS that does not answer is given up with ``TransientError``, and its answers may be
    as large as a web process holds (``amounts.REPLY``). ``sent`` gets the number of requests, whatever their outcome.
    """
    report = report_on(connector, config, patience=patience, sent=sent)
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
    """The same, with the rights that are missing in the report rather than raised."""
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
    """Refuse an address inside this installation's own network; raises ``ConfigError``.

    A typed address must not reach what only the server can reach; ``allowed`` are the exceptions made by the operator.
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
