"""Sends JSON to an address that a person typed, but never into this machine's own network.

Only https and public addresses are allowed. The check covers the address that is actually connected to, however the
host is written and whatever its name resolves to later. Redirects are not followed. Hosts that the operator allows by
name may be anywhere and may use http.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from jemmo.domain.errors import ConfigError, TransientError
from jemmo.domain.outgoing import Answer
from jemmo.domain.validation import may_be_address
from jemmo.rest_client.addresses import as_number, connector, is_public
from jemmo.rest_client.headers import retry_after

SECONDS = 10
WEBHOOK_TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5, sock_connect=5, sock_read=10)
EXCERPT = 2048  # bytes of a webhook's response that are read
EXCERPT_SECONDS = 2.0  # for reading them, since only the status matters


def check_address(
    url: str, allowed: Collection[str] = (), *, code: str = "receiver_refused"
) -> str:
    """Return the host if the address may be contacted. Raises ``ConfigError``; names are not resolved yet."""
    parts = _parsed(url)
    host = _host(parts)
    if (
        not _is_name(host)
        or parts.user
        or parts.password
        or parts.explicit_port == 0
        or parts.scheme not in ("https", "http")
    ):
        raise ConfigError(code, variant="address")
    if _is_allowed(parts, allowed):
        return host
    if parts.scheme != "https":
        raise ConfigError(code, variant="scheme")
    number = as_number(host)
    local = host == "localhost" or host.endswith((".localhost", ".local"))
    if local or (number and not is_public(number)):
        raise ConfigError(code, variant="private")
    return host


def _parsed(url: str) -> URL:
    """Parse an address as the connection will use it, with the host in ASCII."""
    try:
        return URL(url) if may_be_address(url) else URL()
    except ValueError:
        return URL()


def _host(url: URL) -> str:
    return (url.raw_host or "").lower().rstrip(".")


def _is_name(host: str) -> bool:
    """Whether the host can be resolved: none of its labels is empty or longer than 63 characters."""
    try:
        return bool(host.encode("idna"))
    except UnicodeError:
        return False


def _is_allowed(url: URL, allowed: Collection[str]) -> bool:
    host = _host(url)
    return host in allowed or f"{host}:{url.explicit_port}" in allowed


async def post_json(url: str, body: dict[str, Any], *, allowed: Collection[str] = ()) -> None:
    """Send JSON and return once the receiver has confirmed it.

    Raises ``ConfigError`` if the address is not allowed or the receiver refuses for good, ``TransientError`` if a retry
    may help.
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
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        raise TransientError("receiver_away", host=host) from None
    if status in (408, 425, 429) or status >= 500:
        raise TransientError("receiver_busy", host=host, status=status)
    if not 200 <= status < 300:
        raise ConfigError("receiver_refused", host=host, status=status)


async def post_webhook(
    url: str, body: bytes, headers: Mapping[str, str], *, allowed: Collection[str] = ()
) -> Answer:
    """Send a webhook once. Failures are in the result; nothing is raised.

    Only the beginning of the response is read, and it is not decompressed.
    """
    began = time.monotonic()
    try:
        check_address(url, allowed)
        answer = await _post(url, body, headers, trusted=_is_allowed(_parsed(url), allowed))
    except ConfigError:
        answer = Answer(error="private")
    except TimeoutError:
        answer = Answer(error="timeout")
    except aiohttp.ClientSSLError:
        answer = Answer(error="tls")
    except (aiohttp.ClientConnectorError, OSError):
        answer = Answer(error="connect")
    except (aiohttp.ClientError, ValueError):
        answer = Answer(error="broken")
    return msgspec.structs.replace(answer, seconds=time.monotonic() - began)


async def _post(url: str, body: bytes, headers: Mapping[str, str], *, trusted: bool) -> Answer:
    async with (
        aiohttp.ClientSession(
            connector=connector(trusted=trusted, refusal=_private()),
            timeout=WEBHOOK_TIMEOUT,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as session,
        session.post(
            _parsed(url), data=body, headers=dict(headers), allow_redirects=False
        ) as response,
    ):
        status = response.status
        text = await _excerpt(response)
        response.close()  # don't read the rest
    if 200 <= status < 300:
        return Answer(status=status, text=text)
    error = "redirect" if 300 <= status < 400 else "status"
    wait = response.headers.get("Retry-After", "")
    is_number = wait.isascii() and wait.isdigit()
    seconds = float(wait[:9]) if is_number else retry_after(wait, time.time())
    return Answer(status=status, error=error, text=text, retry_after=seconds)


async def _excerpt(response: aiohttp.ClientResponse) -> str:
    """Return the beginning of a response, as far as it arrives in time."""
    content = bytearray()
    try:
        async with asyncio.timeout(EXCERPT_SECONDS):
            while len(content) < EXCERPT and (
                block := await response.content.read(EXCERPT - len(content))
            ):
                content += block
    except (TimeoutError, aiohttp.ClientError):
        pass
    return content.decode(errors="replace")


def _private() -> ConfigError:
    return ConfigError("receiver_refused", variant="private")
