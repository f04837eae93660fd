"""Which addresses are of the open internet: those that others may send this installation to."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from collections.abc import Callable
from types import SimpleNamespace

import aiohttp
from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.domain.validation import split_address


def is_public(text: str) -> bool:
    """Whether an IP address leads to one machine of the open internet, also through IPv4 within IPv6.

    Raises ``ValueError`` for what is no IP address, a name for example.

    >>> is_public("8.8.8.8"), is_public("10.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("64:ff9b::7f00:1")
    (True, False, False, False)
    """
    address = ipaddress.ip_address(text.split("%", maxsplit=1)[0])
    if isinstance(address, ipaddress.IPv6Address):
        return _is_public_v6(address)
    inside = any(address in network for network in (_RELAY, _AZURE))
    return address.is_global and not address.is_multicast and not inside


_RELAY = ipaddress.ip_network("192.88.99.0/24")
_AZURE = ipaddress.ip_network("168.63.129.16/32")  # answers each machine of Azure about itself
_DOCUMENTATION = ipaddress.ip_network("3fff::/20")
_UNICAST = ipaddress.ip_network("2000::/3")  # all that has been given out to the open internet
_TUNNELS = [ipaddress.ip_network(network) for network in ("2001::/32", "2002::/16")]
_WITH_IPV4 = [ipaddress.ip_network(network) for network in ("::ffff:0:0/96", "64:ff9b::/96")]
_ISATAP = 0x5EFE  # in an interface's id, before the IPv4 address that packets are sent on to


def _is_public_v6(address: ipaddress.IPv6Address) -> bool:
    """Teredo and 6to4 are refused: they are retired, and send packets on to the IPv4 address inside."""
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
    """The IP address that a host is, in any form that resolvers accept; ``None`` for a name.

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


def ats_hosts() -> frozenset[str]:
    """Hosts of ATSs that the operator allows in any network: ``JEMMO_ATS_HOSTS``."""
    setting = os.environ.get("JEMMO_ATS_HOSTS", "")
    return frozenset(host.strip().lower() for host in setting.split(",") if host.strip())


def is_trusted_ats(url: str) -> bool:
    """Whether an ATS may be inside a private network: only if the operator allows it.

    An admin can connect to public https addresses alone, which is checked when they do; a name may lead elsewhere
    later. Plain http is for operators, on the command line.
    """
    try:
        parts = split_address(url)
    except ValueError:
        return False
    return parts.scheme != "https" or (parts.hostname or "").lower() in ats_hosts()


def counting(count: Callable[[], None]) -> aiohttp.TraceConfig:
    """Call ``count`` for each request that a session sends; one that finds no connection is none."""

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
    """A connector for requests: unless ``trusted``, only to public addresses.

    A name is refused when it is resolved. The address itself is checked again when a socket is opened for it: a host
    that turns out to be a number, however it is written, is never resolved.
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
    """Resolves a name once, and fails unless all it leads to is of the open internet; those addresses are used."""

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
