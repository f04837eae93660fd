"""What Jarvi sends: one envelope of several, around rows that are read as they come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from jemmo.domain.errors import PermanentError
from jemmo.domain.validation import parse_time, text

Json = Any
"""Any JSON value: what this API sends is looked at step by step."""

Row = dict[str, Any]


class Rows(Struct, frozen=True):
    """One answer of a list: its rows and the list's count, if it was told."""

    rows: list[Any]
    total: int | None


def rows_of(body: bytes, entity: str) -> Rows:
    """The rows in ``data``, under the entity's own name, or in a bare array.

    Anything else is an error and not an empty list: what looks like the end of a list must be one.
    """
    found = msgspec.json.decode(body)
    if isinstance(found, list):
        return Rows(found, None)
    if isinstance(found, dict):
        for name in ("data", entity):
            if isinstance(found.get(name), list):
                return Rows(found[name], _count(found.get("total")))
    raise PermanentError(
        f"Jarvi answered a request for {entity} with something else than a list.",
        code="unexpected_answer",
        next_step="Sync again later. If the problem persists, send this message to support.",
    )


def _count(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def row_id(row: Json) -> str | None:
    found = row.get("id") if isinstance(row, dict) else None
    return plain(found)


def plain(value: Json) -> str | None:
    """Text or a number as text; a value of any other type is not meant."""
    return (
        text(value)
        if isinstance(value, str | int | float) and not isinstance(value, bool)
        else None
    )


def moment(row: Json, name: str) -> datetime | None:
    """A time of a row.

    Jarvi writes up to six digits of a second and trims zeros, so it is never compared as text.
    """
    return parse_time(row.get(name)) if isinstance(row, dict) else None


def is_deleted(row: Json) -> bool:
    """Whether a row was deleted softly: it is still listed, with the time of its deletion."""
    return isinstance(row, dict) and text(row.get("deletedAt")) is not None


def inner(row: Json, *names: str) -> Json:
    """The value at a path of names, ``None`` where the path ends early."""
    for name in names:
        row = row.get(name) if isinstance(row, dict) else None
    return row


def listed(value: Json) -> list[Json]:
    """A list as it is, a single value as a list of one, nothing as an empty list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
