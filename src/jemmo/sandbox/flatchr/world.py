"""The account's present state: computed rows with changes applied."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any

from jemmo.sandbox.clock import Clock
from jemmo.sandbox.flatchr.applicants import Applicants
from jemmo.sandbox.flatchr.frame import COLUMNS, FIRST_APPLICANT, FIRST_COLUMN, FIRST_VACANCY, Frame
from jemmo.sandbox.flatchr.ids import number
from jemmo.sandbox.flatchr.moments import Calendar
from jemmo.sandbox.flatchr.vacancies import Vacancies

KINDS = {"applicants": "applicant", "vacancies": "vacancy", "columns": "column"}
FIRST = {"applicants": FIRST_APPLICANT, "vacancies": FIRST_VACANCY, "columns": FIRST_COLUMN}
NUMBER = {"applicants": "applicant_id", "vacancies": "vacancy_id", "columns": "id"}


class World:
    """All rows by kind and number. `revision` rises with every change."""

    def __init__(self, *, seed: int, talents: int, epoch_ms: int, zone: str, clock: Clock) -> None:
        self.clock = clock
        self.calendar = Calendar(zone)
        self.frame = Frame(seed, talents, epoch_ms)
        self._applicants = Applicants(self.frame)
        self._vacancies = Vacancies(self.frame)
        self.sizes = {
            "applicants": talents, "vacancies": self.frame.vacancies, "columns": len(COLUMNS)
        }  # fmt: skip
        self.patches: dict[str, dict[int, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self.born: dict[str, list[int]] = {kind: [] for kind in KINDS}
        self.removed: dict[str, set[int]] = {kind: set() for kind in KINDS}
        self.revision = 0
        self._orders: dict[str, tuple[list[int], list[int]]] = {}

    def numbers(self, kind: str) -> Iterator[int]:
        """Yield the numbers of the present rows, oldest first."""
        gone = self.removed[kind]
        yield from (row for row in range(self.sizes[kind]) if row not in gone)
        yield from (row for row in self.born[kind] if row not in gone)

    def count(self, kind: str) -> int:
        """Return how many rows are present."""
        return self.sizes[kind] + len(self.born[kind]) - len(self.removed[kind])

    def exists(self, kind: str, row: int) -> bool:
        """Return whether this row is present."""
        known = 0 <= row < self.sizes[kind] or row in self.born[kind]
        return known and row not in self.removed[kind]

    def find(self, kind: str, record: str | int) -> int:
        """Return a row's number by either of its ids; KeyError if there is none."""
        text = str(record)
        record_number = (
            int(text) if text.isdigit() and len(text) < 12 else number(KINDS[kind], text)
        )
        row = record_number - FIRST[kind]
        if not self.exists(kind, row):
            raise KeyError(f"{kind} {record}")
        return row

    def next_row(self, kind: str) -> int:
        """Return a number that was never used."""
        return max([self.sizes[kind] - 1, *self.born[kind]]) + 1

    def row(self, kind: str, row: int) -> dict[str, Any]:
        """Return the facts of one row with its changes."""
        patch = self.patches[kind].get(row, {})
        if row >= self.sizes[kind]:
            return {NUMBER[kind]: FIRST[kind] + row, **patch}
        if kind == "columns":
            return self._column(row) | patch
        made = self._applicants if kind == "applicants" else self._vacancies
        return made.row(row) | patch

    def _column(self, row: int) -> dict[str, Any]:
        title, visible, hired = COLUMNS[row]
        founded = self.frame.founded_ms
        return {
            "id": FIRST_COLUMN + row, "title": title, "position": row, "visible": visible,
            "hired": hired, "created_ms": founded, "updated_ms": founded,
        }  # fmt: skip

    def columns(self) -> list[dict[str, Any]]:
        """Return the present columns in their order."""
        columns = [self.row("columns", row) for row in self.numbers("columns")]
        return sorted(columns, key=lambda column: (column["position"], column["id"]))

    def within(self, name: str, first_ms: int, last_ms: int) -> Iterator[int]:
        """Yield the applicants whose `created_ms` or `updated_ms` is between two moments, newest first."""
        patched = self.patches["applicants"]
        extra = [row for row in patched if self.exists("applicants", row)]
        extra = [row for row in extra if first_ms <= self.row("applicants", row)[name] <= last_ms]
        yield from sorted(extra, reverse=True)
        order, moments = self._order(name)
        gone = self.removed["applicants"]
        start, stop = bisect_left(moments, first_ms), bisect_right(moments, last_ms)
        for place in range(stop - 1, start - 1, -1):
            if order[place] not in patched and order[place] not in gone:
                yield order[place]

    def _order(self, name: str) -> tuple[list[int], list[int]]:
        if name not in self._orders:
            moments = self.frame.created if name == "created_ms" else self.frame.updated
            order = sorted(range(len(moments)), key=moments.__getitem__)
            self._orders[name] = order, [moments[row] for row in order]
        return self._orders[name]

    def patch(self, kind: str, row: int, values: dict[str, Any]) -> None:
        """Change values of a row."""
        self.patches[kind].setdefault(row, {}).update(values)
        self.revision += 1
