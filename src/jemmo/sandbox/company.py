"""A simulated company of plain records: what every sandbox does alike. A vendor adds its API: ``respond``."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from jemmo.sandbox.faults import Faults
from jemmo.sandbox.http import Call, Reply
from jemmo.sandbox.journal import Journal
from jemmo.sandbox.limits import RateLimit, Verdict
from jemmo.sandbox.mixing import mix
from jemmo.sandbox.options import Options
from jemmo.sandbox.rows import Row, Rows
from jemmo.sandbox.spoiling import PAGE_FAULTS, SPOILERS, next_operation, spoil
from jemmo.sandbox.switches import Switchboard

__all__ = ["Company", "Refusal"]


class Refusal(Exception):
    """An answer other than 200, thrown from wherever it is found out."""

    def __init__(self, status: int, body: Any, **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Company(ABC):
    """One provider. ``kinds`` are its records by name, the people first among what ``shifting`` changes.

    ``belongs`` says what goes when a record goes: kind -> (kind of the child, its field with the parent's id).
    ``aliases`` are other words for kinds that orders may use.
    """

    label: str
    people: ClassVar[str]
    belongs: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {}
    aliases: ClassVar[Mapping[str, str]] = {}
    file_prefix = "/files/"
    kinds: dict[str, Rows]

    def __init__(self, options: Options, switches: Switchboard) -> None:
        self.options = options
        self.clock = options.clock()
        self.faults: Faults = options.misbehaviour(PAGE_FAULTS)
        self.switches = switches
        self.switches.set(options.switches)
        self.limit = RateLimit()
        self.epoch = options.epoch(self.clock)
        self.keys = {options.key: "all", **options.keys}
        self.world: Any = self
        self._journal = Journal(options.journal)
        self._turn = 0
        self._merged: dict[tuple[str, int], int] = {}

    # --- a vendor's part ---

    @abstractmethod
    def respond(self, call: Call) -> tuple[Any, dict[str, str]]:
        """The JSON and headers of an answer; raises ``Refusal``."""

    def fill(self, kind: str, order: dict[str, Any]) -> Row:
        """The values of a record about to be created."""
        return {**(order.get("relationships") or {}), **(order.get("attributes") or {})}

    def told(self, verdict: Verdict) -> dict[str, str]:
        """The headers by which this ATS tells its rate limit."""
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
        """What this key may read; refuses a wrong one, and one that ``expired_key`` has ended."""
        scope = self.keys.get(key or "")
        if scope is None or self.faults.spent("expired_key"):
            raise Refusal(401, {"message": "Unauthorized"})
        return scope

    def meter(self, key: str) -> dict[str, str]:
        """Spend one request of the key's limit; the headers that tell, or a 429."""
        verdict = self.limit.take(key, self.clock.now_ms())
        if verdict.allowed and not self.faults.strikes("storm429"):
            return self.told(verdict)
        wait = {"Retry_After": str(verdict.reset or 1)}
        raise Refusal(429, {"message": "Too many requests"}, **wait, **self.told(verdict))

    def page(
        self, ids: list[int], after: int | None, size: int, *, newest_first: bool = False
    ) -> list[int]:
        """The next ``size`` of these rising ids beyond ``after``, which need not be there any more."""
        if newest_first:
            end = len(ids) if after is None else bisect_left(ids, after)
            cut = ids[max(0, end - size) : end][::-1]
        else:
            start = 0 if after is None else bisect_right(ids, after)
            cut = ids[start : start + size]
        if after is not None and "duplicate_ids" in self.faults.on and after in ids:
            cut = [after, *cut]
        return cut

    def shown(self, rows: list[Row]) -> list[Row]:
        """Return the rows as sent, spoiled by the active faults."""
        spoil(self.faults, rows, SPOILERS, lambda row: int(row.get("id") or 0))
        return rows

    def shift(self) -> None:
        """Change the data under the reader, where that fault is on: edit, create, delete, in turn."""
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

    # --- what tests order and ask ---

    def download(self, call: Call) -> Reply:
        return Reply(404, b"", {}, f"{self.file_prefix}{{id}}")

    def announce_to(self, url: str | None) -> None:  # noqa: B027 - many vendors send none
        """Where webhooks go from now on. This ATS sends none, unless it says how."""

    def before(self, order: dict[str, Any]) -> Row:
        """The record that an order is about to change, for those who tell of it afterwards."""
        rows = self.kinds[self._kind(str(order.get("type")))]
        record = int(order.get("id") or 0)
        return rows.get(record) if rows.has(record) else {}

    async def announce(self, order: dict[str, Any], record: int, was: Row) -> list[dict[str, Any]]:
        """Send the webhooks of an order that was carried out; what each receiver answered."""
        return []

    async def change(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order and keep it in the journal, if there is one."""
        was = self.before(order)
        record = self.apply(order)
        self._journal.add({"at": self.clock.now_ms(), **order, "made": record})
        return {"id": str(record), "webhooks": await self.announce(order, record, was)}

    def replay(self) -> None:
        """Take up the journal of an earlier start."""
        for order in self._journal.orders():
            self.apply(order)

    def apply(self, order: dict[str, Any]) -> int:
        kind = self._kind(str(order.get("type")))
        rows, at = self.kinds[kind], self._at(order)
        if order["op"] == "create":
            return rows.add(self.fill(kind, order), at)
        record = int(order["id"])
        if order["op"] == "delete":
            self._drop(kind, record)
        elif order["op"] == "merge":
            self._merge(kind, record, int(order["into"]))
        elif order["op"] == "edit":
            values = {**(order.get("relationships") or {}), **(order.get("attributes") or {})}
            rows.put(record, values, at, quiet=bool(order.get("quiet")))
        else:
            raise ValueError(f"{self.label} knows no order {order['op']}; edit the record")
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
        """What belongs to the record moves to ``into``, its own date unchanged, and the record goes."""
        if record == into or not self.kinds[kind].has(into):
            raise ValueError("a record is merged into another one")
        for child, field in self.belongs.get(kind, ()):
            rows = self.kinds[child]
            for child_record in rows.children(field, {record}):
                rows.put(child_record, {field: into}, quiet=True)
        self._drop(kind, record)
        self._merged[kind, record] = into

    def survivor(self, kind: str, record: int) -> int:
        """The record itself, or the one that it was merged into."""
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

    def switch(self, values: dict[str, Any]) -> dict[str, Any]:
        self.switches.set(values)
        return self.switches.all()

    def facts(self) -> dict[str, Any]:
        return {
            "seed": self.options.seed, "talents": self.options.talents, "epoch_ms": self.epoch,
            "counts": {kind: len(rows.ids()) for kind, rows in self.kinds.items()},
            "switches": self.switches.all(), "faults": self.faults.on,
        }  # fmt: skip


def _template(call: Call) -> str:
    """The path with ids left out."""
    return "/".join("{id}" if part.isdecimal() else part for part in call.path.split("/"))
