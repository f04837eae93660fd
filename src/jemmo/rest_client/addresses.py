"""Which addresses are of the open internet: those that others may send this installation to."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from jemmo.domain.errors import ConfigError


def is_public(text: str) -> bool:
    """Whether an IP address leads to one machine of the open internet, also through IPv4 within IPv6.

    Raises ``ValueError`` for what is no IP address, a name for example.

    >>> is_public("8.8.8.8"), is_public("10.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("2002:a00:1::")
    (True, False, False, False)
    """
    address = ipaddress.ip_address(text.split("%", maxsplit=1)[0])
    within = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    found = within or address
    return found.is_global and not found.is_multicast


def is_number(host: str) -> bool:
    """Whether a host is given as an IP address instead of a name."""
    try:
        ipaddress.ip_address(host.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    return True


def ats_hosts() -> frozenset[str]:
    """Hosts of ATSs that the operator lets stand anywhere: ``JEMMO_ATS_HOSTS``."""
    given = os.environ.get("JEMMO_ATS_HOSTS", "")
    return frozenset(one.strip().lower() for one in given.split(",") if one.strip())


def resolver_for(url: str) -> AbstractResolver | None:
    """How to find the host of an ATS: not inside a private network, unless the operator said so.

    An admin can connect to public https addresses alone, which is looked at when they do; a name may lead elsewhere
    later. Plain http is for operators, on the command line. ``None`` is the usual way.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    return None if parts.scheme != "https" or host in ats_hosts() else Guarded()


class Guarded(AbstractResolver):
    """Resolves a name once, and fails unless all it leads to is of the open internet; those addresses are used."""

    def __init__(self, refusal: ConfigError | None = None) -> None:
        self._refusal = refusal or ConfigError(
            "The ATS's address leads into a private network.",
            code="address_not_public",
            next_step="Correct the connection's address. An operator can allow its host with JEMMO_ATS_HOSTS.",
        )

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if not all(is_public(str(one[4][0])) for one in found):
            raise self._refusal
        return [
            ResolveResult(
                hostname=host, host=str(one[4][0]), port=port, family=one[0], proto=one[2], flags=0
            )
            for one in found
        ]

    async def close(self) -> None:
        return None
