"""Sends JSON to an address that a person typed in: never into the network that this machine stands in.

Only https, only addresses of the open internet. The name is resolved once, every address it leads to is looked at,
and the connection goes to one of those: a name that answers differently a moment later gains nothing. Redirects are not
followed. Hosts that the operator allows by name may be anywhere, and speak http.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from jemmo.domain.errors import ConfigError, TransientError
from jemmo.rest_client.addresses import Guarded, is_number, is_public

SECONDS = 10


def check_address(url: str, allowed: Collection[str] = ()) -> str:
    """The host of an address that may be sent to. Raises ``ConfigError``; names are not resolved yet."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or parts.username or parts.password or parts.scheme not in ("https", "http"):
        raise _refused("This is not a web address that messages can be sent to.")
    if host in allowed or f"{host}:{port}" in allowed:
        return host
    if parts.scheme != "https":
        raise _refused("Messages are sent over https alone.")
    if (
        (is_number(host) and not is_public(host))
        or host == "localhost"
        or host.endswith((".localhost", ".local"))
    ):
        raise _private()
    return host


async def post_json(url: str, body: dict[str, Any], *, allowed: Collection[str] = ()) -> None:
    """Send; returns once the other side said that it has it.

    Raises ``ConfigError`` when the address or its owner refuses for good, ``TransientError`` when a later try may help.
    """
    host = check_address(url, allowed)
    trusted = host in allowed or f"{host}:{urlsplit(url).port}" in allowed
    connector = aiohttp.TCPConnector(resolver=None if trusted else Guarded(_private()))
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.post(
                url,
                data=msgspec.json.encode(body),
                headers={"Content-Type": "application/json"},
                allow_redirects=False,
            ) as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, OSError, TimeoutError):
        raise TransientError(f"{host} does not answer.", code="receiver_away") from None
    if status in (408, 425, 429) or status >= 500:
        raise TransientError(f"{host} answered {status}.", code="receiver_busy")
    if not 200 <= status < 300:
        raise _refused(f"{host} answered {status}: it does not take messages at this address.")


def _private() -> ConfigError:
    return _refused("This address leads into a private network.")


def _refused(message: str) -> ConfigError:
    return ConfigError(
        message,
        code="receiver_refused",
        next_step="Correct the chat's address in Settings > Notifications.",
    )
