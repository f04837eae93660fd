"""Base of a simulated company of plain records. A vendor adds its API in ``respond``."""

from __future__ import annotations

import json
from abc import abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from jemmo.sandbox.account import Account
from jemmo.sandbox.http import Call, Refusal, Reply
from jemmo.sandbox.journal import Journal
from jemmo.sandbox.limits import RateLimit, Verdict
from jemmo.sandbox.mixing import mix
from jemmo.sandbox.options import Options
from jemmo.sandbox.page_faults import PAGE_FAULTS, SPOILERS, next_operation, spoil
from jemmo.sandbox.rows import Row, Rows
from jemmo.sandbox.switches import Switchboard

__all__ = ["Company", "Refusal"]


class Company(Account):
    """One provider. ``kinds`` are its records by name; the fault ``shifting`` changes those of kind ``people``.

    ``belongs`` lists what is deleted with a record: kind -> (kind of the child, its field with the parent's id).
    ``aliases`` are other names of kinds that orders may use.
    """

    people: ClassVar[str]
    belongs: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {}
    aliases: ClassVar[Mapping[str, str]] = {}
    file_prefix = "/files/"
    kinds: dict[str, Rows]

    def __init__(self, options: Options, switches: Switchboard) -> None:
        super().__init__(options, switches, PAGE_FAULTS)
        self.limit = RateLimit()
        self.keys = {options.key: "all", **options.keys}
        self.world = self
        self._journal = Journal(options.journal)
        self._turn = 0
        self._merged: dict[tuple[str, int], int] = {}

    # --- defined by a vendor ---

    @abstractmethod
    def respond(self, call: Call) -> tuple[Any, dict[str, str]]:
        """Return a response's JSON and headers. Raises ``Refusal``."""

    def new_values(self, kind: str, order: dict[str, Any]) -> Row:
        """Return the values of a record about to be created."""
        return {**(order.get("relationships") or {}), **(order.get("attributes") or {})}

    def limit_headers(self, verdict: Verdict) -> dict[str, str]:
        """Return the headers that report the rate limit."""
        return {}

    # --- one request ---

    def rows(self, kind: str, size: int, make: Any) -> Rows:
        return Rows(kind, size, make, epoch_ms=self.epoch, clock=self.clock)

    def answer(self, call: Call) -> Reply:
        headers = {"Content-Type": "application/json"}
        try:
            content, more = self.respond(call)
            status = 200
        except Refusal as refusal:
            content, more, status = refusal.body, refusal.headers, refusal.status
        return Reply(status, json.dumps(content).encode(), {**headers, **more}, _template(call))

    def admit(self, key: str | None) -> str:
        """Return what this key may read; refuses a wrong or expired one."""
        scope = self.keys.get(key or "")
        if scope is None or self.faults.is_used_up("expired_key"):
            raise Refusal(401, {"message": "Unauthorized"})
        return scope

    def count_request(self, key: str) -> dict[str, str]:
        """Count one request against the key's limit; returns the headers that report it, or refuses with 429."""
        verdict = self.limit.take(key, self.clock.now_ms())
        if verdict.allowed and not self.faults.strikes("storm429"):
            return self.limit_headers(verdict)
        wait = {"Retry_After": str(verdict.reset or 1)}
        raise Refusal(429, {"message": "Too many requests"}, **wait, **self.limit_headers(verdict))

    def page(
        self, ids: list[int], after: int | None, size: int, *, newest_first: bool = False
    ) -> list[int]:
        """Return the next ``size`` of these ascending ids after ``after``, which may be deleted by now."""
        if newest_first:
            end = len(ids) if after is None else bisect_left(ids, after)
            cut = ids[max(0, end - size) : end][::-1]
        else:
            start = 0 if after is None else bisect_right(ids, after)
            cut = ids[start : start + size]
        if after is not None and "duplicate_ids" in self.faults.on and after in ids:
            cut = [after, *cut]
        return cut

    def spoil_rows(self, rows: list[Row]) -> list[Row]:
        """Return the rows as sent, spoiled by the active faults."""
        spoil(self.faults, rows, SPOILERS, lambda row: int(row.get("id") or 0))
        return rows

    def shift(self) -> None:
        """Change the data during a read, if that fault is on: edit, create, delete, in turn."""
        people = self.kinds[self.people]
        ids = people.ids()
        op = next_operation(self.faults, self._turn + 1, is_empty=not ids)
        if op is None:
            return
        self._turn += 1
        order = {"op": op, "type": self.people}
        if op == "create":
            self.apply(order)
            return
        self.apply({**order, "id": ids[mix(self.options.seed, self._turn) % len(ids)]})

    # --- for tests ---

    def download(self, call: Call) -> Reply:
        return Reply(404, b"", {}, f"{self.file_prefix}{{id}}")

    def announce_to(self, url: str | None) -> None:
        """Set where webhooks go. An ATS that sends none ignores it."""

    def record_before(self, order: dict[str, Any]) -> Row:
        """Return the record that an order is about to change; webhooks may need it afterwards."""
        rows = self.kinds[self._kind(str(order.get("type")))]
        record = int(order.get("id") or 0)
        return rows.get(record) if rows.has(record) else {}

    async def announce(self, order: dict[str, Any], record: int, was: Row) -> list[dict[str, Any]]:
        """Send the webhooks of an applied order; return each receiver's response."""
        return []

    async def change(self, order: dict[str, Any]) -> dict[str, Any]:
        """Apply one order and add it to the journal."""
        was = self.record_before(order)
        record = self.apply(order)
        self._journal.add({"at": self.clock.now_ms(), **order, "made": record})
        return {"id": str(record), "webhooks": await self.announce(order, record, was)}

    def replay(self) -> None:
        """Apply the orders of earlier starts."""
        for order in self._journal.orders():
            self.apply(order)

    def apply(self, order: dict[str, Any]) -> int:
        kind = self._kind(str(order.get("type")))
        rows, at = self.kinds[kind], self._at(order)
        if order["op"] == "create":
            return rows.add(self.new_values(kind, order), at)
        record = int(order["id"])
        if order["op"] == "delete":
            self._drop(kind, record)
        elif order["op"] == "merge":
            self._merge(kind, record, int(order["into"]))
        elif order["op"] == "edit":
            values = {**(order.get("relationships") or {}), **(order.get("attributes") or {})}
            rows.put(record, values, at, quiet=bool(order.get("quiet")))
        else:
            raise ValueError(f"{self.label} has no operation {order['op']}; edit the record")
        return record

    def _at(self, order: dict[str, Any]) -> int:
        return self.clock.moment(order.get("at"), ZoneInfo("UTC"))

    def _drop(self, kind: str, record: int) -> None:
        self.kinds[kind].drop(record)
        for child, field in self.belongs.get(kind, ()):
            rows = self.kinds[child]
            for child_record in list(rows.ids()):
                if rows.get(child_record)[field] == record:
                    self._drop(child, child_record)

    def _merge(self, kind: str, record: int, into: int) -> None:
        """Move what belongs to the record to ``into``, dates unchanged, and delete the record."""
        if record == into or not self.kinds[kind].has(into):
            raise ValueError("a record is merged into another one")
        for child, field in self.belongs.get(kind, ()):
            rows = self.kinds[child]
            for child_record in rows.children(field, {record}):
                rows.put(child_record, {field: into}, quiet=True)
        self._drop(kind, record)
        self._merged[kind, record] = into

    def find_survivor(self, kind: str, record: int) -> int:
        """Return the record itself, or the one it was merged into."""
        while (kind, record) in self._merged:
            record = self._merged[kind, record]
        return record

    def _kind(self, word: str) -> str:
        kind = self.aliases.get(word, word)
        if kind not in self.kinds:
            raise KeyError(f"no type {word}; there are: {', '.join(self.kinds)}")
        return kind

    async def truth(self, kind: str, base: str) -> AsyncIterator[bytes]:
        rows = self.kinds[self._kind(kind)]
        for record in rows.ids():
            yield json.dumps(rows.get(record)).encode() + b"\n"

    def counts(self) -> dict[str, int]:
        return {kind: len(rows.ids()) for kind, rows in self.kinds.items()}


def _template(call: Call) -> str:
    """Return the path without its ids."""
    return "/".join("{id}" if part.isdecimal() else part for part in call.path.split("/"))
