"""Faults in what a page says, for records of any shape: lost ids, nulls, odd types, unusable text and dates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jemmo.sandbox.faults import Faults
from jemmo.sandbox.mixing import mix

# The measure is the share of records hit, or for `shifting` of list requests.
PAGE_FAULTS: dict[str, float] = {
    "duplicate_ids": 1, "page_repeat": 1, "shifting": 0.34, "record_without_id": 0.05,
    "nulls": 0.2, "wrong_types": 0.2, "nasty_text": 0.2, "bad_dates": 0.2,
}  # fmt: skip
NASTY = (
    "\u0000Nul\u0000", "\u202e\u0625\u064a\u0645\u0627\u0646\u202c", "<script>alert(1)</script>",
    "'; DROP TABLE talents;--", '=HYPERLINK("x")', "A" * 5000, "line\nbreak\ttab\r", "{{7*7}}",
    "\ud83d",
)  # fmt: skip
DATES = ("0000-00-00T00:00:00Z", "99999-01-01T00:00:00Z", "yesterday", "", 0,
         "2024-02-30T25:61:00Z", "2024-01-01")  # fmt: skip
ODD: tuple[Any, ...] = (42, True, ["x"], {"value": "x"}, 3.5, "true")
Row = dict[str, Any]


def spoil(faults: Faults, rows: list[Row]) -> list[Row]:
    """The rows with the faults that are on. Decided by the id: a record is spoilt the same on every reading."""
    for name, spoiler in SPOILERS.items():
        share = faults.on.get(name)
        for row in rows if share is not None else ():
            bits = mix(len(name), int(row.get("id") or 0))
            if bits % 10_000 < (share or 0) * 10_000:
                spoiler(row, bits >> 16)
    return rows


def _texts(row: Row) -> list[str]:
    return [name for name, value in row.items() if isinstance(value, str) and not _date(name)]


def _date(name: str) -> bool:
    return name.endswith("_at")


def _nulls(row: Row, bits: int) -> None:
    for name in _texts(row)[bits % 3 :: 3]:
        row[name] = None


def _types(row: Row, bits: int) -> None:
    for n, name in enumerate(_texts(row)):
        if (n + bits) % 4 == 0:
            row[name] = ODD[(n + bits // 4) % len(ODD)]


def _nasty(row: Row, bits: int) -> None:
    for n, name in enumerate(_texts(row)):
        row[name] = NASTY[(bits + n) % len(NASTY)]


def _dates(row: Row, bits: int) -> None:
    for n, name in enumerate(name for name in row if _date(name)):
        row[name] = DATES[(bits + n) % len(DATES)]


def _without_id(row: Row, _bits: int) -> None:
    row.pop("id", None)


SPOILERS: dict[str, Callable[[Row, int], None]] = {
    "nulls": _nulls, "wrong_types": _types, "nasty_text": _nasty, "bad_dates": _dates,
    "record_without_id": _without_id,
}  # fmt: skip
