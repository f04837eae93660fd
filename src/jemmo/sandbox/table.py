"""A type of record: computed base rows with an overlay of changes."""

import json
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jemmo.sandbox.clock import LocalTime, parse_ms
from jemmo.sandbox.overlay import Overlay


@dataclass(frozen=True, slots=True)
class Relation:
    """Where a relationship leads; `inverse` names the way back for one-to-many ones."""

    target: str
    many: bool = False
    inverse: str = ""


class Base(ABC):
    """The unchanged rows of one type, each computed from its position."""

    type: str
    attributes: tuple[str, ...]
    relations: dict[str, Relation]
    size: int

    @abstractmethod
    def id_at(self, row: int) -> int:
        """Return the id of a row; ids rise with rows."""

    @abstractmethod
    def row_of(self, record: int) -> int:
        """Return the row of an id, or -1."""

    @abstractmethod
    def values(self, row: int) -> tuple[str, ...]:
        """Return the attribute values as JSON texts, in the order of `attributes`."""

    @abstractmethod
    def related(self, row: int, name: str) -> tuple[int, ...]:
        """Return the ids a relationship leads to."""

    @abstractmethod
    def created_ms(self, row: int) -> int:
        """Return when the row was created."""

    @abstractmethod
    def updated_ms(self, row: int) -> int:
        """Return when the row was last changed."""

    def target(self, row: int, name: str) -> str:
        """Return the type a relationship leads to; overridden where it differs from row to row."""
        return self.relations[name].target

    def plain(self, row: int, name: str) -> str | None:
        """Return one attribute as JSON text without computing the rest, if that is easy."""
        return None

    def facet(self, row: int, name: str) -> Any:
        """Return one attribute as a Python value; overridden where a cheap way exists."""
        return json.loads(self.values(row)[self.attributes.index(name)])


class Table:
    """One type in its present state."""

    def __init__(self, base: Base, local: LocalTime) -> None:
        self.base = base
        self.overlay = Overlay()
        self.type = base.type
        self.attributes = base.attributes
        self.relations = base.relations
        self._local = local
        self._position = {name: n for n, name in enumerate(base.attributes)}
        self._last_id = base.id_at(base.size - 1) if base.size else 1000

    def __len__(self) -> int:
        lost = self.overlay.deleted
        return self.base.size + len(self.overlay.born) - len(lost)

    def exists(self, record: int) -> bool:
        """Return whether this id is present."""
        if record in self.overlay.deleted:
            return False
        return record in self.overlay.born or self.base.row_of(record) >= 0

    def next_id(self) -> int:
        """Return an id above all those ever used."""
        self._last_id += 2
        return self._last_id

    def claim(self, record: int) -> None:
        """Reserve this id: a journal replays the ids it assigned."""
        self._last_id = max(self._last_id, record)

    def newborn(self) -> list[int]:
        """Return the present ids that are not in the base data, ascending."""
        overlay = self.overlay
        return sorted(record for record in overlay.born if record not in overlay.deleted)

    def standing(self) -> int:
        """Return how many base rows are not deleted."""
        return self.base.size - len(self.overlay.deleted_rows)

    def slice(self, start: int, count: int) -> list[int]:
        """Return the ids at these positions, in the order of ids."""
        base, overlay, standing = self.base, self.overlay, self.standing()
        stop = min(start + count, standing)
        if overlay.deleted_rows:
            ids = [base.id_at(overlay.row_at(n)) for n in range(start, stop)]
        else:
            ids = [base.id_at(n) for n in range(start, stop)]
        if start + count > standing and overlay.born:
            newborn = self.newborn()
            ids += newborn[max(0, start - standing) : start + count - standing]
        return ids

    def position_after(self, record: int) -> int:
        """Return the position of the first id above this one."""
        base = self.base
        row = bisect_left(range(base.size), record + 1, key=base.id_at)
        before = row - self.overlay.rows_before(row)
        return before + bisect_left(self.newborn(), record + 1) if row == base.size else before

    def ids(self) -> Iterator[int]:
        """Walk all ids, ascending."""
        base, deleted = self.base, self.overlay.deleted
        for row in range(base.size):
            record = base.id_at(row)
            if record not in deleted:
                yield record
        yield from self.newborn()

    def values(self, record: int) -> tuple[str, ...]:
        """Return the attribute values as JSON texts, changes included."""
        if record not in self.overlay.updated:
            return self.base.values(self.base.row_of(record))
        return self._changed_values(record)

    def _changed_values(self, record: int) -> tuple[str, ...]:
        overlay = self.overlay
        row = self.base.row_of(record)
        texts = list(self.base.values(row)) if row >= 0 else ["null"] * len(self.attributes)
        for name, value in overlay.attributes.get(record, {}).items():
            if name in self._position:
                texts[self._position[name]] = json.dumps(value)
        if "updated-at" in self._position:
            texts[self._position["updated-at"]] = self._local.text(overlay.updated[record])
        if record in overlay.born and "created-at" in self._position:
            texts[self._position["created-at"]] = self._local.text(overlay.born[record])
        return tuple(texts)

    def facet(self, record: int, name: str) -> Any:
        """Return one attribute as a Python value."""
        if record in self.overlay.updated:
            return json.loads(self.values(record)[self._position[name]])
        return self.base.facet(self.base.row_of(record), name)

    def created_ms(self, record: int) -> int:
        """Return when the record was created."""
        born = self.overlay.born.get(record)
        return born if born is not None else self.base.created_ms(self.base.row_of(record))

    def updated_ms(self, record: int) -> int:
        """Return when the record was last changed."""
        at = self.overlay.updated.get(record)
        return at if at is not None else self.base.updated_ms(self.base.row_of(record))

    def moment(self, record: int, name: str) -> int | None:
        """Return a timestamp attribute in milliseconds, None where it is null."""
        if name == "updated-at":
            return self.updated_ms(record)
        if name == "created-at":
            return self.created_ms(record)
        text = self.facet(record, name)
        return parse_ms(text, self._local.zone) if text else None

    def target(self, record: int, name: str) -> str:
        """Return the type a relationship leads to from this record."""
        return self.base.target(self.base.row_of(record), name)
