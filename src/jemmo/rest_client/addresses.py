"""Distinguishes public internet addresses, which this installation may contact for others, from private ones."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from types import SimpleNamespace

import aiohttp
from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.domain.validation import split_address
from jemmo.environment import hosts


def is_public(text: str) -> bool:
    """Whether an IP address is public and unicast, including IPv4 addresses embedded in IPv6.

    Raises ``ValueError`` for anything else, such as a host name.

    >>> is_public("8.8.8.8"), is_public("10.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("64:ff9b::7f00:1")
    (True, False, False, False)
    """
    address = ipaddress.ip_address(text.split("%", maxsplit=1)[0])
    if isinstance(address, ipaddress.IPv6Address):
        return _is_public_v6(address)
    inside = any(address in network for network in (_RELAY, _AZURE))
    return address.is_global and not address.is_multicast and not inside


_RELAY = ipaddress.ip_network("192.88.99.0/24")
_AZURE = ipaddress.ip_network(
    "168.63.129.16/32"
)  # Azure's metadata service, which gives machines their own configuration
_DOCUMENTATION = ipaddress.ip_network("3fff::/20")
_UNICAST = ipaddress.ip_network("2000::/3")  # all addresses assigned for public use
_TUNNELS = [ipaddress.ip_network(network) for network in ("2001::/32", "2002::/16")]
_WITH_IPV4 = [ipaddress.ip_network(network) for network in ("::ffff:0:0/96", "64:ff9b::/96")]
# Marks an interface id that contains the IPv4 address to which packets are forwarded
_ISATAP = 0x5EFE


def _is_public_v6(address: ipaddress.IPv6Address) -> bool:
    """Whether an IPv6 address is public. Teredo and 6to4 are not: they forward packets to an embedded IPv4 address."""
    inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in _WITH_IPV4):
        return is_public(str(inside))
    if (int(address) >> 32) & 0xFFFF == _ISATAP and not is_public(str(inside)):
        return False
    special = any(address in network for network in (*_TUNNELS, _DOCUMENTATION))
    return address in _UNICAST and address.is_global and not special


def is_number(host: str) -> bool:
    """Whether a host is given as an IP address instead of a name."""
    return as_number(host) is not None


def as_number(host: str) -> str | None:
    """Parse a host as an IP address in any form that resolvers accept; ``None`` for a name.

    >>> as_number("2130706433"), as_number("0x7f.1"), as_number("::1"), as_number("example.com")
    ('127.0.0.1', '127.0.0.1', '::1', None)
    """
    host = host.split("%", maxsplit=1)[0].rstrip(".")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def is_trusted_ats(url: str) -> bool:
    """Whether this ATS may be inside a private network, which only the operator can allow.

    Admins can only connect to public https addresses. That is checked when they connect, but the name may resolve
    differently later. Operators can use plain http, on the command line.
    """
    try:
        parts = split_address(url)
    except ValueError:
        return False
    return parts.scheme != "https" or (parts.hostname or "").lower() in hosts("JEMMO_ATS_HOSTS")


def counting(count: Callable[[], None]) -> aiohttp.TraceConfig:
    """Call ``count`` for each request that a session sends, but not for failed attempts to connect."""

    async def note(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        _params: aiohttp.TraceRequestHeadersSentParams,
    ) -> None:
        count()

    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(note)
    return config


def connector(
    *, trusted: bool, refusal: JemmoError | None = None, limit: int = 100
) -> aiohttp.TCPConnector:
    """Create a connector that reaches only public addresses, unless it is ``trusted``.

    A name is refused when it is resolved. The address is checked again when a socket is opened for it, because a host
    that is a number in any notation is never resolved.
    """
    if trusted:
        return aiohttp.TCPConnector(limit=limit)
    refusal = refusal or _REFUSED

    def open_socket(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if not is_public(str(address[0])):
            raise refusal
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(limit=limit, resolver=Guarded(refusal), socket_factory=open_socket)


_REFUSED = ConfigError("address_not_public")


class Guarded(AbstractResolver):
    """Resolves a name once and fails unless all its addresses are public. Only these addresses are used."""

    def __init__(self, refusal: JemmoError = _REFUSED) -> None:
        self._refusal = refusal

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if not all(is_public(str(address[4][0])) for address in addresses):
            raise self._refusal
        return [
            ResolveResult(
                hostname=host,
                host=str(address[4][0]),
                port=port,
                family=address[0],
                proto=address[2],
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        return None
