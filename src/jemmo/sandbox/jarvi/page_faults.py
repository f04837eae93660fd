"""Faults in pages: duplicate rows, wrong counts, unusable values."""

from __future__ import annotations

from typing import Any

from jemmo.sandbox import page_faults
from jemmo.sandbox.changes import Changes
from jemmo.sandbox.faults import Faults
from jemmo.sandbox.jarvi.world import World
from jemmo.sandbox.mixing import mix
from jemmo.sandbox.page_faults import COMMON_NASTY, Row, Spoiler

# A value is the share of affected records, or of list requests for `shifting`.
PAGE_FAULTS: dict[str, float] = {
    "page_repeat": 1, "duplicate_ids": 1, "broken_count": 7, "shifting": 0.34,
    "record_without_id": 0.05, "nulls": 0.2, "wrong_types": 0.2, "huge": 0.02, "nasty_text": 0.2,
    "bad_dates": 0.2,
}  # fmt: skip
NASTY = (*COMMON_NASTY, "{{7*7}}${7*7}")
DATES = ("0000-00-00T00:00:00+00:00", "99999-01-01T00:00:00+02:00", "yesterday", "", 0,
         "2024-02-30T25:61:00+01:00", "2024-01-01")  # fmt: skip
TEXTS = ("firstName", "lastName", "name", "headline")


def shift(faults: Faults, world: World, changes: Changes[Any]) -> None:
    """Change the data during a read: remove, edit, create, in turn."""
    turn, rows = world.revision, world.numbers("profiles")
    op = page_faults.next_operation(faults, turn, is_empty=not rows)
    if op is None:
        return
    order: dict[str, Any] = {"op": op, "type": "profiles"}
    if op == "create":
        order["attributes"] = {"firstName": "Nouvelle", "lastName": f"Arrivée {turn}"}
    else:
        order["id"] = world.row("profiles", rows[mix(world.frame.seed, turn) % len(rows)])["id"]
    if op == "delete":
        order["hard"] = True
    if op == "edit":
        order["attributes"] = {"headline": f"v{turn}"}
    changes.apply(order)


def spoil(faults: Faults, rows: list[Row]) -> None:
    """Apply the active faults to rows, in place."""
    page_faults.spoil(faults, rows, SPOILERS, lambda row: int(str(row.get("id", "0"))[-12:], 16))


def _wrong_types(row: Row, bits: int) -> None:
    page_faults.mistype(row, bits, row, keep={"id", "isTalent", "deletedAt"})


def _huge(row: Row, _bits: int) -> None:
    row["headline" if "headline" in row else "name"] = "très long " * 110_000


def _dates(row: Row, bits: int) -> None:
    names = [name if name.endswith("At") and name != "deletedAt" else None for name in row]
    page_faults.replace_each(row, bits, names, DATES)


SPOILERS: dict[str, Spoiler] = {
    "nulls": lambda row, bits: page_faults.blank_texts(row, bits, ("id",)),
    "wrong_types": _wrong_types,
    "huge": _huge,
    "nasty_text": lambda row, bits: page_faults.replace_each(row, bits, TEXTS, NASTY),
    "bad_dates": _dates,
    "record_without_id": page_faults.drop_id,
}
