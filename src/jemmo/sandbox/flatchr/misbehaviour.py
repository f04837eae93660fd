"""Faults in what an answer says: doubled rows, unusable values, rows that change under the reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jemmo.sandbox.mixing import mix

if TYPE_CHECKING:
    from jemmo.sandbox.flatchr.app import Flatchr

# The measure is the share of records hit, or for `shifting` of searches.
PAGE_FAULTS: dict[str, float] = {
    "duplicate_ids": 1, "shifting": 0.34, "record_without_id": 0.05, "nulls": 0.2,
    "wrong_types": 0.2, "huge": 0.02, "nasty_text": 0.2, "bad_dates": 0.2, "orphans": 0.15,
}  # fmt: skip
NASTY = (
    "\u0000Nul\u0000", "\u202e\u0625\u064a\u0645\u0627\u0646\u202c", "<script>alert(1)</script>",
    "'; DROP TABLE talents;--", '=HYPERLINK("x")', "A" * 5000, "line\nbreak\ttab\r", "{{7*7}}${7*7}",
)  # fmt: skip
DATES = ("00/00/00", "31/02/25", "99/99/99", "hier", "", 0, -1, 10**18, "2024-02-30T25:61:00.000Z",
         None, "1/2/3")  # fmt: skip
TEXTS = ("firstname", "lastname", "title", "source", "reference", "column")


def shift(provider: Flatchr) -> None:
    """Change the data under the reader: remove, edit, create, in turn."""
    if not provider.faults.strikes("shifting"):
        return
    world, turn = provider.world, provider.world.revision
    row = mix(world.frame.seed, turn) % max(1, world.sizes["applicants"])
    if turn % 3 == 2 or not world.there("applicants", row):
        order: dict[str, Any] = {"op": "create", "attributes": {"lastname": f"Arrivée {turn}"}}
    elif turn % 3 == 0:
        order = {"op": "delete", "id": row + provider.first_applicant}
    else:
        order = {"op": "edit", "id": row + provider.first_applicant, "attributes": {"score": 5}}
    provider.changes.apply({**order, "type": "applicants"})


def spoil(provider: Flatchr, rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Return the rows with the faults that are on; `key` names their id."""
    on = provider.faults.on
    if "duplicate_ids" in on:
        rows = rows + [dict(row) for row in rows[-1:]]
    for name, spoiler in SPOILERS.items():
        for row in rows if name in on else ():
            # Decided by the id, so that the same record is spoilt on every reading.
            bits = mix(
                len(name), sum(ord(letter) << n for n, letter in enumerate(str(row.get(key))))
            )
            if bits % 10_000 < on[name] * 10_000:
                spoiler(row, bits >> 16)
    return rows


def _without_id(row: dict[str, Any], _bits: int) -> None:
    row.pop("applicant", None)
    row.pop("id", None)
    if "applicant" not in row and "firstname" not in row:
        row.pop("vacancy_id", None)


def _nulls(row: dict[str, Any], bits: int) -> None:
    names = [name for name, value in row.items() if isinstance(value, str) and name not in IDS]
    for name in names[bits % 3 :: 3]:
        row[name] = None


def _wrong_types(row: dict[str, Any], bits: int) -> None:
    odd: tuple[Any, ...] = (42, True, ["x"], {"value": "x"}, 3.5, "true")
    for n, name in enumerate(row):
        if (n + bits) % 4 == 0 and name not in {*IDS, "status", "created_at"}:
            row[name] = odd[(n + bits // 4) % len(odd)]


def _huge(row: dict[str, Any], _bits: int) -> None:
    row["lastname" if "lastname" in row else "title"] = "très long " * 110_000


def _nasty(row: dict[str, Any], bits: int) -> None:
    for n, name in enumerate(TEXTS):
        if name in row:
            row[name] = NASTY[(bits + n) % len(NASTY)]


def _dates(row: dict[str, Any], bits: int) -> None:
    for n, name in enumerate(row):
        if name.endswith("_at"):
            row[name] = DATES[(bits + n) % len(DATES)]


def _orphan(row: dict[str, Any], bits: int) -> None:
    if "applicant" in row:
        row["vacancy_id"] = 900_000 + bits % 10


IDS = ("id", "applicant", "vacancy_id")
SPOILERS: dict[str, Callable[[dict[str, Any], int], None]] = {
    "nulls": _nulls, "wrong_types": _wrong_types, "huge": _huge, "nasty_text": _nasty,
    "bad_dates": _dates, "orphans": _orphan, "record_without_id": _without_id,
}  # fmt: skip
