"""Reads a record that breaks its vendor's promises: what fits is kept, what does not is left out and noted."""

from __future__ import annotations

import re
from types import EllipsisType
from typing import Any, TypeVar

import msgspec

from jemmo.domain.errors import RecordRejected
from jemmo.domain.streams import Notes

T = TypeVar("T")

_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
MOST_REPAIRS = 40

Step = str | int | EllipsisType
"""A name, a place in a list, or some entry of an object whose names are free."""


def convert(value: Any, kind: type[T], remote_id: str, notes: Notes) -> T:
    """``value``, decoded JSON, as ``kind``. Values of a wrong type become text where text is promised, else nothing.

    Raises ``RecordRejected`` when not even the frame fits.
    """
    for _ in range(MOST_REPAIRS):
        try:
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            steps = _steps(error)
            if not steps or not _repair(value, kind, steps, "Expected `str" in str(error)):
                raise RecordRejected(
                    "The record does not have the shape this ATS promises.",
                    code="malformed_record",
                    field=_name(steps) or None,
                ) from None
            notes.add(f"dropped_value:{_name(steps[-1:]) or _name(steps)}", remote_id)
    raise RecordRejected("The record has too many wrong values.", code="malformed_record")


def _steps(error: msgspec.ValidationError) -> list[Step]:
    found = _PATH.search(str(error))
    if found is None:
        return []
    return [
        name or (int(place) if place.isdecimal() else ...)
        for name, place in _STEP.findall(found["path"])
    ]


def _name(steps: list[Step]) -> str:
    return ".".join(step for step in steps if isinstance(step, str))


def _repair(whole: Any, kind: type[T], steps: list[Step], wants_text: bool) -> bool:
    """Make the value at ``steps`` fit, in place. ``False`` when there is nothing there to change."""
    value = whole
    for place, step in enumerate(steps):
        if step is ...:
            return _drop_entries(whole, kind, value, steps[: place + 1])
        if place == len(steps) - 1:
            break
        value = value[step]
    last = steps[-1]
    if isinstance(value, list) and isinstance(last, int):
        wrong = value.pop(last)
        if wants_text and _is_number(wrong):
            value.insert(last, str(wrong))
        return True
    if not isinstance(value, dict) or last not in value:
        return False
    wrong = value[last]
    if wants_text and _is_number(wrong):
        value[last] = str(wrong)
    elif wrong is None:
        del value[last]
    else:
        value[last] = None
    return True


def _drop_entries(whole: Any, kind: type[T], entries: Any, where: list[Step]) -> bool:
    """Take out of an object with free names those entries that do not fit: the error does not name them."""
    if not isinstance(entries, dict):
        return False
    kept = {}
    everything = dict(entries)
    for name, one in everything.items():
        entries.clear()
        entries[name] = one
        try:
            msgspec.convert(whole, kind, strict=False)
        except msgspec.ValidationError as error:
            if _steps(error)[: len(where)] == where:
                continue
        kept[name] = one
    entries.clear()
    entries.update(kept)
    return len(kept) < len(everything)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
