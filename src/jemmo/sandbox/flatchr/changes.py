"""Changes made through the control API: applied, added to the journal, announced by webhook."""

from __future__ import annotations

from typing import Any

from jemmo.sandbox import changes
from jemmo.sandbox.flatchr import applicants, vacancies
from jemmo.sandbox.flatchr.ids import encode
from jemmo.sandbox.flatchr.webhooks import Webhooks
from jemmo.sandbox.flatchr.world import FIRST, KINDS, World

NAMES = {
    "talent": "applicants", "talents": "applicants", "candidate": "applicants",
    "candidates": "applicants", "application": "applicants", "applications": "applicants",
    "applicant": "applicants", "job": "vacancies", "jobs": "vacancies", "vacancy": "vacancies",
    "stage": "columns", "stages": "columns", "column": "columns",
}  # fmt: skip
COLUMN = {"title": "Nouvelle colonne", "position": 99, "visible": True, "hired": False}
ERASED = {"firstname": "Anonyme", "lastname": "Anonyme", "email": None, "phone": None, "cv": None}
TIMES = ("created_ms", "updated_ms")


class Changes(changes.Changes[tuple[str, int]]):
    """Edits, deletions and creations of applicants, vacancies and columns."""

    _world: World
    _webhooks: Webhooks

    async def carry_out(self, order: dict[str, Any]) -> dict[str, Any]:
        kind, row = self.apply(order)
        sent = await self._webhooks.send(order, kind, row)
        return {"id": public_id(kind, row), "webhooks": [sent] if sent else []}

    def _apply(self, order: dict[str, Any]) -> tuple[str, int]:
        """Apply one order: op, type, id, attributes, relationships, stage, file, at, quiet."""
        kind = str(order.get("type", "applicants"))
        kind = NAMES.get(kind, kind)
        if kind not in KINDS:
            raise KeyError(f"no type {kind}")
        row = self._create(kind, order) if order["op"] == "create" else self._change(kind, order)
        order["id"] = FIRST[kind] + row
        self._world.revision += 1
        return kind, row

    def _moment(self, value: Any) -> int:
        return self._world.clock.moment(value, self._world.calendar.zone)

    def _change(self, kind: str, order: dict[str, Any]) -> int:
        row = self._world.find(kind, order["id"])
        if order["op"] == "delete":
            self._world.removed[kind].add(row)
            return row
        values = dict(order.get("attributes") or {})
        if order["op"] == "move":
            column = order.get("stage", order.get("column"))
            values["column_id"] = self._column(column)
        elif order["op"] == "reject":
            values["status"] = 0
        elif order["op"] != "edit":
            raise ValueError(f"unknown operation {order['op']}")
        values = self._values(kind, values, order)
        known = self._world.row(kind, row)
        if unknown := values.keys() - known.keys():
            raise ValueError(f"{kind} have no {', '.join(sorted(unknown))}")
        if "column_id" in values and kind == "applicants":
            column_row = values["column_id"] - FIRST["columns"]
            values.setdefault("hired", self._world.row("columns", column_row)["hired"])
        if not order.get("quiet"):
            values.setdefault("updated_ms", order["at"])
        self._world.patch(kind, row, values | self._file(kind, row, order))
        return row

    def _file(self, kind: str, row: int, order: dict[str, Any]) -> dict[str, Any]:
        """Store a new resume under a new key, as Flatchr does: the key is all that tells it from the old one."""
        if kind != "applicants" or "file" not in order:
            return {}
        known = self._world.row(kind, row)
        cv = applicants.resume_key(
            row, known["created_ms"], known["firstname"], known["lastname"], order["at"]
        )
        return {"cv": cv, "text": str(order["file"])}

    def _values(
        self, kind: str, attributes: dict[str, Any], order: dict[str, Any]
    ) -> dict[str, Any]:
        """Convert the names and relations of an order to internal ones."""
        values = dict(attributes)
        links = order.get("relationships") or {}
        for name, kept in (("created_at", "created_ms"), ("updated_at", "updated_ms")):
            if name in values:
                values[kept] = self._moment(values.pop(name))
        if kind != "applicants":
            return values
        job = links.get("job", links.get("vacancy", values.pop("vacancy", None)))
        if job is not None:
            values["vacancy_id"] = FIRST["vacancies"] + self._world.find("vacancies", job)
        column = links.get("stage", links.get("column", values.pop("column", None)))
        if column is not None:
            values["column_id"] = self._column(column)
        if values.get("anonym"):
            values |= ERASED
        return values

    def _column(self, asked: Any) -> int:
        for column in self._world.columns():
            if str(asked) in {
                str(column["id"]),
                str(column["title"]),
                str(column["title"]).strip(),
            }:
                return int(column["id"])
        raise KeyError(f"column {asked}")

    def _create(self, kind: str, order: dict[str, Any]) -> int:
        world = self._world
        row = int(order["id"]) - FIRST[kind] if "id" in order else world.next_row(kind)
        times = dict.fromkeys(TIMES, order["at"])
        values = DEFAULTS[kind] | times | self._values(kind, order.get("attributes") or {}, order)
        if kind == "applicants":
            values.setdefault("candidate", row)
            values.setdefault("column_id", world.columns()[0]["id"])
            first = next(world.numbers("vacancies"))
            values.setdefault("vacancy_id", FIRST["vacancies"] + first)
        world.born[kind].append(row)
        world.patch(kind, row, values)
        world.patch(kind, row, self._file(kind, row, order))
        return row


def public_id(kind: str, row: int) -> str:
    """Return the id that tests use: encoded for applicants, a plain number otherwise."""
    whole = FIRST[kind] + row
    return encode("applicant", whole) if kind == "applicants" else str(whole)


DEFAULTS: dict[str, dict[str, Any]] = {
    "applicants": applicants.DEFAULTS, "vacancies": vacancies.DEFAULTS, "columns": COLUMN
}  # fmt: skip
