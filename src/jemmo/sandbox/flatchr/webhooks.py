"""Webhooks: one POST per event, neither signed nor retried."""

from __future__ import annotations

from typing import Any

from jemmo.sandbox.delivery import post
from jemmo.sandbox.flatchr.applicants import Shapes
from jemmo.sandbox.flatchr.frame import COMPANY_NUMBER
from jemmo.sandbox.flatchr.ids import encode
from jemmo.sandbox.flatchr.moments import iso
from jemmo.sandbox.flatchr.switches import Switches
from jemmo.sandbox.flatchr.vacancies import COMPANY
from jemmo.sandbox.flatchr.world import FIRST, World

USER = {"id": 7, "firstname": "Rec", "lastname": "Ruteur", "email": "rec@example.com"}


class Webhooks:
    """Sends one POST per event, if there is an address."""

    def __init__(self, world: World, switches: Switches, url: str | None) -> None:
        self._world = world
        self._switches = switches
        self._shapes = Shapes(world.calendar, switches)
        self.url = url

    async def send(self, order: dict[str, Any], kind: str, row: int) -> dict[str, Any] | None:
        """Send the event of an order, if it has one; return the receiver's response."""
        event = EVENTS.get((order["op"], kind))
        if self.url is None or event is None:
            return None
        delivery = await post(self.url, self.body(event, kind, row))
        return {"event": event, "id": row, **delivery}

    def body(self, event: str, kind: str, row: int) -> dict[str, Any]:
        """Return an event's body. Its parts don't agree on which kind of id they use."""
        parts = self._vacancy(row) if kind == "vacancies" else self._applicant(event, row)
        parts |= {"company": {"id": COMPANY["id"], "name": COMPANY["name"]}}
        if self._switches.webhook_shape == "flat":
            return {"event": event, "company_id": COMPANY_NUMBER, **parts}
        return {"event": event, "company_id": COMPANY_NUMBER, "data": parts}

    def _vacancy(self, row: int) -> dict[str, Any]:
        facts = self._world.row("vacancies", row)
        code = encode("vacancy", facts["vacancy_id"])
        vacancy = {"id": facts["vacancy_id"], "company_id": COMPANY["id"],
                **{name: facts.get(name) for name in ("title", "status", "published")}}  # fmt: skip
        return {"user": USER, "vacancy": vacancy, "vacancy_id": code, "user_id": encode("user", 7)}

    def _applicant(self, event: str, row: int) -> dict[str, Any]:
        facts = self._world.row("applicants", row)
        code = encode("applicant", facts["applicant_id"])
        column_code = encode("column", facts["column_id"])
        person = self._shapes.candidate_id(facts)
        new = event == "new_applicant"
        base = self._vacancy(facts["vacancy_id"] - FIRST["vacancies"])
        column = self._world.row("columns", facts["column_id"] - FIRST["columns"])
        whole = {name: column[name] for name in ("id", "title", "position", "visible", "hired")}
        cv = facts["cv"] and {"id": 1, "fileable_id": person, "type": "CV", **facts["cv"]}
        return base | {
            "applicant": {
                "id": code if new else facts["applicant_id"], "vacancy_id": base["vacancy_id"],
                "candidate_id": person, "column_id": column_code, "reason_id": None,
                **{name: facts[name] for name in ("status", "score", "anonym")},
                "created_at": iso(facts["created_ms"]), "updated_at": iso(facts["updated_ms"]),
            },
            "candidate": {
                "id": person, "status": 1,
                **{name: facts[name] for name in ("firstname", "lastname", "email", "phone", "consent")},
            },
            "column": facts["column_id"] if new else whole, "cv": cv,
            "applicant_id": facts["applicant_id"], "candidate_id": person, "column_id": column_code,
        }  # fmt: skip


EVENTS = {
    ("create", "applicants"): "new_applicant", ("move", "applicants"): "drag_applicant",
    ("create", "vacancies"): "new_vacancy",
}  # fmt: skip
