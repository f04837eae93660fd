"""Filters and sorts the rows of a list, cached until something changes."""

from array import array
from collections.abc import Callable, Iterable
from datetime import UTC
from typing import Any

from jemmo.sandbox.clock import parse_ms
from jemmo.sandbox.table import Table
from jemmo.sandbox.teamtailor.query import TIME_FILTERS, Query
from jemmo.sandbox.teamtailor.refusal import bad_request
from jemmo.sandbox.teamtailor.switches import Switches
from jemmo.sandbox.teamtailor.world import World

CHUNK = 1024
REMEMBERED = 8
STATUSES = frozenset(["published", "unlisted", "archived", "draft", "scheduled", "all"])
VISIBLE_STATUSES = {"public": {"published"}, "internal": {"published", "unlisted", "archived"}}
Test = Callable[[int], bool]


class Moments:
    """When each base row was last changed, with the range of each chunk to skip most chunks."""

    def __init__(self, table: Table) -> None:
        base = table.base
        self._at = array("q", (base.updated_ms(row) for row in range(base.size)))
        chunks = [self._at[n : n + CHUNK] for n in range(0, base.size, CHUNK)]
        self._spans = [(min(chunk), max(chunk)) for chunk in chunks]

    def between(self, low: int, high: int) -> list[int]:
        """Return the rows changed between two moments, both included."""
        at = self._at
        return [
            row
            for n, (least, most) in enumerate(self._spans)
            if most >= low and least <= high
            for row in range(n * CHUNK, min(len(at), (n + 1) * CHUNK))
            if low <= at[row] <= high
        ]

    def order(self) -> list[int]:
        """Return all rows, longest unchanged first."""
        return sorted(range(len(self._at)), key=self._at.__getitem__)


