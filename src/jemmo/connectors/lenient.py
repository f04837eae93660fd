"""Decodes a record that differs from its documentation: values that fit are kept, others dropped and counted."""

from __future__ import annotations

import re
from enum import Enum
from types import EllipsisType
from typing import Any, TypeVar

import msgspec

from jemmo.domain.errors import RecordRejected
from jemmo.domain.streams import Notes
from jemmo.domain.validation import parse_time

T = TypeVar("T")

_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
MOST_REPAIRS = 40
MOST_ENTRIES = 500  # entries of an object with arbitrary keys that are tested one by one

Step = str | int | EllipsisType
"""A key, a list index, or any entry of an object with arbitrary keys."""


def convert(value: Any, kind: type[T], remote_id: str, notes: Notes) -> T:
    """Decode parsed JSON as ``kind``. Numbers become text, times are reformatted; what doesn't fit is dropped.

    Raises ``RecordRejected`` if not even the outer structure fits.
    """
    for _ in range(MOST_REPAIRS):
        try:
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            steps = _steps(error)
            mended = _repair(value, kind, steps, str(error)) if steps else None
            if mended is None:
                raise RecordRejected("malformed_record", field=_name(steps) or None) from None
            if mended is RepairOutcome.DROPPED:
                notes.add(f"dropped_value:{_name(steps[-1:]) or _name(steps)}", remote_id)
    raise RecordRejected("malformed_record")


def _steps(error: msgspec.ValidationError) -> list[Step]:
    match = _PATH.search(str(error))
    if match is None:
        return []
    return [
        name or (int(place) if place.isdecimal() else ...)
        for name, place in _STEP.findall(match["path"])
    ]


def _name(steps: list[Step]) -> str:
    return ".".join(step for step in steps if isinstance(step, str))


class RepairOutcome(Enum):
    """What happened to a value that doesn't fit."""

    KEPT = "kept"
    DROPPED = "dropped"


def _repair(whole: Any, kind: type[T], steps: list[Step], problem: str) -> RepairOutcome | None:
    """Repair the value at ``steps`` in place. ``None`` if there is nothing to change."""
    value = whole
    for place, step in enumerate(steps):
        if step is ...:
            dropped = _drop_entries(whole, kind, value, steps[: place + 1])
            return RepairOutcome.DROPPED if dropped else None
        if place == len(steps) - 1:
            break
        value = value[step]
    last = steps[-1]
    if isinstance(value, list) and isinstance(last, int):
        meant = _converted(value.pop(last), problem)
        if meant is None:
            return RepairOutcome.DROPPED
        value.insert(last, meant)
        return RepairOutcome.KEPT
    if not isinstance(value, dict) or last not in value:
        return None
    wrong = value[last]
    meant = _converted(wrong, problem)
    if wrong is None:
        del value[last]
    else:
        value[last] = meant
    return RepairOutcome.DROPPED if meant is None else RepairOutcome.KEPT


def _converted(wrong: Any, problem: str) -> str | None:
    """Convert a value of another type or spelling to the documented one."""
    if "Expected `str" in problem and _is_number(wrong):
        return str(wrong)
    if "datetime" in problem and isinstance(wrong, str) and (moment := parse_time(wrong)):
        return moment.isoformat()
    return None


def _drop_entries(whole: Any, kind: type[T], entries: Any, where: list[Step]) -> bool:
    """Drop the entries that don't fit from an object with arbitrary keys, since the error doesn't name them."""
    if not isinstance(entries, dict):
        return False
    if len(entries) > MOST_ENTRIES:  # each is tested with the whole record
        entries.clear()
        return True
    kept = {}
    everything = dict(entries)
    for name, entry in everything.items():
        entries.clear()
        entries[name] = entry
        try:
            msgspec.convert(whole, kind, strict=False)
        except msgspec.ValidationError as error:
            if _steps(error)[: len(where)] == where:
                continue
        kept[name] = entry
    entries.clear()
    entries.update(kept)
    return len(kept) < len(everything)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
