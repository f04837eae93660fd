"""Reads stored values that another version, or an accident, may have written.

Defaults replace whatever is unreadable, since one odd value must not stop a sync or a page.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

S = TypeVar("S", bound=Struct)
E = TypeVar("E", bound=StrEnum)


def struct_of(value: object, kind: type[S]) -> S:
    """Return a struct whose fields all have defaults, filled with the fields that can be read.

    >>> class Wishes(Struct): days: int = 30; name: str = ""
    >>> struct_of({"days": "many", "name": "x"}, Wishes)
    Wishes(days=30, name='x')
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        fields = object_of(value)
    return msgspec.convert(
        {name: fields[name] for name in fields if _fits(fields, name, kind)}, kind
    )


def enum_of(value: object, kind: type[E], default: E) -> E:
    """Return a member of the enum, or the default if the value is not one."""
    return kind(str(value)) if value in kind.__members__.values() else default


def enum_or_none(value: object, kind: type[E]) -> E | None:
    """Return a member of the enum; ``None`` if the value is not one."""
    return kind(str(value)) if value in kind.__members__.values() else None


def object_of(value: object) -> dict[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def texts_of(value: object) -> dict[str, str]:
    """Return the values of a JSON object that are text."""
    return {name: text for name, text in object_of(value).items() if isinstance(text, str)}


def error_of(value: object) -> dict[str, Any] | None:
    """Return an error with its texts and facts, and the facts of paused deletions if they are valid."""
    error: dict[str, Any] = dict(texts_of(value))
    if isinstance(facts := object_of(value).get("facts"), dict):
        error["facts"] = {name: fact for name, fact in facts.items() if _is_fact(fact)}
    rows = object_of(value).get("paused")
    paused = [row for row in rows if _is_share(row)] if isinstance(rows, list) else []
    if paused:
        deleted = object_of(object_of(value).get("deleted"))
        error["paused"] = paused
        error["deleted"] = {name: n for name, n in deleted.items() if type(n) is int}
    return error or None


def _is_fact(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _is_share(row: object) -> bool:
    fields = object_of(row)
    numbers = (fields.get(name) for name in ("missing", "present", "recent"))
    return isinstance(fields.get("stream"), str) and all(type(number) is int for number in numbers)


def report_of(value: object) -> dict[str, Any]:
    """Return a run's report in the shape that pages rely on."""
    report = dict(object_of(value))
    if "streams" in report:
        report["streams"] = {
            name: {key: number for key, number in object_of(counts).items() if type(number) is int}
            for name, counts in object_of(report["streams"]).items()
        }
    if report.get("error") is not None:
        report["error"] = error_of(report["error"])
    if "warnings" in report:
        rows = report["warnings"] if isinstance(report["warnings"], list) else []
        report["warnings"] = [
            warning for warning in rows if isinstance(object_of(warning).get("code"), str)
        ]
    return report


def _fits(fields: dict[str, Any], name: str, kind: type[Struct]) -> bool:
    try:
        msgspec.convert({name: fields[name]}, kind)
    except msgspec.ValidationError:
        return False
    return True
