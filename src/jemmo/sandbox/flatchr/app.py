"""The simulated Flatchr API: turns a request into a response."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, unquote

from jemmo.sandbox.account import WorldAccount
from jemmo.sandbox.flatchr import page_faults
from jemmo.sandbox.flatchr.applicants import Shapes
from jemmo.sandbox.flatchr.changes import Changes, public_id
from jemmo.sandbox.flatchr.downloads import Downloads
from jemmo.sandbox.flatchr.frame import COMPANY_SLUG
from jemmo.sandbox.flatchr.ids import encode
from jemmo.sandbox.flatchr.keys import Gate, make_jwt
from jemmo.sandbox.flatchr.moments import iso
from jemmo.sandbox.flatchr.refusal import Refusal
from jemmo.sandbox.flatchr.search import Search
from jemmo.sandbox.flatchr.switches import Switches
from jemmo.sandbox.flatchr.vacancies import COMPANY, referential, render_vacancy
from jemmo.sandbox.flatchr.webhooks import Webhooks
from jemmo.sandbox.flatchr.world import KINDS, World
from jemmo.sandbox.http import Call, Reply
from jemmo.sandbox.limits import RateLimit
from jemmo.sandbox.options import Options

Answer = list[Any] | dict[str, Any]


class Flatchr(WorldAccount):
    """One simulated company behind the Flatchr API."""

    label = "Flatchr"
    file_prefix = "/storage/"
    world: World
    switches: Switches

    def __init__(self, options: Options) -> None:
        switches = Switches()
        super().__init__(options, switches, page_faults.PAGE_FAULTS)
        self.world = world = World(
            seed=options.seed, talents=options.talents, epoch_ms=self.epoch, zone=options.zone,
            clock=self.clock,
        )  # fmt: skip
        self.changes = Changes(
            world, Webhooks(world, switches, options.webhook_url), options.journal
        )
        self.company_id = str(COMPANY["id"])
        self.jwt = make_jwt(self.epoch // 1000)
        self._gate = Gate(self.clock, switches, {options.key, *options.keys, self.jwt})
        self._shapes = Shapes(world.calendar, switches)
        self._search = Search(world, switches)
        self._downloads = Downloads(world, switches)
        self._limit = RateLimit(window_ms=1000)
        self.apply_switches()

    def apply_switches(self) -> None:
        self._limit.limit = self.switches.api_per_second
        self._limit.enabled = self.switches.rate_limit and self.switches.api_per_second > 0
        self._downloads.limit.enabled = self.switches.rate_limit

    # One request ----------------------------------------------------------------------------

    def answer(self, call: Call) -> Reply:
        """Answer one API request: key, rate limit, then the resource."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        parts = [unquote(part) for part in call.path.strip("/").split("/")]
        try:
            if self._is_careers(parts):
                content: Answer = self._careers(parts)
            else:
                key = self._gate.check(call)
                if self.faults.is_used_up("expired_key"):
                    self._gate.refuse_expired()
                self._spend(key)
                if parts[2:] == ["files", "expire"] and call.method == "GET":
                    return self._downloads.expire(call)
                content = self._route(call, parts)
            return Reply(200, json.dumps(content).encode(), headers, _template(parts))
        except Refusal as refusal:
            body = refusal.render(self.switches.error_body)
            return Reply(refusal.status, body, headers | refusal.headers, _template(parts))

    def _spend(self, key: str) -> None:
        verdict = self._limit.take(key, self.clock.now_ms())
        if not verdict.allowed or self.faults.strikes("storm429"):
            wait = {"Retry_After": "1"} if self.switches.retry_after else {}
            raise Refusal(429, "Too Many Requests", **wait)

    def _route(self, call: Call, parts: list[str]) -> Answer:
        query = parse_qs(call.query)
        fields = set(query.get("fields", [""])[0].split(","))
        if call.method == "GET" and (texts := referential(parts)):
            return [{"id": key, "text": label} for key, label in texts]
        if call.method == "GET" and len(parts) == 2 and parts[0] == "vacancy":
            return self._one_vacancy(parts[1], fields)
        if len(parts) < 3 or parts[0] != "company" or parts[1] != self.company_id:
            raise Refusal(404, "Not found")
        match call.method, parts[2:]:
            case "GET", ["columns"]:
                return self._columns()
            case "GET", ["vacancies"]:
                return self._vacancies(query, fields)
            case "POST", ["search", "applicants"]:
                return self._applicants(call)
            case "GET", ["applicant", applicant] if self.switches.detail == "on":
                return self._detail(applicant)
            case "GET", ["applicant", _]:
                raise Refusal(int(self.switches.detail), "No such route")
            case ("GET", _):
                raise Refusal(404, "Not found")
        raise Refusal(405, "This sandbox may only be read")

    def _columns(self) -> Answer:
        rows = [
            {name: column[name] for name in ("id", "title", "position", "visible", "hired")}
            | {"company_id": self.company_id, "created_at": iso(column["created_ms"]),
               "updated_at": iso(column["updated_ms"])}
            for column in self.world.columns()
        ]  # fmt: skip
        return page_faults.spoil(self.faults, rows, "id")

    def _vacancies(self, query: dict[str, list[str]], fields: set[str]) -> Answer:
        world = self.world
        vacancies = [
            render_vacancy(world.row("vacancies", row), self.switches, fields)
            for row in world.numbers("vacancies")
        ]
        if "status" in query:
            vacancies = [
                vacancy for vacancy in vacancies if str(vacancy["status"]) == query["status"][0]
            ]
        elif self.switches.vacancies_scope == "active":
            vacancies = [vacancy for vacancy in vacancies if vacancy["status"] == 1]
        return page_faults.spoil(self.faults, vacancies, "vacancy_id")

    def _one_vacancy(self, code: str, fields: set[str]) -> Answer:
        try:
            facts = self.world.row("vacancies", self.world.find("vacancies", code))
        except KeyError:
            raise Refusal(404, "Not found") from None
        return render_vacancy(facts, self.switches, fields)

    def _applicants(self, call: Call) -> Answer:
        page_faults.shift(self.faults, self.world, self.changes)
        titles: dict[int, str] = {}
        columns = {column["id"]: str(column["title"]) for column in self.world.columns()}
        rows = []
        for facts in self._search.rows(call.body):
            vacancy = facts["vacancy_id"]
            if vacancy not in titles:
                titles[vacancy] = self._search.vacancy_title(facts)
            column = columns.get(facts["column_id"]) or next(iter(columns.values()))
            rows.append(self._shapes.row(facts, titles[vacancy], column))
        return page_faults.spoil(self.faults, rows, "applicant")

    def _detail(self, code: str) -> Answer:
        try:
            facts = self.world.row("applicants", self.world.find("applicants", code))
        except KeyError:
            raise Refusal(404, "Not found") from None
        return self._shapes.single(facts)

    def _is_careers(self, parts: list[str]) -> bool:
        return len(parts) == 2 and parts[0] == "company" and parts[1].endswith(".json")

    def _careers(self, parts: list[str]) -> Answer:
        slug = parts[1].removesuffix(".json")
        if slug != COMPANY_SLUG:
            raise Refusal(404, f"Not available for slug {slug}")
        world = self.world
        rows = [world.row("vacancies", row) for row in world.numbers("vacancies")]
        return {
            "items": [
                {"id": encode("diffusion", vacancy["vacancy_id"]), "offer_id": 98, "published": True,
                 "created_at": iso(vacancy["created_ms"]), "vacancy_id": vacancy["vacancy_id"],
                 "vacancy": render_vacancy(vacancy, self.switches, {"address"})}
                for vacancy in rows if vacancy["status"] == 1 and vacancy["published"]
            ]
        }  # fmt: skip

    # Interface for tests and the server -----------------------------------------------------

    def download(self, call: Call) -> Reply:
        """Answer one file download from the storage."""
        return self._downloads.fetch(call)

    async def truth(self, kind: str, base: str) -> AsyncIterator[bytes]:
        """Stream the facts of all present records of a type, one per line."""
        if kind not in KINDS:
            raise KeyError(kind)
        for row in self.world.numbers(kind):
            facts = self.world.row(kind, row)
            line: dict[str, Any] = {
                "id": public_id(kind, row), "type": kind, "updated-at-ms": facts["updated_ms"],
                "attributes": facts,
            }  # fmt: skip
            if kind == "applicants":
                line["relationships"] = {
                    "vacancy": [str(facts["vacancy_id"])], "column": [str(facts["column_id"])]
                }  # fmt: skip
            yield json.dumps(line).encode() + b"\n"

    def counts(self) -> dict[str, int]:
        return {kind: self.world.count(kind) for kind in KINDS}

    def facts(self) -> dict[str, Any]:
        """Add the options that a connection to the simulated company needs."""
        options = {"company_id": self.company_id, "company_slug": COMPANY_SLUG}
        return super().facts() | {"options": options, "jwt_key": self.jwt}


def _template(parts: list[str]) -> str:
    return "/" + "/".join("{id}" if len(part) == 16 else part for part in parts)
