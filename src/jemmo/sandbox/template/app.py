"""The template's API: three lists by cursor, each with a filter for changes and one for ids.

GET /v1/people?changed_since=2026-01-31T09:00:00Z&limit=100&after=17&ids=1,2&only=id,updated_at
{"items": [...], "next": "http://.../v1/people?...", "total": 60}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from jemmo.sandbox.clock import parse_ms
from jemmo.sandbox.company import Company, Refusal
from jemmo.sandbox.http import Call
from jemmo.sandbox.limits import RateLimit, Verdict
from jemmo.sandbox.mixing import mix
from jemmo.sandbox.options import Options
from jemmo.sandbox.switches import Switchboard

FIRST = ("Ada", "Boris", "Chloé", "Driss", "Élise", "Fatou", "Goran", "Hélène", "Ivo", "Jeanne")
LAST = ("Martin", "Nguyen", "Öztürk", "Petit", "Rossi", "Silva", "Traoré", "Unger", "Vidal")
TITLES = ("Baker", "Nurse", "Welder", "Accountant", "Gardener")
LARGEST = 100


@dataclass(slots=True)
class Switches(Switchboard):
    """No switches, since this ATS's documentation leaves nothing open."""

    rate_limit: bool = True


class Template(Company):
    label = "Template"
    people = "people"
    belongs = {"people": (("applications", "person_id"),), "jobs": (("applications", "job_id"),)}
    aliases = {"talent": "people", "candidate": "people", "job": "jobs"}

    def __init__(self, options: Options) -> None:
        super().__init__(options, Switches())
        self.jobs = max(4, options.talents // 20)
        self.kinds = {
            "people": self.rows("people", options.talents, self._person),
            "jobs": self.rows("jobs", self.jobs, self._job),
            "applications": self.rows("applications", options.talents, self._application),
        }
        self.limit = RateLimit(limit=60, window_ms=60_000)
        self.replay()

    # --- the invented company ---

    def _person(self, record: int) -> dict[str, Any]:
        bits = mix(self.options.seed, record)
        return {
            "first_name": FIRST[bits % len(FIRST)],
            "last_name": LAST[bits // 16 % len(LAST)],
            "email": f"person{record}@example.com" if bits % 8 else None,
            "phone": f"+33 6 00 00 {record // 100 % 100:02d} {record % 100:02d}",
            "city": "Lyon" if bits % 2 else "Lille",
        }

    def _job(self, record: int) -> dict[str, Any]:
        state = ("open", "open", "closed", "draft")[record % 4]
        return {"title": TITLES[record % len(TITLES)], "state": state, "city": "Lyon"}

    def _application(self, record: int) -> dict[str, Any]:
        state = ("in_progress", "in_progress", "rejected", "hired")[record % 4]
        return {"person_id": record, "job_id": record % self.jobs + 1, "state": state}

    # --- its API ---

    def respond(self, call: Call) -> tuple[Any, dict[str, str]]:
        key = call.headers.get("Authorization", "").removeprefix("Bearer ")
        scope = self.admit(key)
        self.limit.enabled = bool(self.switches.all()["rate_limit"])
        headers = self.count_request(key)
        kind = call.path.removeprefix("/v1/")
        if kind not in self.kinds:
            raise Refusal(404, {"message": "Not found"})
        if scope not in {"all", kind}:
            raise Refusal(403, {"message": f"This key may not read {kind}"})
        self.shift()
        return self._list(call, kind), headers

    def limit_headers(self, verdict: Verdict) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(verdict.limit),
            "X-RateLimit-Remaining": str(verdict.remaining),
            "X-RateLimit-Reset": str(verdict.reset),
        }

    def _list(self, call: Call, kind: str) -> dict[str, Any]:
        params = {name: values[-1] for name, values in parse_qs(call.query).items()}
        try:
            matches = self._selected(kind, params)
            size = min(LARGEST, int(params.get("limit", LARGEST)))
            after = int(params["after"]) if "after" in params else None
        except ValueError as error:
            raise Refusal(422, {"message": str(error)}) from None
        ids = self.page(matches, after, size)
        rows = self.spoil_rows([self.kinds[kind].get(record) for record in ids])
        if "only" in params:
            only = params["only"].split(",")
            rows = [{name: row.get(name) for name in only} for row in rows]
        following = None
        if ids and matches[-1] > ids[-1]:
            last = after if "page_repeat" in self.faults.on and after is not None else ids[-1]
            following = f"{call.base}{call.path}?{urlencode({**params, 'after': last})}"
        return {"items": rows, "next": following, "total": len(matches)}

    def _selected(self, kind: str, params: dict[str, str]) -> list[int]:
        rows = self.kinds[kind]
        if "ids" in params:
            return [record for record in map(int, params["ids"].split(",")) if rows.has(record)]
        if "changed_since" in params:
            return rows.changed_since(parse_ms(params["changed_since"], ZoneInfo("UTC")))
        return rows.ids()
