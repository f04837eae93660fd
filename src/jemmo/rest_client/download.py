"""Downloads a file through a link from an ATS: without a key, from known hosts only, with a size limit."""

from __future__ import annotations

from collections.abc import Callable

import aiohttp
from msgspec import Struct
from yarl import URL

from jemmo.domain.errors import ConfigError, RecordRejected, TransientError
from jemmo.domain.validation import join_address, may_be_address
from jemmo.rest_client.addresses import connector, counting, is_number, is_trusted_ats
from jemmo.rest_client.retries import until_cut_off
from jemmo.rest_client.routes import host
from jemmo.tracing import span

REDIRECTS = 3
CHUNK = 64 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=180, connect=15, sock_read=45)


class Hosts(Struct, frozen=True):
    """Hosts that files may come from: the ATS's own address, and HTTPS hosts under these names."""

    own: str
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, own: str, listed: str) -> Hosts:
        names = (name.strip().lower().lstrip(".") for name in listed.split(","))
        return cls(own, tuple(name for name in names if name))

    def is_own(self, url: str) -> bool:
        ours, theirs = _split(self.own), _split(url)
        return (ours.scheme, ours.raw_authority.lower()) == (
            theirs.scheme,
            theirs.raw_authority.lower(),
        )

    def check(self, url: str) -> None:
        """Raise ``ConfigError`` for a link to another host."""
        parts = _split(url)
        host = (parts.raw_host or "").lower().rstrip(".")
        if self.is_own(url):
            return
        known = any(host == name or host.endswith(f".{name}") for name in self.names)
        if parts.scheme != "https" or parts.port not in {None, 443} or not known or is_number(host):
            raise ConfigError("file_host", host=host)


class LinkDead(TransientError):
    """The link no longer works; a new one may."""

    default_code = "link_dead"


class Downloads:
    """Downloads files from allowed hosts, and counts its requests."""

    def __init__(self, hosts: Hosts) -> None:
        self.hosts = hosts
        self.requests = 0

    async def fetch(self, url: str, *, max_bytes: int) -> bytes | None:
        """Return the content behind a link; ``None`` if it doesn't exist.

        Raises ``RecordRejected`` (code ``too_large``) above ``max_bytes``, without reading the rest.
        """
        for _ in range(REDIRECTS + 1):
            self.hosts.check(url)
            # Links to files consist of secrets and file names, so the trace has only the host.
            with span("GET file", "client", method="GET", host=host(url)):
                response = await _fetch(url, self.hosts.is_own(url), max_bytes, self._count)
            if not isinstance(response, str):
                return response
            url = _joined(url, response)
        raise TransientError("file_redirects")

    def _count(self) -> None:
        self.requests += 1


async def _fetch(
    url: str, own: bool, max_bytes: int, count: Callable[[], None]
) -> bytes | str | None:
    """Return the content, the target of a redirect, or ``None``."""
    try:
        async with (
            until_cut_off(),
            aiohttp.ClientSession(
                timeout=_TIMEOUT,
                connector=connector(
                    trusted=own and is_trusted_ats(url), refusal=_private(), limit=1
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[counting(count)],
            ) as session,
            session.get(URL(url, encoded=True), allow_redirects=False) as answer,
        ):
            if answer.status in {301, 302, 303, 307, 308}:
                return answer.headers.get("Location", "")
            if answer.status in {404, 410}:
                return None
            if answer.status in {400, 401, 403}:
                raise LinkDead(status=answer.status)
            if answer.status != 200:
                raise TransientError("file_unavailable", status=answer.status)
            return await _read(answer, max_bytes)
    except TimeoutError:
        raise TransientError("timeout", variant="file") from None
    except (aiohttp.ClientError, OSError):
        raise TransientError("connection_lost") from None


async def _read(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    if (answer.content_length or 0) > max_bytes:
        raise too_large()
    body = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise too_large()
    return bytes(body)


def too_large() -> RecordRejected:
    return RecordRejected("too_large")


def _private() -> TransientError:
    return TransientError("file_unavailable", variant="private")


def _joined(url: str, place: str) -> str:
    """Return the absolute target of a redirect, or an empty string if it is not an address."""
    try:
        return join_address(url, place)
    except ValueError:
        return ""


def _split(url: str) -> URL:
    """Parse an address as the connection will use it; empty if invalid."""
    try:
        return URL(url, encoded=True) if may_be_address(url) else URL()
    except ValueError:
        return URL()
