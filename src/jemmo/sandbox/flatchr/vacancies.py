"""Vacancies, each computed from its number, and the texts of their numbered attributes."""

from __future__ import annotations

import re
from typing import Any

from jemmo.sandbox.flatchr import people
from jemmo.sandbox.flatchr.frame import COMPANY_NUMBER, COMPANY_SLUG, FIRST_VACANCY, Frame
from jemmo.sandbox.flatchr.ids import encode
from jemmo.sandbox.flatchr.moments import DAY_MS, iso
from jemmo.sandbox.flatchr.switches import Switches
from jemmo.sandbox.mixing import mix, salt

CONTRACTS = (
    (1, "CDI"), (2, "CDD"), (3, "Intérim"), (4, "Stage"), (5, "Alternance"), (6, "Freelance"),
    (7, "VIE"),
)  # fmt: skip
EDUCATION = ((1, "Aucun"), (3, "Bac"), (5, "Bac +3"))
ACTIVITIES = ((25, "Internet"), (35, "Santé"))
CHANNELS = ((2, "Commerce / Vente"), (10, "Santé / Social"))
TRADES = {2: ((49, "Commercial"), (54, "Chargé d'affaires")), 10: ((122, "Chirurgien"),)}
STATUS = (1, 0, 2, 1, 1, 3, 1, 1, 0, 1)
ODD = {1: 1, 0: 0, 2: 4, 3: 5}
SALARIES = ("32000", 45_000, "0", None, "60", 0, "38000.50")
REMOTE = ("notime", "parttime", "fulltime")
COMPANY = {
    "id": encode("company", COMPANY_NUMBER), "name": "Démo & Exemple SAS", "slug": COMPANY_SLUG,
    "size": "50-99", "email": "rh@example.com", "status": 1, "retention_policy": "2 years",
}  # fmt: skip


class Vacancies:
    """The vacancies of one account before any change."""

    def __init__(self, frame: Frame) -> None:
        self.size = frame.vacancies
        self._frame = frame
        self._salt = salt(frame.seed, "vacancy")

    def row(self, row: int) -> dict[str, Any]:
        """Return the facts of one vacancy: times in milliseconds, status as documented."""
        bits = mix(self._salt, row)
        created = self._frame.founded_ms + row * 900 * DAY_MS // self.size
        place = people.PLACES[bits % len(people.PLACES)]
        salary = SALARIES[bits >> 4 & 7] if bits >> 4 & 7 < len(SALARIES) else "1"
        return {
            "vacancy_id": FIRST_VACANCY + row, "title": people.TITLES[bits >> 8 & 7],
            "reference": f"REF-{row} ", "description": "<p>Qui nous sommes</p>" if bits & 1 else "",
            "mission": f"<p>Vos missions : dossier {row}</p>", "profile": "<p>Bac +2</p>",
            "note": "<p>interne</p>", "experience": (1, 2, 4, 6, 11)[bits >> 12 & 3],
            "salary": salary, "salary_max": 48_000 if bits & 64 else None,
            "mensuality": "ymdh"[bits >> 16 & 3], "currency": "EUR", "language": "fr_FR",
            "status": STATUS[row % len(STATUS)], "published": bool(bits & 2), "show_salary": bool(bits & 8),
            "contract_type_id": CONTRACTS[bits >> 20 & 7][0] if bits >> 20 & 7 < 7 else 1,
            "remote": REMOTE[(bits >> 24) % 3], "partial": bits >> 28 & 7 == 1, "handicap": True,
            "driver_license": False, "kanban": True, "start_date": None, "end_date": None,
            "apply_url": None, "external_id": None, "skills": "excel;paie" if bits & 16 else "",
            "created_ms": created, "updated_ms": created + (bits >> 32) % (60 * DAY_MS),
            "place": place, "tags": ["urgent"] if bits & 32 else [],
        }  # fmt: skip


def render_vacancy(facts: dict[str, Any], switches: Switches, fields: set[str]) -> dict[str, Any]:
    """Render a vacancy as the REST API shows it."""
    vacancy = {name: value for name, value in facts.items() if name not in INSIDE}
    code = encode("vacancy", facts["vacancy_id"])
    vacancy |= {
        "id": code, "slug": slug(facts), "company_id": COMPANY_NUMBER, "company": COMPANY,
        "created_at": iso(facts["created_ms"]), "updated_at": iso(facts["updated_ms"]),
        "education_level_id": 3, "activity_id": 25, "channel_id": 2, "metier_id": 49,
        "options": None, "meta_title": facts["title"], "semantic": {"x": 1},
    }  # fmt: skip
    if switches.status_enum == "odd":
        vacancy["status"] = ODD.get(facts["status"], facts["status"])
    if switches.labels == "texts":
        vacancy |= {
            field: dict(texts).get(vacancy[f"{field}_id"])
            for field, texts in (
                ("contract_type", CONTRACTS), ("education_level", EDUCATION),
                ("activity", ACTIVITIES), ("channel", CHANNELS),
                ("metier", TRADES.get(vacancy["channel_id"], ())),
            )
        }  # fmt: skip
    if switches.remote == "bool":
        vacancy["remote"] = facts["remote"] != "notime"
    if "address" in fields:
        vacancy["address"] = _address(facts["place"])
        vacancy["addressFormatted"] = vacancy["address"]["formatted_address"]
    if "tags" in fields:
        vacancy["tags"] = [
            {"id": encode("user", n), "tag_id": n, "title": title, "type": "vacancies"}
            for n, title in enumerate(facts["tags"])
        ]
    return vacancy


def slug(facts: dict[str, Any]) -> str:
    """Return the last part of the public address: the encoded id in lower case, then the title."""
    words = re.sub(r"[^a-z0-9]+", "-", str(facts["title"]).lower()).strip("-")
    return f"{encode('vacancy', facts['vacancy_id']).lower()}-{words}"


def _address(place: tuple[str, ...]) -> dict[str, Any]:
    city, code, lat, lng, region, department, country = place
    return {
        "locality": city, "postal_code": code, "location_lat": lat, "location_lng": lng, "route": None,
        "street_number": None, "administrative_area_level_1": region,
        "administrative_area_level_2": department, "formatted_address": f"{city}, {country}",
        "country": country,
    }  # fmt: skip


INSIDE = frozenset({"created_ms", "updated_ms", "place", "tags"})
DEFAULTS: dict[str, Any] = {
    "title": "Nouveau poste ", "reference": None, "description": "", "mission": "<p>À définir</p>",
    "profile": "", "note": None, "experience": 1, "salary": "0", "salary_max": None,
    "mensuality": "y", "currency": "EUR", "language": "fr_FR", "status": 1, "published": True,
    "show_salary": False, "contract_type_id": 1, "remote": "notime", "partial": False,
    "handicap": False, "driver_license": False, "kanban": True, "start_date": None,
    "end_date": None, "apply_url": None, "external_id": None, "skills": "",
    "place": people.PLACES[0], "tags": [],
}  # fmt: skip


def referential(path: list[str]) -> tuple[tuple[int, str], ...]:
    """Return the numbers and texts that a path lists; none if it is not the path of a referential."""
    match path:
        case ["contracts"]:
            return CONTRACTS
        case ["educationLevels"]:
            return EDUCATION
        case ["activities"]:
            return ACTIVITIES
        case ["channels"]:
            return CHANNELS
        case ["channels", channel, "metiers"] if channel.isdecimal():
            return TRADES.get(int(channel), ())
    return ()
