"""Sends JSON to an address that a person typed in: never into the network that this machine stands in.

Only https, only addresses of the open internet: the address that is connected to is checked, however the host is
written and whatever its name answers a moment later. Redirects are not followed. Hosts that the operator allows by
name may be anywhere, and speak http.
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

SECONDS = 10
WEBHOOK_TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5, sock_connect=5, sock_read=10)
EXCERPT = 2048  # bytes of a webhook's response that are read
EXCERPT_SECONDS = 2.0  # for them; the status alone decides


def check_address(
    url: str, allowed: Collection[str] = (), *, code: str = "receiver_refused"
) -> str:
    """The host of an address that may be sent to. Raises ``ConfigError``; names are not resolved yet."""
    parts = _parsed(url)
    host = _host(parts)
    if not host or parts.user or parts.password or parts.scheme not in ("https", "http"):
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
    """Send; returns once the receiver has confirmed it.

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


async def post_webhook(
    url: str, body: bytes, headers: Mapping[str, str], *, allowed: Collection[str] = ()
) -> Answer:
    """Send a webhook once. Whatever goes wrong is in the answer: nothing is raised.

    No more of a response is read than its beginning, and it is not decompressed.
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
        response.close()  # whatever else it would send
    if 200 <= status < 300:
        return Answer(status=status, text=text)
    error = "redirect" if 300 <= status < 400 else "status"
    wait = response.headers.get("Retry-After", "")
    retry_after = int(wait[:9]) if wait.isascii() and wait.isdigit() else None
    return Answer(status=status, error=error, text=text, retry_after=retry_after)


async def _excerpt(response: aiohttp.ClientResponse) -> str:
    """The beginning of a response, as far as it comes soon."""
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
