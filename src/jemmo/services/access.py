"""Asking an ATS what a key may do, and saying what is missing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from jemmo.connectors.base import Config, Connector
from jemmo.domain.errors import ConfigError, TransientError
from jemmo.domain.streams import AccessReport
from jemmo.rest_client.addresses import is_public

PATIENCE = 25.0  # seconds a person waits for the answer of an ATS


class AccessTooSmall(ConfigError):
    """The key works, and may not read all that a sync needs: ``report`` names each right."""

    default_code = "scope_too_small"

    def __init__(self, connector: Connector, report: AccessReport) -> None:
        missing = ", ".join(check.name for check in report.checks if not check.ok)
        details = " ".join(dict.fromkeys(check.detail for check in report.checks if check.detail))
        super().__init__(
            f"The key works, but it may not {missing}. {details}".strip(),
            next_step=connector.key_help,
        )
        self.report = report


def try_key(connector: Connector, config: Config, *, patience: float | None = None) -> AccessReport:
    """What the key may read. Raises ``AccessTooSmall``, or what the ATS's refusal means.

    With ``patience`` (seconds) an ATS that does not answer is given up with ``TransientError``.
    """
    report = asyncio.run(_ask(connector, config, patience))
    if not report.ok:
        raise AccessTooSmall(connector, report)
    return report


def report_on(
    connector: Connector, config: Config, *, patience: float | None = None
) -> AccessReport:
    """The same, with the rights that are missing in the report rather than raised."""
    return asyncio.run(_ask(connector, config, patience))


async def _ask(connector: Connector, config: Config, patience: float | None) -> AccessReport:
    source = connector.open(config)
    try:
        async with asyncio.timeout(patience):
            return await source.check()
    except TimeoutError:
        raise TransientError(
            f"{connector.label} did not answer in {patience:.0f} seconds.",
            code="ats_unavailable",
            next_step=f"Look at {connector.status_page}, and try again in a few minutes.",
        ) from None
    finally:
        await source.close()


def check_public(url: str, allowed: Collection[str]) -> None:
    """Refuse an address inside this installation's own network; raises ``ConfigError``.

    Whoever may type an address must not reach by it what only the server can: ``allowed`` names the hosts that an
    operator has opened nevertheless.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in allowed:
        return
    if parts.scheme != "https" or not _public(host):
        raise ConfigError(
            "This address cannot be used here: it must be a public one that begins with https.",
            code="address_not_public",
            next_step="Leave the address empty to use the ATS's own. An operator can allow another host "
            "with JEMMO_ATS_HOSTS.",
        )


def _public(host: str) -> bool:
    try:
        found = {one[4][0] for one in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return False
    return bool(found) and all(is_public(str(one)) for one in found)
