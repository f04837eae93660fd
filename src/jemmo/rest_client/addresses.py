"""Which addresses are of the open internet: those that others may send this installation to."""

from __future__ import annotations

import ipaddress


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
