"""Reads values from JSON of undocumented shape one by one; what doesn't fit is ``None``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jemmo.domain.validation import parse_time, text

Json = Any
"""Any JSON value."""

Row = dict[str, Any]

MAX_DIGITS = 18  # of a count sent as text


def plain(value: Json) -> str | None:
    """Return text, or a number as text; ``None`` for any other type."""
    is_plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return text(value) if is_plain else None


def inner(row: Json, *names: str) -> Json:
    """Return the value at a path of names, ``None`` if the path ends early."""
    for name in names:
        row = row.get(name) if isinstance(row, dict) else None
    return row


def first(row: Json, *paths: str) -> str | None:
    """Return the first plain value at these dotted paths.

    >>> first({"name": " ", "user": {"name": "Ada"}}, "name", "user.name")
    'Ada'
    """
    return next((known for path in paths if (known := plain(inner(row, *path.split("."))))), None)


def listed(value: Json) -> list[Json]:
    """Return a list unchanged, a single value as a list of one, nothing as an empty list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def count_of(value: Json) -> int | None:
    """Return a count sent as a number or as text; ``None`` if it is neither.

    >>> count_of(75), count_of("75"), count_of(True), count_of("many")
    (75, 75, None, None)
    """
    if isinstance(value, str) and value.isdecimal() and len(value) <= MAX_DIGITS:
        return int(value)
    return value if type(value) is int else None


def flag(value: Json) -> bool | None:
    """Return a boolean sent in any usual spelling; ``None`` for anything else.

    >>> flag(True), flag("on"), flag(0), flag(""), flag(None)
    (True, True, False, None, None)
    """
    return _FLAGS.get(str(value).strip().lower())


_FLAGS = {
    **dict.fromkeys(("true", "1", "yes", "on", "t", "y"), True),
    **dict.fromkeys(("false", "0", "no", "off", "f", "n"), False),
}


def row_id(row: Json, key: str = "id") -> str | None:
    """Return a row's id, decoded or not, as text; ``None`` if it has no valid id."""
    return plain(row.get(key) if isinstance(row, dict) else getattr(row, key, None))


def moment(row: Json, name: str) -> datetime | None:
    """Parse a row's time. ATSs trim zeros and vary the digits of seconds, so never compare times as text."""
    return parse_time(inner(row, name))
