"""What has changed since the base data: edits, deletions and creations, kept per type."""

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Overlay:
    """Changes to one type. Keys are record ids; `deleted_rows` are base positions, sorted.

    `merged` names the record into which a deleted one was merged, `alone` are deleted ones to which others still point.
    """

    attributes: dict[int, dict[str, Any]] = field(default_factory=dict)
    links: dict[int, dict[str, tuple[int, ...]]] = field(default_factory=dict)
    updated: dict[int, int] = field(default_factory=dict)
    born: dict[int, int] = field(default_factory=dict)
    files: dict[int, list[str]] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    deleted_rows: list[int] = field(default_factory=list)
    merged: dict[int, int] = field(default_factory=dict)
    alone: set[int] = field(default_factory=set)

    def touched(self) -> set[int]:
        """Return every id that differs from the base data, deleted ones included."""
        return set(self.updated) | set(self.links) | self.deleted

    def bury(self, record: int, row: int) -> None:
        """Mark a record as gone; `row` is its base position, or -1 if it was created here."""
        self.deleted.add(record)
        if row >= 0:
            insort(self.deleted_rows, row)

    def row_at(self, position: int) -> int:
        """Return the base row that stands at this position once the deleted ones are gone."""
        rows = self.deleted_rows
        if not rows:
            return position
        return position + bisect_right(range(len(rows)), position, key=lambda n: rows[n] - n)

    def rows_before(self, row: int) -> int:
        """Return how many deleted base rows stand before this one."""
        return bisect_right(self.deleted_rows, row - 1)
