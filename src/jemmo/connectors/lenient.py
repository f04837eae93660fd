"""Reads a record that breaks its vendor's promises: what fits is kept, what does not is left out and noted."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from jemmo.domain.errors import RecordRejected
from jemmo.domain.streams import Notes

T = TypeVar("T")

_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
MOST_REPAIRS = 40


def convert(value: Any, kind: type[T], remote_id: str, notes: Notes) -> T:
    """``value``, decoded JSON, as ``kind``. Values of a wrong type become text where text is promised, else nothing.

    Raises ``RecordRejected`` when not even the frame fits.
    """
    for _ in range(MOST_REPAIRS):
        try:
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            steps = _steps(str(error))
            if not steps or not _repair(value, steps, "Expected `str" in str(error)):
                raise RecordRejected(
                    "The record does not have the shape this ATS promises.",
                    code="malformed_record",
                    field=".".join(map(str, steps)) or None,
                ) from None
            notes.add(f"dropped_value:{steps[-1]}", remote_id)
    raise RecordRejected("The record has too many wrong values.", code="malformed_record")


def _steps(message: str) -> list[str | int]:
    found = _PATH.search(message)
    if found is None:
        return []
    return [
        name or (int(index) if index.isdecimal() else 0)
        for name, index in _STEP.findall(found["path"])
    ]


def _repair(value: Any, steps: list[str | int], wants_text: bool) -> bool:
    """Make the value at ``steps`` fit, in place. ``False`` when there is nothing there to change."""
    for step in steps[:-1]:
        value = value[step]
    last = steps[-1]
    if isinstance(value, list):
        value.clear()  # `[...]` does not say which element is wrong
        return True
    if not isinstance(value, dict) or last not in value:
        return False
    wrong = value[last]
    if wants_text and isinstance(wrong, int | float) and not isinstance(wrong, bool):
        value[last] = str(wrong)
    elif wrong is None:
        del value[last]
    else:
        value[last] = None
    return True
