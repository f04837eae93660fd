"""Parses options beyond single words and numbers: lists, times, zones, JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from jemmo.domain.errors import ConfigError

T = TypeVar("T")


def read_option(options: Mapping[str, str], name: str, read: Callable[[str], T]) -> T:
    """Parse an option. Raises ``ConfigError`` with its name if ``read`` rejects the value."""
    try:
        return read(options[name].strip())
    except (ValueError, LookupError, OSError, msgspec.DecodeError):
        raise ConfigError("option", variant=name, option=name) from None


def comma_list(value: str) -> list[str]:
    """Split words at commas.

    >>> comma_list("0, 2,")
    ['0', '2']
    """
    return [word for part in value.split(",") if (word := part.strip())]


def comma_pairs(value: str) -> dict[str, str]:
    """Parse pairs separated by commas. Raises ``ValueError`` for anything else.

    >>> comma_pairs("1=open, 0 = archived")
    {'1': 'open', '0': 'archived'}
    """
    pairs = [part.split("=") for part in comma_list(value)]
    return {name.strip(): meaning.strip() for name, meaning in pairs}


def seconds_range(value: str) -> tuple[float, float]:
    """Parse a minimum and a maximum in seconds.

    >>> seconds_range("2-60")
    (2.0, 60.0)
    """
    least, most = [part.strip() for part in value.split("-")]
    if not least.isdecimal() or not most.isdecimal():
        raise ValueError("not two numbers")
    return float(least), float(most)


def time_zone(value: str) -> ZoneInfo:
    return ZoneInfo(value)


def json_as(kind: type[T]) -> Callable[[str], T]:
    """Return a parser for JSON of the given type."""
    return msgspec.json.Decoder(kind).decode
