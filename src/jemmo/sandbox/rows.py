"""Records of one kind: computed from their number, with changes on top. Only changes cost memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from jemmo.sandbox.clock import Clock
from jemmo.sandbox.mixing import mix

DAY_MS = 86_400_000
SPAN_MS = 3 * 365 * DAY_MS
Row = dict[str, Any]


class Rows:
    """``make`` computes the record of a number; ``id``, ``created_at`` and ``updated_at`` are added to it."""

    def __init__(
        self, name: str, size: int, make: Callable[[int], Row], *, epoch_ms: int, clock: Clock
    ) -> None:
        self.name = name
        self.size = size
        self._make = make
        self._epoch = epoch_ms
        self._clock = clock
        self._patches: dict[int, Row] = {}
        self._changed: dict[int, int] = {}
        self._born: dict[int, int] = {}
        self._gone: set[int] = set()
        self._ids: list[int] | None = None
        self._children: dict[str, dict[Any, list[int]]] = {}

    def ids(self) -> list[int]:
        """Return the present records, oldest first."""
        if self._ids is None:
            every = [*range(1, self.size + 1), *self._born]
            self._ids = [record for record in every if record not in self._gone]
        return self._ids

    def has(self, record: int) -> bool:
        return record not in self._gone and (1 <= record <= self.size or record in self._born)

    def get(self, record: int) -> Row:
        """Return one record; KeyError if there is none."""
        if not self.has(record):
            raise KeyError(f"{self.name} {record}")
        made = {} if record in self._born else self._make(record)
        times = {"created_at": iso(self.created(record)), "updated_at": iso(self.updated(record))}
        return {"id": record, **made, **times, **self._patches.get(record, {})}

    def created(self, record: int) -> int:
        """Return when it was created, in milliseconds since 1970."""
        if record in self._born:
            return self._born[record]
        return self._epoch - SPAN_MS + (SPAN_MS - DAY_MS) * record // (self.size + 1)

    def updated(self, record: int) -> int:
        if record in self._changed:
            return self._changed[record]
        begin = self.created(record)
        return begin + (self._epoch - 1000 - begin) * (mix(record, 11) % 1000) // 1000

    def changed_since(self, moment: int) -> list[int]:
        """Return the records last changed at that moment or later, oldest first."""
        if moment >= self._epoch:
            return sorted(
                record for record, at in self._changed.items() if at >= moment and self.has(record)
            )
        return [record for record in self.ids() if self.updated(record) >= moment]

    def children(self, field: str, parents: set[int]) -> list[int]:
        """Return the records whose ``field`` names one of these, oldest first."""
        known = self._children.get(field)
        if known is None:
            known = self._children[field] = {}
            for record in self.ids():
                known.setdefault(self.get(record).get(field), []).append(record)
        return sorted(record for parent in parents for record in known.get(parent, ()))

    def put(self, record: int, values: Row, at: int | None = None, *, quiet: bool = False) -> None:
        """Change some values; ``quiet`` keeps the date."""
        self.get(record)
        self._patches.setdefault(record, {}).update(values)
        self._children.clear()
        if not quiet:
            self._changed[record] = self._clock.now_ms() if at is None else at

    def add(self, values: Row, at: int | None = None) -> int:
        record = max(self.size, max(self._born, default=0)) + 1
        self._born[record] = self._clock.now_ms() if at is None else at
        self._ids = None
        self.put(record, values, at)
        return record

    def drop(self, record: int) -> None:
        self.get(record)
        self._gone.add(record)
        self._ids = None
        self._children.clear()


def iso(ms: int) -> str:
    """Format a moment as ISO 8601 in UTC, with milliseconds.

    >>> iso(0)
    '1970-01-01T00:00:00.000Z'
    """
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
