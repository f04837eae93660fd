"""The client's address, by the number of proxies in front of us (``JEMMO_PROXIES``)."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port

log = logging.getLogger(__name__)
UNKNOWN = "0.0.0.0"  # noqa: S104 - a Unix socket's peer has no address
THIS_MACHINE = ("127.0.0.1", "::1", "")
HOME = 64  # the prefix length within which one visitor may change their IPv6 address


def address_of(forwarded: str, peer: str) -> str:
    """The visitor's address as seen by our outermost proxy, or the peer's. Ignores entries added by visitors.

    ``forwarded`` is the header ``X-Forwarded-For``, empty without one.
    """
    hops = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    addresses = forwarded.split(",")
    if not hops and addresses != [""]:
        _warn_of_proxy()
    candidates = [addresses[-hops]] if 0 < hops <= len(addresses) else []
    for candidate in [*candidates, peer]:
        if address := _address(candidate.strip()):
            return address
    return UNKNOWN


def sender(scope: MutableMapping[str, Any]) -> str:
    """The address to which a request's memory and slots are charged; for IPv6, the /64."""
    values = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    host = (scope.get("client") or ("", 0))[0]
    return visitor(address_of(b",".join(values).decode("latin-1"), host))


def holder(scope: MutableMapping[str, Any]) -> str:
    """The holder in the queue of pages (``jemmo.services.base.turns``).

    If all requests come from this machine, because of a proxy missing in the settings, cookies and tokens tell them
    apart.
    """
    peer = (scope.get("client") or ("", 0))[0]
    if settings.ALLAUTH_TRUSTED_PROXY_COUNT or peer not in THIS_MACHINE:
        return sender(scope)
    headers = dict(scope["headers"])
    return f"{peer} {hash((headers.get(b'authorization'), headers.get(b'cookie')))}"


def visitor(address: str) -> str:
    """The visitor of an address; for IPv6, the /64."""
    if ":" not in address:
        return address
    return str(ip_network(f"{address}/{HOME}", strict=False))


@cache
def _warn_of_proxy() -> None:
    """Warn once per process: if all visitors count as one, a single one can use up all attempts."""
    log.warning("X-Forwarded-For is ignored; if a proxy sets it, set JEMMO_PROXIES")


def _address(written: str) -> str | None:
    """The address without a port. IPv4 within IPv6 becomes IPv4, so that its visitors don't share one network."""
    try:
        address = ip_address(written)
    except ValueError:
        try:
            address = ip_address(split_domain_port(written)[0].strip("[]"))
        except ValueError:
            return None
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address)))  # without its zone
    return str(address)


def client_address(request: HttpRequest) -> str:
    """The visitor's address: see ``address_of``."""
    return address_of(
        request.headers.get("X-Forwarded-For", ""), request.META.get("REMOTE_ADDR", "")
    )
