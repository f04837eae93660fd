"""Sends JSON to an address that a person typed in: never into the network that this machine stands in.

Only https, only addresses of the open internet: the address that is connected to is checked, however the host is
written and whatever its name answers a moment later. Redirects are not followed. Hosts that the operator allows by
name may be anywhere, and speak http.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from jemmo.domain.errors import ConfigError, TransientError
from jemmo.domain.validation import may_be_address
from jemmo.rest_client.addresses import as_number, connector, is_public

SECONDS = 10


def check_address(url: str, allowed: Collection[str] = ()) -> str:
    """The host of an address that may be sent to. Raises ``ConfigError``; names are not resolved yet."""
    parts = _parsed(url)
    host = _host(parts)
    if not host or parts.user or parts.password or parts.scheme not in ("https", "http"):
        raise ConfigError("receiver_refused", variant="address")
    if _is_allowed(parts, allowed):
        return host
    if parts.scheme != "https":
        raise ConfigError("receiver_refused", variant="scheme")
    number = as_number(host)
    local = host == "localhost" or host.endswith((".localhost", ".local"))
    if local or (number and not is_public(number)):
        raise _private()
    return host


def _parsed(url: str) -> URL:
    """The address as it is connected to: the host after its characters are made ASCII."""
    try:
        return URL(url) if may_be_address(url) else URL()
    except ValueError:
        return URL()


def _host(url: URL) -> str:
    return (url.raw_host or "").lower().rstrip(".")


def _is_allowed(url: URL, allowed: Collection[str]) -> bool:
    host = _host(url)
    return host in allowed or f"{host}:{url.explicit_port}" in allowed


async def post_json(url: str, body: dict[str, Any], *, allowed: Collection[str] = ()) -> None:
    """Send; returns once the other side said that it has it.

    Raises ``ConfigError`` when the address or its owner refuses for good, ``TransientError`` when a later try may help.
    """
    host = check_address(url, allowed)
    trusted = _is_allowed(_parsed(url), allowed)
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector(trusted=trusted, refusal=_private()), timeout=timeout
            ) as session,
            session.post(
                _parsed(url),
                data=msgspec.json.encode(body),
                headers={"Content-Type": "application/json"},
                allow_redirects=False,
            ) as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, OSError, TimeoutError):
        raise TransientError("receiver_away", host=host) from None
    if status in (408, 425, 429) or status >= 500:
        raise TransientError("receiver_busy", host=host, status=status)
    if not 200 <= status < 300:
        raise ConfigError("receiver_refused", host=host, status=status)


def _private() -> ConfigError:
    return ConfigError("receiver_refused", variant="private")
