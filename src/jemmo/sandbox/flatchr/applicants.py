"""Applicants: their facts, and the shapes in which Flatchr shows them."""

from __future__ import annotations

from typing import Any

from jemmo.sandbox.flatchr import people
from jemmo.sandbox.flatchr.frame import (
    COLUMNS,
    FIRST_APPLICANT,
    FIRST_CANDIDATE,
    FIRST_COLUMN,
    FIRST_VACANCY,
    Frame,
)
from jemmo.sandbox.flatchr.ids import encode
from jemmo.sandbox.flatchr.moments import Calendar, iso
from jemmo.sandbox.flatchr.switches import Switches

TWIN_EVERY, TWIN_BEFORE = 23, 7


class Applicants:
    """The applicants of one account before any change."""

    def __init__(self, frame: Frame) -> None:
        self.size = frame.talents
        self._frame = frame

    def row(self, row: int) -> dict[str, Any]:
        """Return the facts of one applicant: times in milliseconds, relations by number."""
        frame, bits = self._frame, self._frame.bits(row)
        person = row - TWIN_BEFORE if row % TWIN_EVERY == 11 else row
        own = frame.bits(person)
        first = people.FIRST[own % len(people.FIRST)]
        last = people.LAST[(own >> 8) % len(people.LAST)]
        column = (bits >> 16) % len(COLUMNS)
        created = frame.created[row]
        has_cv = bits >> 40 & 7 < 6
        return {
            "applicant_id": FIRST_APPLICANT + row, "candidate": person,
            "vacancy_id": FIRST_VACANCY + (bits >> 20) % frame.vacancies,
            "column_id": FIRST_COLUMN + column,
            "firstname": f"<b>{first}</b>" if own >> 30 & 31 == 3 else first,
            "lastname": f"{last} " if own >> 35 & 15 == 3 else last,
            "email": None if own >> 24 & 15 == 5 else people.email(first, last, person),
            "phone": None if own >> 28 & 7 == 2 else people.telephone(own >> 8),
            "status": 0 if bits >> 44 & 3 == 1 else 1, "hired": COLUMNS[column][2],
            "score": bits >> 50 & 3, "external_id": "" if bits & 1 else None,
            "source": people.SOURCES[(bits >> 54) % len(people.SOURCES)], "anonym": False,
            "consent": bool(bits & 2), "comment": "Lettre de motivation" if bits & 4 else "",
            "cv": resume_key(row, created, first, last) if has_cv else None,
            "created_ms": created, "updated_ms": frame.updated[row],
        }  # fmt: skip


def resume_key(
    row: int, created_ms: int, first: str, last: str, replaced_ms: int | None = None
) -> dict[str, str]:
    """Return the key in Flatchr's own storage of a resume, or of the one that replaced it at that time."""
    name = people.email(first, last, row).partition("@")[0].replace(".", "-")
    month = iso(created_ms if replaced_ms is None else replaced_ms)[:7].replace("-", "/")
    version = 0 if replaced_ms is None else replaced_ms
    folder = f"{version & 0xFFFFFFFF:08x}-{version >> 32 & 0xFFFF:04x}-4000-8000-{row:012d}"
    return {
        "key": f"candidates/{month}/{folder}/{name}",
        "extension": ("pdf", "docx", "pdf")[row % 3],
    }


class Shapes:
    """The shapes of one applicant: a row of the search, the single object, a webhook's parts."""

    def __init__(self, calendar: Calendar, switches: Switches) -> None:
        self._calendar = calendar
        self._switches = switches

    def row(self, facts: dict[str, Any], title: str, column: str) -> dict[str, Any]:
        """Return a row of the search."""
        fields = {
            "applicant": encode("applicant", facts["applicant_id"]), "vacancy": title,
            "vacancy_id": facts["vacancy_id"], "column": column,
            **{name: facts[name] for name in ROW},
            "created_at": self._calendar.french(facts["created_ms"]),
        }  # fmt: skip
        date_format = self._switches.updated_format
        if date_format != "absent":
            fields["updated_at"] = self._moment(date_format, facts["updated_ms"])
        if self._switches.rows == "old":
            del fields["vacancy_id"], fields["status"]
        elif self._switches.rows == "texts":
            texts = {name: str(fields[name]).lower() for name in ("vacancy_id", "status", "hired")}
            fields |= texts
        place = self._switches.cv_in_row
        if place == "candidate":
            fields["candidate"] = {"aws": facts["cv"]}
        elif place != "absent":
            fields[place] = facts["cv"]
        return fields

    def _moment(self, shape: str, ms: int) -> str | int:
        if shape == "epoch":
            return ms // 1000
        return iso(ms) if shape == "iso" else self._calendar.french(ms)

    def single(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Return the single object. Unlike elsewhere, its times are in seconds."""
        code = encode("applicant", facts["applicant_id"])
        vacancy = encode("vacancy", facts["vacancy_id"])
        own = {
            name: facts[name] for name in ("score", "comment", "status", "anonym", "external_id")
        }
        return own | {
            "id": code, "vacancy_id": vacancy, "column_id": facts["column_id"], "view": True,
            "foreigner": False, "column": {}, "vacancy": {},
            "created_at": facts["created_ms"] // 1000, "updated_at": facts["updated_ms"] // 1000,
            "candidate": self._candidate(facts),
            "applies": [{"id": code, "created_at": iso(facts["created_ms"]), "vacancy_id": vacancy,
                         "offerer_id": None, "import": False}],
        }  # fmt: skip

    def candidate_id(self, facts: dict[str, Any]) -> int:
        """Return the person's number. It is not documented whether two applicants can be one candidate."""
        if self._switches.candidates == "separate":
            return FIRST_CANDIDATE + int(facts["applicant_id"]) - FIRST_APPLICANT
        return FIRST_CANDIDATE + int(facts["candidate"])

    def _candidate(self, facts: dict[str, Any]) -> dict[str, Any]:
        cv = facts["cv"]
        names = ("email", "firstname", "lastname", "phone", "consent")
        candidate = {name: facts[name] for name in names} | {
            "id": encode("candidate", self.candidate_id(facts)), "urls": {},
            "created_at": iso(facts["created_ms"]), "cv": None, "aws": None,
        }  # fmt: skip
        if cv is not None:
            address = f"storage.example.com/{cv['key']}.{cv['extension']}"
            candidate |= {"cv": address, "aws": {**cv, "signature": f"{address}?signature=x"}}
        return candidate


ROW = ("status", "hired", "score", "firstname", "lastname", "email", "phone", "external_id",
       "source")  # fmt: skip
DEFAULTS: dict[str, Any] = {
    "firstname": "Nouvelle", "lastname": "Personne", "email": None, "phone": None, "status": 1,
    "hired": False, "score": 0, "external_id": None, "source": "Site carrière", "anonym": False,
    "consent": True, "comment": "", "cv": None,
}  # fmt: skip
