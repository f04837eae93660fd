"""The simulated Jarvi API: turns a request into a response."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from jemmo.sandbox.account import WorldAccount
from jemmo.sandbox.files import docx, pdf
from jemmo.sandbox.http import Call, Reply
from jemmo.sandbox.jarvi import page_faults
from jemmo.sandbox.jarvi.access import Gate, refused
from jemmo.sandbox.jarvi.budget import Budget
from jemmo.sandbox.jarvi.changes import Changes
from jemmo.sandbox.jarvi.ids import number, uuid
from jemmo.sandbox.jarvi.moments import text
from jemmo.sandbox.jarvi.query import MISSING, Query, read_query
from jemmo.sandbox.jarvi.refusal import Refusal
from jemmo.sandbox.jarvi.shapes import Shapes
from jemmo.sandbox.jarvi.switches import Switches
from jemmo.sandbox.jarvi.webhooks import Triggers
from jemmo.sandbox.jarvi.world import World
from jemmo.sandbox.mixing import mix
from jemmo.sandbox.options import Options

BASE = "/v1/public-api/rest/v2/"
OTHER_BASE = "/v1/api/rest/v2/"  # one page of the documentation shows it, for offers
ENVELOPES = {"profiles": "data", "offers": "data"}
KINDS = ("profiles", "projects", "offers", "companies", "applicants")
WIDE_MS = 1340, 440  # a page of 100 profiles takes 1.34 to 1.78 s
REMEMBERED = 16


class Jarvi(WorldAccount):
    """One simulated firm behind the Jarvi API."""

    label = "Jarvi"
    file_prefix = "/v1/files/"
    world: World
    switches: Switches

    def __init__(self, options: Options) -> None:
        switches = Switches()
        super().__init__(options, switches, page_faults.PAGE_FAULTS)
        self.world = World(
            seed=options.seed, talents=options.talents, epoch_ms=self.epoch, clock=self.clock
        )
        triggers = Triggers(switches, options.webhook_url)
        self.changes = Changes(self.world, switches, triggers, options.journal)
        self.budget = Budget()
        self.shapes = Shapes(self.world, switches)
        keys = {options.key: "private", f"public-{options.key}": "public", **options.keys}
        self._gate = Gate(switches, keys)
        self._selected: dict[tuple[Any, ...], list[Any]] = {}
        self._asked = 0
        self.apply_switches()

    def apply_switches(self) -> None:
        self.budget.enabled = self.switches.rate_limit
        self.budget.allowed_ms = self.switches.budget_seconds * 1000
        self.budget.rolling = self.switches.budget_hour == "rolling"
        self.budget.night_counts = self.switches.night_counts == "yes"
        self._selected.clear()

    # One request ----------------------------------------------------------------------------

    def answer(self, call: Call) -> Reply:
        """Answer one API request: key, time budget, then the list."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            scope = self._gate.scope(call)
            if self.faults.is_used_up("expired_key"):
                raise refused()
            self._check_budget()
            kind = self._kind(call)
            self._gate.check(call, kind, scope, self.clock.now_ms())
            body = self._list(call, kind)
            status = 200
        except Refusal as refusal:
            status, body = refusal.status, refusal.body
            headers |= refusal.headers
        return Reply(status, body, headers, call.path)

    def _check_budget(self) -> None:
        now = self.clock.now_ms()
        wait = self.budget.wait_s(now)
        if not wait and self.faults.strikes("storm429"):
            wait = 1
        if not wait:
            return
        headers = {}
        if self.switches.retry_after == "seconds":
            headers["Retry_After"] = str(wait)
        if self.switches.retry_after == "date":
            at = datetime.fromtimestamp(now / 1000, UTC) + timedelta(seconds=wait)
            headers["Retry_After"] = format_datetime(at, usegmt=True)
        raise Refusal(429, "Rate limit exceeded", **headers)

    def _kind(self, call: Call) -> str:
        name = call.path.removeprefix(BASE)
        if name == call.path and call.path == f"{OTHER_BASE}offers":
            name = "offers"
        shown = KINDS if self.switches.applications == "endpoint" else KINDS[:-1]
        if name not in shown:
            raise Refusal(404, "Not found")
        if call.method != "GET":
            raise Refusal(405, "The sandbox is read only", Allow="GET")
        return name

    def _charge(self, kind: str, rows: int, began: float) -> None:
        """Charge this request to the firm's time budget."""
        self._asked += 1
        cost = max(1, int((time.monotonic() - began) * 1000))
        if self.switches.execution_time == "simulated":
            least, spread = WIDE_MS if kind == "profiles" else (WIDE_MS[0] // 2, WIDE_MS[1] // 2)
            cost = 120 + (least - 120 + mix(7, self._asked) % spread) * min(rows, 100) // 100
        self.budget.charge(self.clock.now_ms(), cost)
        if self.switches.time == "accounted":
            self.clock.advance(cost / 1000)

    # Lists ----------------------------------------------------------------------------------

    def _list(self, call: Call, kind: str) -> bytes:
        began = time.monotonic()
        page_faults.shift(self.faults, self.world, self.changes)
        query = read_query(kind, call.query, self.switches)
        matches = self._select(kind, query, call.query)
        if not matches and query.tests and self.switches.nothing_found == "404":
            raise Refusal(404, "Not found")
        start = 0 if "page_repeat" in self.faults.on else query.offset
        cut = matches[start : start + query.limit]
        if "duplicate_ids" in self.faults.on and start > 0:
            cut = matches[start - 1 : start] + cut[: query.limit - 1]
        show: dict[str, Callable[[Any], dict[str, Any]]] = {
            "profiles": self.shapes.profile,
            "projects": self.shapes.project,
            "companies": lambda row: self.world.row("companies", row),
            "offers": self.shapes.offer,
            "applicants": lambda row: row,
        }
        rows = [show[kind](row) for row in cut]
        total = len(matches) + int(self.faults.on.get("broken_count", 0))
        page_faults.spoil(self.faults, rows)
        self._charge(kind, len(rows), began)
        return json.dumps(self._envelope(kind, rows, total), ensure_ascii=False).encode(
            errors="replace"
        )

    def _envelope(self, kind: str, rows: list[Any], total: int) -> Any:
        if self.switches.envelope == "bare":
            return rows
        name = ENVELOPES.get(kind, kind) if self.switches.envelope == "documented" else "data"
        return {"total": total, name: rows}

    def _select(self, kind: str, query: Query, asked: str) -> list[Any]:
        """Return the rows of a list in order: numbers, or whole offers and applications."""
        conditions = "&".join(
            part for part in asked.split("&") if not part.startswith(("limit=", "offset="))
        )
        key = (kind, conditions, self.world.revision)
        if key not in self._selected:
            if len(self._selected) >= REMEMBERED:
                self._selected.clear()
            self._selected[key] = self._sorted(kind, query, self._filtered(kind, query))
        return self._selected[key]

    def _filtered(self, kind: str, query: Query) -> list[Any]:
        if kind == "offers":
            every: list[Any] = self.world.offers(own_ids=self.switches.offer_id == "own")
        elif kind == "applicants":
            every = self.shapes.applicants()
        else:
            every = self.world.numbers(kind)
            if self.switches.deleted_rows == "hidden":
                every = [n for n in every if self.world.facet(kind, n, "deletedAt") is None]
        if not query.tests:
            return list(every)
        return [
            row
            for place, row in enumerate(every)
            if all(test(self._getter(kind, row), self._number(row, place)) for test in query.tests)
        ]

    def _number(self, row: Any, place: int) -> int:
        return row if isinstance(row, int) else place

    def _getter(self, kind: str, row: Any) -> Callable[[str], Any]:
        if isinstance(row, dict):
            return lambda name: row.get(name, MISSING)
        world = self.world

        def get(name: str) -> Any:
            if name in {"createdAt", "updatedAt"}:
                moment = world.moment(kind, row, name)
                return None if moment is None else text(moment)
            if name in {"id", "isTalent"}:
                return world.facet(kind, row, name)
            return world.row(kind, row).get(name, MISSING)

        return get

    def _sorted(self, kind: str, query: Query, matches: list[Any]) -> list[Any]:
        """Sort the rows; without an order, by id, which is practically random."""
        if isinstance(matches[0] if matches else None, int) and not query.order:
            return sorted(matches, key=lambda row: uuid(kind, row))
        for name, descending in reversed(query.order):
            matches.sort(key=lambda row: self._sort_key(kind, row, name), reverse=descending)
        return matches

    def _sort_key(self, kind: str, row: Any, name: str) -> Any:
        if isinstance(row, int) and name in {"createdAt", "updatedAt"}:
            return self.world.moment(kind, row, name) or 0
        value = self._getter(kind, row)(name)
        return "" if value is None or value is MISSING else str(value)

    # Interface for tests and the server -----------------------------------------------------

    def download(self, call: Call) -> Reply:
        """Answer one file download. Jarvi doesn't document such an address."""
        if self.switches.download == "absent":
            return Reply(404, b"", {}, "/v1/files/{id}")
        if self.switches.download == "key" and self._gate.keys.get(
            call.headers.get("X-API-KEY", "")
        ) != ("private"):
            return Reply(401, b"", {}, "/v1/files/{id}")
        file_id = call.path.removeprefix(self.file_prefix)
        row = number("files", file_id) // 8
        for resume in self.world.belongings.resumes(row) if row >= 0 else ():
            if resume["fileId"] == file_id:
                words = f"Curriculum vitae {row}"
                body = docx(words) if resume["file"]["name"].endswith("docx") else pdf(words)
                return Reply(
                    200, body, {"Content-Type": resume["file"]["mimeType"]}, "/v1/files/{id}"
                )
        return Reply(404, b"", {}, "/v1/files/{id}")

    async def truth(self, kind: str, base: str) -> AsyncIterator[bytes]:
        """Stream all rows that were not removed for good, one per line."""
        for row in self._rows(kind):
            moment = row.get("updatedAt")
            line = {"id": row.get("id") or row.get("fileId"), "type": kind, "updatedAt": moment}
            yield json.dumps(line | {"attributes": row}, ensure_ascii=False).encode() + b"\n"

    def _rows(self, kind: str) -> list[dict[str, Any]]:
        world, belongings = self.world, self.world.belongings
        if kind == "applications":
            return self.shapes.applications()
        if kind == "resumes":
            return [
                resume | {"profileId": uuid("profiles", row)}
                for row in world.numbers("profiles")
                for resume in belongings.resumes(row)
            ]
        if kind == "offers":
            return world.offers(own_ids=self.switches.offer_id == "own")
        return [world.row(kind, row) for row in world.numbers(kind)]

    def switch(self, values: dict[str, Any]) -> dict[str, Any]:
        if values:
            self.world.changed()
        return super().switch(values)

    def counts(self) -> dict[str, int]:
        return {kind: len(self.world.numbers(kind)) for kind in self.world.sizes}

    def facts(self) -> dict[str, Any]:
        """Add how much of the time budget was used."""
        spent = self.budget.spent(self.clock.now_ms())
        budget = {"spent_ms": spent, "worst_hour_ms": self.budget.worst_hour_ms}
        return super().facts() | {"budget": budget}