class Rows:
    """Selects the ids of a query, in its order."""

    def __init__(self, world: World, switches: Switches) -> None:
        self._world = world
        self._switches = switches
        self._moments: dict[str, Moments] = {}
        self._known: dict[Any, list[int]] = {}
        self._revision = 0

    def select(self, query: Query, scope: str, among: tuple[int, ...] | None) -> list[int] | None:
        """Return the selected ids, or None for the whole table in the order of ids."""
        hides = self._switches.restricted == "hidden" and query.kind == "candidates"
        plain = not query.filters and query.sort in ((), ("id",)) and not hides
        if plain and among is None and query.kind != "jobs":
            return None
        key = (query.kind, tuple(sorted(query.filters.items())), query.sort, scope, among, hides)
        if self._revision != self._world.revision:
            self._known.clear()
            self._revision = self._world.revision
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.pop(next(iter(self._known)))
            self._known[key] = self._sorted(query, self._filtered(query, scope, among, hides=hides))
        return self._known[key]

    def _filtered(
        self, query: Query, scope: str, among: tuple[int, ...] | None, *, hides: bool
    ) -> list[int]:
        table = self._world.tables[query.kind]
        tests = self._tests(query, table)
        if query.kind == "jobs":
            tests += self._job_tests(query, table, scope, listed=among is None)
        if hides:
            tests.append(lambda record: table.facet(record, "restricted-at") is None)
        ids = self._start(query, table, among)
        return [record for record in ids if all(test(record) for test in tests)]

    def _start(self, query: Query, table: Table, among: tuple[int, ...] | None) -> Iterable[int]:
        if among is not None:
            return among
        candidate = query.filters.get(("candidate", ""))
        if (
            candidate
            and candidate.isdigit()
            and self._world.tables["candidates"].exists(int(candidate))
        ):
            return self._world.related("candidates", int(candidate), "job-applications")
        low, high = (query.filters.get(("updated-at", side)) for side in ("from", "to"))
        if low is None and high is None:
            return table.ids()
        return self._changed(table, *self._bounds(low, high))

    def _changed(self, table: Table, low: int, high: int) -> list[int]:
        overlay, base = table.overlay, table.base
        rows: list[int] = []
        if low < self._world.frame.epoch_ms:  # all base rows are older than the epoch
            rows = self.moments(table).between(low, high)
        records = {base.id_at(row) for row in rows}
        records -= overlay.updated.keys() | overlay.deleted
        records |= {n for n, at in overlay.updated.items() if low <= at <= high and table.exists(n)}
        return sorted(records)

    def moments(self, table: Table) -> Moments:
        """Return the moments of a table, computed on first use."""
        if table.type not in self._moments:
            self._moments[table.type] = Moments(table)
        return self._moments[table.type]

    def _bounds(self, low: str | None, high: str | None) -> tuple[int, int]:
        fine = self._switches.granularity == "ms"
        shut = self._switches.bounds == "inclusive"
        start = self._moment(low) if low is not None else 0
        end = self._moment(high) if high is not None else 1 << 60
        if not fine:
            start, end = start // 1000 * 1000, end // 1000 * 1000 + (999 if shut else 0)
        if not shut:
            start, end = start + (1 if fine else 1000), end - 1
        return start, end

    def _moment(self, text: str) -> int:
        zone: Any = self._world.local.zone if self._switches.bare_date == "company" else UTC
        try:
            return parse_ms(text, zone)
        except (ValueError, OverflowError):
            raise bad_request(
                "Invalid filter value", f"{text} is not a valid date", "103"
            ) from None

    def _tests(self, query: Query, table: Table) -> list[Test]:
        tests: list[Test] = []
        for name in TIME_FILTERS & {name for name, _ in query.filters}:
            low, high = (query.filters.get((name, side)) for side in ("from", "to"))
            tests.append(self._within(table, name, *self._bounds(low, high)))
        for (name, _), value in query.filters.items():
            if name not in TIME_FILTERS and name not in ("status", "feed"):
                tests.append(self._matches(table, name, value))
        return tests

    def _within(self, table: Table, name: str, low: int, high: int) -> Test:
        def test(record: int) -> bool:
            at = table.moment(record, name)
            return at is not None and low <= at <= high

        return test

    def _matches(self, table: Table, name: str, value: str) -> Test:
        values = set(value.split(","))
        if name == "stage-type" and table.type == "job-applications":
            stages = self._world.tables["stages"]
            return lambda n: any(
                stages.facet(s, "legacy-stage-type-name") in values
                for s in self._world.related(table.type, n, "stage")
            )
        link = "job" if name == "job-id" else name
        if link in table.relations:
            return lambda n: any(str(r) in values for r in self._world.related(table.type, n, link))
        if name == "tags":
            return lambda n: not values.isdisjoint(table.facet(n, name))
        if name == "connected":
            return lambda n: bool(table.facet(n, name)) == (value.lower() == "true")
        return lambda n: str(table.facet(n, name)) in values

    def _job_tests(self, query: Query, table: Table, scope: str, *, listed: bool) -> list[Test]:
        tests: list[Test] = []
        if scope != "admin":
            tests.append(lambda n: table.facet(n, "human-status") in VISIBLE_STATUSES[scope])
            tests.append(lambda n: scope == "internal" or not table.facet(n, "internal"))
        status = query.filters.get(("status", ""), "published" if listed else "all")
        if unknown := set(status.split(",")) - STATUSES:
            raise bad_request(
                "Invalid filter value", f"{unknown.pop()} is not a valid value for status.", "103"
            )
        if "all" not in status.split(","):
            statuses = set(status.split(","))
            tests.append(lambda n: table.facet(n, "human-status") in statuses)
        feeds = self._feeds(
            query.filters.get(("feed", ""), "public" if listed else "public,internal")
        )
        tests.append(lambda n: table.facet(n, "internal") in feeds)
        return tests

    def _feeds(self, text: str) -> set[bool]:
        asked = text.split(",")
        if set(asked) - {"public", "internal"}:
            raise bad_request(
                "Invalid filter value", f"{text} is not a valid value for feed.", "103"
            )
        if len(asked) > 1 and self._switches.feed_combined != "both":
            if self._switches.feed_combined == "refuse":
                raise bad_request(
                    "Invalid filter value", f"{text} is not a valid value for feed.", "103"
                )
            asked = asked[:1]
        return {name == "internal" for name in asked}

    def _sorted(self, query: Query, ids: list[int]) -> list[int]:
        table = self._world.tables[query.kind]
        keys = query.sort or (("-pinned", "date") if query.kind == "jobs" else ("id",))
        if keys in (("-updated-at",), ("updated-at",)) and len(ids) == len(table) > CHUNK:
            return self._by_change(table, descending=keys[0][0] == "-")
        for key in reversed(keys):
            name = key.removeprefix("-")
            ids = sorted(ids, key=self._key(table, name), reverse=key.startswith("-"))
        return ids

    def _by_change(self, table: Table, *, descending: bool) -> list[int]:
        overlay, base = table.overlay, table.base
        gone = overlay.updated.keys() | overlay.deleted
        order = [base.id_at(row) for row in self.moments(table).order()]
        moved = [n for n in overlay.updated if table.exists(n)]
        kept = [n for n in order if n not in gone] if gone else order
        ordered = sorted(kept + moved, key=table.updated_ms) if moved else kept
        return ordered[::-1] if descending else ordered

    def _key(self, table: Table, name: str) -> Callable[[int], Any]:
        plain = {"changed_stage_at": "changed-stage-at", "date": "created-at"}.get(name, name)
        if plain == "id":
            return lambda record: record
        if plain.endswith(("-at", "-date")):
            return lambda record: table.moment(record, plain) or 0
        return lambda record: _rank(table.facet(record, plain))


def _rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return 0, 0
    if isinstance(value, bool | int | float):
        return 1, value
    return 2, str(value)
