"""Faults in the content of a page: lost ids, nulls, wrong types, unusable text and dates."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from jemmo.sandbox.faults import Faults
from jemmo.sandbox.mixing import mix

Row = dict[str, Any]
Spoiler = Callable[[Row, int], None]

# A value is the share of affected records, or of list requests for `shifting`.
PAGE_FAULTS: dict[str, float] = {
    "duplicate_ids": 1, "page_repeat": 1, "shifting": 0.34, "record_without_id": 0.05,
    "nulls": 0.2, "wrong_types": 0.2, "nasty_text": 0.2, "bad_dates": 0.2,
}  # fmt: skip
COMMON_NASTY = (
    "\u0000Nul\u0000", "\u202e\u0625\u064a\u0645\u0627\u0646\u202c", "<script>alert(1)</script>",
    "'; DROP TABLE talents;--", '=HYPERLINK("x")', "A" * 5000, "line\nbreak\ttab\r",
)  # fmt: skip
NASTY = (*COMMON_NASTY, "{{7*7}}", "\ud83d")
DATES = ("0000-00-00T00:00:00Z", "99999-01-01T00:00:00Z", "yesterday", "", 0,
         "2024-02-30T25:61:00Z", "2024-01-01")  # fmt: skip
WRONG_TYPES: tuple[Any, ...] = (42, True, ["x"], {"value": "x"}, 3.5, "true")


def spoil(
    faults: Faults,
    rows: Collection[Row],
    spoilers: Mapping[str, Spoiler],
    number: Callable[[Row], int],
) -> None:
    """Apply the active faults to rows, in place.

    ``number`` turns a row's id into a number that decides how the row is spoiled, the same way on every read.
    """
    for name, spoiler in spoilers.items():
        share = faults.on.get(name, 0)
        for row in rows if share else ():
            bits = mix(len(name), number(row))
            if bits % 10_000 < share * 10_000:
                spoiler(row, bits >> 16)


def next_operation(faults: Faults, turn: int, *, is_empty: bool) -> str | None:
    """Return the next kind of change during a read, in turn, or None if ``shifting`` doesn't occur."""
    if not faults.strikes("shifting"):
        return None
    return "create" if is_empty else ("delete", "edit", "create")[turn % 3]


def blank_texts(row: Row, bits: int, keep: Sequence[str] = ()) -> None:
    """Replace every third text with null."""
    names = [name for name, value in row.items() if isinstance(value, str) and name not in keep]
    for name in names[bits % 3 :: 3]:
        row[name] = None


def mistype(row: Row, bits: int, names: Iterable[str], keep: Iterable[str] = ()) -> None:
    """Replace every fourth value with one of another type."""
    for n, name in enumerate(names):
        if (n + bits) % 4 == 0 and name not in keep:
            row[name] = WRONG_TYPES[(n + bits // 4) % len(WRONG_TYPES)]


def replace_each(row: Row, bits: int, names: Iterable[str | None], values: Sequence[Any]) -> None:
    """Replace the named fields, as far as the row has them, with these values in turn."""
    for n, name in enumerate(names):
        if name is not None and name in row:
            row[name] = values[(bits + n) % len(values)]


def _dates(row: Row) -> list[str]:
    return [name for name in row if name.endswith("_at")]


def _texts(row: Row) -> list[str]:
    dates = _dates(row)
    return [name for name, value in row.items() if isinstance(value, str) and name not in dates]


def drop_id(row: Row, _bits: int) -> None:
    row.pop("id", None)


SPOILERS: dict[str, Spoiler] = {
    "nulls": lambda row, bits: blank_texts(row, bits, _dates(row)),
    "wrong_types": lambda row, bits: mistype(row, bits, _texts(row)),
    "nasty_text": lambda row, bits: replace_each(row, bits, _texts(row), NASTY),
    "bad_dates": lambda row, bits: replace_each(row, bits, _dates(row), DATES),
    "record_without_id": drop_id,
}
"""For records with snake-case fields, whose dates end in ``_at``."""
