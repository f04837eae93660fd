"""Faults in responses: duplicate rows, unusable values, rows that change during a read."""

from __future__ import annotations

from typing import Any

from jemmo.sandbox import page_faults
from jemmo.sandbox.changes import Changes
from jemmo.sandbox.faults import Faults
from jemmo.sandbox.flatchr.frame import FIRST_APPLICANT
from jemmo.sandbox.flatchr.world import World
from jemmo.sandbox.mixing import mix
from jemmo.sandbox.page_faults import COMMON_NASTY, Row, Spoiler

# A value is the share of affected records, or of searches for `shifting`.
PAGE_FAULTS: dict[str, float] = {
    "duplicate_ids": 1, "shifting": 0.34, "record_without_id": 0.05, "nulls": 0.2,
    "wrong_types": 0.2, "huge": 0.02, "nasty_text": 0.2, "bad_dates": 0.2, "orphans": 0.15,
}  # fmt: skip
NASTY = (*COMMON_NASTY, "{{7*7}}${7*7}")
DATES = ("00/00/00", "31/02/25", "99/99/99", "hier", "", 0, -1, 10**18, "2024-02-30T25:61:00.000Z",
         None, "1/2/3")  # fmt: skip
TEXTS = ("firstname", "lastname", "title", "source", "reference", "column")
IDS = ("id", "applicant", "vacancy_id")


def shift(faults: Faults, world: World, changes: Changes[Any]) -> None:
    """Change the data during a read: remove, edit, create, in turn."""
    turn = world.revision
    row = mix(world.frame.seed, turn) % max(1, world.sizes["applicants"])
    op = page_faults.next_operation(faults, turn, is_empty=not world.exists("applicants", row))
    if op is None:
        return
    order: dict[str, Any] = {"op": op, "type": "applicants"}
    if op == "create":
        order["attributes"] = {"lastname": f"Arrivée {turn}"}
    else:
        order["id"] = row + FIRST_APPLICANT
    if op == "edit":
        order["attributes"] = {"score": 5}
    changes.apply(order)


def spoil(faults: Faults, rows: list[Row], key: str) -> list[Row]:
    """Return the rows with the active faults; `key` names their id."""
    if "duplicate_ids" in faults.on:
        rows = rows + [dict(row) for row in rows[-1:]]
    page_faults.spoil(faults, rows, SPOILERS, lambda row: _number(str(row.get(key))))
    return rows


def _number(code: str) -> int:
    return sum(ord(letter) << n for n, letter in enumerate(code))


def _drop_ids(row: Row, _bits: int) -> None:
    row.pop("applicant", None)
    row.pop("id", None)
    if "applicant" not in row and "firstname" not in row:
        row.pop("vacancy_id", None)


def _wrong_types(row: Row, bits: int) -> None:
    page_faults.mistype(row, bits, row, keep={*IDS, "status", "created_at"})


def _huge(row: Row, _bits: int) -> None:
    row["lastname" if "lastname" in row else "title"] = "très long " * 110_000


def _dates(row: Row, bits: int) -> None:
    names = [name if name.endswith("_at") else None for name in row]
    page_faults.replace_each(row, bits, names, DATES)


def _orphan(row: Row, bits: int) -> None:
    if "applicant" in row:
        row["vacancy_id"] = 900_000 + bits % 10


SPOILERS: dict[str, Spoiler] = {
    "nulls": lambda row, bits: page_faults.blank_texts(row, bits, IDS),
    "wrong_types": _wrong_types,
    "huge": _huge,
    "nasty_text": lambda row, bits: page_faults.replace_each(row, bits, TEXTS, NASTY),
    "bad_dates": _dates,
    "orphans": _orphan,
    "record_without_id": _drop_ids,
}
