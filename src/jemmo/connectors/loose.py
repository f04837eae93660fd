"""Values from JSON of undocumented shape: each is read separately, and what doesn't fit is ``None``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jemmo.domain.validation import parse_time, text

Json = Any
"""Any JSON value."""

Row = dict[str, Any]


def plain(value: Json) -> str | None:
    """Text, or a number as text; ``None`` for any other type."""
    is_plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return text(value) if is_plain else None


def inner(row: Json, *names: str) -> Json:
    """The value at a path of names, ``None`` if the path ends early."""
    for name in names:
        row = row.get(name) if isinstance(row, dict) else None
    return row


def first(row: Json, *paths: str) -> str | None:
    """The first plain value at these dotted paths.

    >>> first({"name": " ", "user": {"name": "Ada"}}, "name", "user.name")
    'Ada'
    """
    return next((known for path in paths if (known := plain(inner(row, *path.split("."))))), None)


def listed(value: Json) -> list[Json]:
    """A list as it is, a single value as a list of one, nothing as an empty list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def row_id(row: Json, key: str = "id") -> str | None:
    """The id of a row, decoded or not, as text; ``None`` if it has none that could be one."""
    return plain(row.get(key) if isinstance(row, dict) else getattr(row, key, None))


def moment(row: Json, name: str) -> datetime | None:
    """A time of a row. ATSs trim zeros and vary the digits of a second, so times are never compared as text."""
    return parse_time(inner(row, name))
