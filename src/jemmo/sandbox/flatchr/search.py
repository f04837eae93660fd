"""Searches applicants by the conditions of a JSON body."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jemmo.sandbox.flatchr.ids import number
from jemmo.sandbox.flatchr.refusal import Refusal
from jemmo.sandbox.flatchr.switches import Switches
from jemmo.sandbox.flatchr.world import World

ANY_TIME = -(10**15), 10**15
EXACT_FIELDS = ("firstname", "lastname", "email", "phone")


class Search:
    """Finds applicants as documented, or according to the switches."""

    def __init__(self, world: World, switches: Switches) -> None:
        self._world = world
        self._switches = switches

    def rows(self, body: bytes) -> list[dict[str, Any]]:
        """Return the facts of the matching applicants, newest first, up to the cap if there is one."""
        asked = self._parsed(body)
        matches = [facts for facts in self._candidates(asked) if self._matches(facts, asked)]
        cap = self._switches.search_cap
        return matches[:cap] if cap else matches

    def _parsed(self, body: bytes) -> dict[str, Any]:
        try:
            asked = json.loads(body or b"{}")
        except ValueError:
            raise Refusal(400, "Unexpected token in JSON") from None
        if not isinstance(asked, dict):
            raise Refusal(400, "The body must be an object")
        return asked

    def _candidates(self, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
        created = self._span(asked, "start", "end")
        updated = self._span(asked, "start_update", "end_update")
        by_update = updated != ANY_TIME
        name, other = ("updated_ms", "created_ms") if by_update else ("created_ms", "updated_ms")
        bounds, rest = (updated, created) if by_update else (created, updated)
        for row in self._world.within(name, *bounds):
            facts = self._world.row("applicants", row)
            if rest[0] <= facts[other] <= rest[1]:
                yield facts

    def _span(self, asked: dict[str, Any], start: str, end: str) -> tuple[int, int]:
        first, last = ANY_TIME
        if asked.get(start):
            day = self._day(asked[start])
            first = day[0] if self._switches.bounds == "inclusive" else day[1] + 1
        if asked.get(end):
            day = self._day(asked[end])
            last = day[1] if self._switches.bounds == "inclusive" else day[0] - 1
        return first, last

    def _day(self, text: Any) -> tuple[int, int]:
        try:
            return self._world.calendar.bounds(str(text), utc=self._switches.bounds_zone == "utc")
        except ValueError:
            raise Refusal(422, "Dates are MM/DD/YY") from None

    def _matches(self, facts: dict[str, Any], asked: dict[str, Any]) -> bool:
        if not self._in_scope(facts, asked):
            return False
        if "hired" in asked and facts["hired"] is not (str(asked["hired"]).lower() == "true"):
            return False
        if asked.get("vacancy") and number("vacancy", str(asked["vacancy"])) != facts["vacancy_id"]:
            return False
        if asked.get("column") and self.column_title(facts).strip() != str(asked["column"]).strip():
            return False
        filters = [(name, asked[name]) for name in EXACT_FIELDS if asked.get(name)]
        return all(str(facts[name] or "").lower() == str(value).lower() for name, value in filters)

    def _in_scope(self, facts: dict[str, Any], asked: dict[str, Any]) -> bool:
        way = self._switches.archived_filter
        if way == "status" and "status" in asked:
            return bool(facts["status"] == int(asked["status"]))
        if way == "word" and "archived" in asked:
            return bool((facts["status"] == 0) is (str(asked["archived"]).lower() == "true"))
        return self._switches.search_scope == "all" or facts["status"] == 1

    def column_title(self, facts: dict[str, Any]) -> str:
        """Return the title of an applicant's column."""
        columns = self._world.columns()
        titles = {column["id"]: str(column["title"]) for column in columns}
        return titles.get(facts["column_id"]) or str(columns[0]["title"])

    def vacancy_title(self, facts: dict[str, Any]) -> str:
        """Return the title of an applicant's vacancy, even if the vacancy was deleted."""
        row = facts["vacancy_id"] - self._world.frame.first_vacancy
        return str(self._world.row("vacancies", row).get("title", "Poste supprimé"))
