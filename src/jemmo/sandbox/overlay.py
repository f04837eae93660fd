"""Edits, deletions and creations of one type, on top of its base data."""

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Overlay:
    """Changes to one type. Keys are record ids; `deleted_rows` are base positions, sorted.

    `merged` maps a deleted record to the one it was merged into. Other records still point to the `dangling` ones.
    """

    attributes: dict[int, dict[str, Any]] = field(default_factory=dict)
    links: dict[int, dict[str, tuple[int, ...]]] = field(default_factory=dict)
    updated: dict[int, int] = field(default_factory=dict)
    born: dict[int, int] = field(default_factory=dict)
    files: dict[int, list[str]] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    deleted_rows: list[int] = field(default_factory=list)
    merged: dict[int, int] = field(default_factory=dict)
    dangling: set[int] = field(default_factory=set)

    def changed_ids(self) -> set[int]:
        """Return every id that differs from the base data, deleted ones included."""
        return set(self.updated) | set(self.links) | self.deleted

    def delete(self, record: int, row: int) -> None:
        """Mark a record as deleted; `row` is its base position, or -1 if it was created here."""
        self.deleted.add(record)
        if row >= 0:
            insort(self.deleted_rows, row)

    def row_at(self, position: int) -> int:
        """Return the base row at this position, not counting deleted rows."""
        rows = self.deleted_rows
        if not rows:
            return position
        return position + bisect_right(range(len(rows)), position, key=lambda n: rows[n] - n)

    def rows_before(self, row: int) -> int:
        """Return how many deleted base rows come before this one."""
        return bisect_right(self.deleted_rows, row - 1)
