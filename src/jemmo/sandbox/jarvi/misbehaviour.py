"""Faults in what a page says: doubled rows, wrong counts, unusable values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jemmo.sandbox.mixing import mix

if TYPE_CHECKING:
    from jemmo.sandbox.jarvi.app import Jarvi

# The measure is the share of records hit, or for `shifting` of list requests.
PAGE_FAULTS: dict[str, float] = {
    "page_repeat": 1, "duplicate_ids": 1, "broken_count": 7, "shifting": 0.34,
    "record_without_id": 0.05, "nulls": 0.2, "wrong_types": 0.2, "huge": 0.02, "nasty_text": 0.2,
    "bad_dates": 0.2,
}  # fmt: skip
NASTY = (
    "\u0000Nul\u0000", "\u202e\u0625\u064a\u0645\u0627\u0646\u202c", "<script>alert(1)</script>",
    "'; DROP TABLE talents;--", '=HYPERLINK("x")', "A" * 5000, "line\nbreak\ttab\r",
    "{{7*7}}${7*7}",
)  # fmt: skip
DATES = ("0000-00-00T00:00:00+00:00", "99999-01-01T00:00:00+02:00", "yesterday", "", 0,
         "2024-02-30T25:61:00+01:00", "2024-01-01")  # fmt: skip
TEXTS = ("firstName", "lastName", "name", "headline")


def shift(provider: Jarvi) -> None:
    """Change the data under the reader: remove, edit, create, in turn."""
    if not provider.faults.strikes("shifting"):
        return
    world = provider.world
    rows = world.numbers("profiles")
    turn = world.revision
    if turn % 3 == 2 or not rows:
        provider.changes.apply(
            {"op": "create", "type": "profiles",
             "attributes": {"firstName": "Nouvelle", "lastName": f"Arrivée {turn}"}}
        )  # fmt: skip
        return
    record = world.row("profiles", rows[mix(world.frame.seed, turn) % len(rows)])["id"]
    order: dict[str, Any] = {"op": "delete", "hard": True}
    if turn % 3 == 1:
        order = {"op": "edit", "attributes": {"headline": f"v{turn}"}}
    provider.changes.apply({**order, "type": "profiles", "id": record})


def spoil(provider: Jarvi, rows: list[dict[str, Any]]) -> None:
    """Spoil rows, in place, with the faults that are on."""
    for name, spoiler in SPOILERS.items():
        share = provider.faults.on.get(name)
        if share is None:
            continue
        for row in rows:
            # Decided by the id, so that the same record is spoilt on every reading.
            bits = mix(len(name), int(str(row.get("id", "0"))[-12:], 16))
            if bits % 10_000 < share * 10_000:
                spoiler(row, bits >> 16)


def _without_id(row: dict[str, Any], _bits: int) -> None:
    row.pop("id", None)


def _nulls(row: dict[str, Any], bits: int) -> None:
    names = [name for name, value in row.items() if isinstance(value, str) and name != "id"]
    for name in names[bits % 3 :: 3]:
        row[name] = None


def _wrong_types(row: dict[str, Any], bits: int) -> None:
    odd: tuple[Any, ...] = (42, True, ["x"], {"value": "x"}, 3.5, "true")
    for n, name in enumerate(row):
        if (n + bits) % 4 == 0 and name not in {"id", "isTalent", "deletedAt"}:
            row[name] = odd[(n + bits // 4) % len(odd)]


def _huge(row: dict[str, Any], _bits: int) -> None:
    row["headline" if "headline" in row else "name"] = "très long " * 110_000


def _nasty(row: dict[str, Any], bits: int) -> None:
    for n, name in enumerate(TEXTS):
        if name in row:
            row[name] = NASTY[(bits + n) % len(NASTY)]


def _dates(row: dict[str, Any], bits: int) -> None:
    for n, name in enumerate(row):
        if name.endswith("At") and name != "deletedAt":
            row[name] = DATES[(bits + n) % len(DATES)]


SPOILERS: dict[str, Callable[[dict[str, Any], int], None]] = {
    "nulls": _nulls, "wrong_types": _wrong_types, "huge": _huge, "nasty_text": _nasty,
    "bad_dates": _dates, "record_without_id": _without_id,
}  # fmt: skip
