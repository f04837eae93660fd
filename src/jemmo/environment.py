"""Settings from environment variables."""

from __future__ import annotations

import os
from urllib.parse import SplitResult

from jemmo.domain.errors import ConfigError
from jemmo.domain.validation import split_address

LARGEST = 1_000_000_000
CENTURY = 36_500
"""The largest number of days accepted; beyond it, dates overflow."""


def number(name: str, default: int, *, least: int = 0, most: int = LARGEST) -> int:
    """The whole number in a variable. Raises ``ConfigError`` for any other value."""
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
    if not is_number or not least <= int(text) <= most:
        raise ConfigError(
            "environment",
            variant="number" if most == LARGEST else "range",
            variable=name,
            least=least,
            most=most,
        )
    return int(text)


def seconds(name: str, default: float, *, least: float = 0.0) -> float:
    """The number of seconds in a variable. Raises ``ConfigError`` for any other value."""
    text = os.environ.get(name, "").strip()
    try:
        length = float(text or default)
    except ValueError:
        length = -1.0
    if not least <= length <= LARGEST:
        raise ConfigError("environment", variant="seconds", variable=name, least=f"{least:g}")
    return length


def hosts(name: str) -> frozenset[str]:
    """The hosts in a variable, separated by commas, in lower case."""
    names = os.environ.get(name, "").split(",")
    return frozenset(host.strip().lower() for host in names if host.strip())


def address(name: str) -> SplitResult:
    """The address in a variable, empty without one. Raises ``ConfigError`` for an invalid one."""
    try:
        parts = split_address(os.environ.get(name, "").strip())
        _ = parts.port  # raises if it is not a number
    except ValueError:
        raise ConfigError("environment", variant="address", variable=name) from None
    return parts
