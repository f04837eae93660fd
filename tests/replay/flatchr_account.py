"""The second Flatchr's records: one company's account. ``flatchr.py`` names the sources."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2024, 1, 8, 9, 12, 44, 589_000, tzinfo=UTC)
COMPANY = "Wv4xQeK9mZp2Lr7T"
COMPANY_NUMBER = 4107
ALPHABET = string.ascii_letters + string.digits

Row = dict[str, Any]

CONTRACTS = {1: "CDI", 2: "CDD", 3: "Stage", 4: "Alternance", 5: "Freelance", 6: "Intérim"}
EDUCATION = {1: "Aucun", 3: "Bac", 5: "Bac +3", 6: "Bac +5"}
ACTIVITIES = {25: "Internet", 35: "Santé"}
CHANNELS = {2: "Commerce / Vente", 10: "Santé / Social"}
TRADES = {2: {49: "Commercial", 54: "Chargé d'affaires"}, 10: {122: "Chirurgien"}}

COLUMNS = (  # title, position, visible, hired; titles as people type them
    ("À traiter", 1, True, False),
    ("Pré-qualification RH ", 2, True, False),
    ("Entretien & test", 4, True, False),
    ("Ancien vivier", 7, False, False),
    ("Recruté", 9, True, True),
)
VACANCIES: tuple[Row, ...] = (
    {"title": "Account Executive SaaS H/F ", "salary": "0", "remote": "parttime", "experience": 2},
    {
        "title": "Chirurgien",
        "salary": "40 000",
        "salary_max": "60 000",
        "remote": "notime",
        "experience": 11,
        "contract_type_id": 2,
        "start_date": "2027-05-01T00:00:00.000Z",
        "end_date": "2028-05-01T00:00:00.000Z",
    },
    {"title": "Infirmier de nuit", "salary": 12.5, "mensuality": "h", "remote": "fulltime"},
    {"title": "Assistant <RH>", "status": 0, "salary": "", "contract_type_id": 4},
    {"title": "Ancienne offre", "status": 2, "published": False, "experience": 1},
    {"title": "Cuisinier", "salary": 2100, "mensuality": "m", "contract_type_id": 6},
)
ADDRESSES: tuple[Row | None, ...] = (
    {
        "locality": "Paris",
        "location_lat": "48.84241930000",
        "location_lng": "2.26104850000",
        "postal_code": "75016",
        "route": "Rue des Exemples",
        "street_number": "59",
        "administrative_area_level_1": "Île-de-France",
        "administrative_area_level_2": "Paris",
        "formatted_address": "59 Rue des Exemples, 75016 Paris, France",
        "country": "France",
    },
    None,
    {  # as in the older reference: numbers, and another spelling
        "locality": "Nantes",
        "location_lat": 47.21,
        "location_lng": -1.55,
        "postal_code": 44000,
        "route": "Quai des Exemples",
        "street_number": 10,
        "administrative_area_level_1": "Pays de la Loire",
        "administrative_area_level_2": "Loire-Atlantique",
        "formated_address": "10 Quai des Exemples, 44000 Nantes, France",
        "country": "France",
    },
)
PEOPLE: tuple[Row, ...] = (
    {},
    {"phone": "", "firstname": "JULIETTE"},
    {"email": None, "phone": None, "consent": False},
    {"phone": "06 00 00 00 03", "urls": {"linkedin": "https://www.linkedin.com/in/exemple"}},
    {"lastname": "de l'Exemple "},
)
SOURCES = ("L'Apec", "Site carrière", None, "Indeed")


def encoded(kind: str, number: int) -> str:
    """Return an id of 16 letters and digits that encodes a number; case matters, as in Flatchr."""
    if kind == "applicant" and number % 10 == 7:
        return encoded(kind, number - 1).swapcase()
    return "".join(random.Random(f"{kind} {number}").choices(ALPHABET, k=16))


def iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Held:
    """The company's records: rows by encoded id, columns by number.

    An applicant is a person's application for one vacancy. Applicants' dates are stored as ``datetime``.
    """

    columns: dict[int, Row] = field(default_factory=dict)
    members: dict[str, Row] = field(default_factory=dict)
    vacancies: dict[str, Row] = field(default_factory=dict)
    people: dict[str, Row] = field(default_factory=dict)
    applicants: dict[str, Row] = field(default_factory=dict)

    def apply(self, number: int, who: str, vacancy: str, when: datetime, **more: Any) -> Row:
        key = encoded("applicant", number)
        row = {
            "id": key,
            "number": 200_000 + number,
            "person": who,
            "vacancy": vacancy,
            "column": min(self.columns),
            "status": 1,
            "score": 0,
            "anonym": False,
            "external_id": "",
            "source": None,
            "cv": None,
            "created_at": when,
            "updated_at": when,
        }
        self.applicants[key] = row | more
        return self.applicants[key]

    def arrive(self, number: int, when: datetime, **more: Any) -> Row:
        key = encoded("candidate", number)
        self.people[key] = {
            "id": key,
            "number": 100_000 + number,
            "firstname": f"Prénom{number}",
            "lastname": f"Nom{number}",
            "email": f"candidat{number}@example.com",
            "phone": f"+33 6 00 00 00 {number % 100:02d}",
            "urls": {},
            "consent": True,
            "created_at": when,
        } | more
        return self.people[key]

    def column(
        self, number: int, title: str, position: int, *, visible: bool = True, hired: bool = False
    ) -> None:
        self.columns[number] = {
            "id": number,
            "title": title,
            "company_id": COMPANY,
            "position": position,
            "created_at": iso(START),
            "updated_at": iso(START),
            "visible": visible,
            "hired": hired,
        }

    def advertise(self, number: int, **more: Any) -> Row:
        key = encoded("vacancy", number)
        title = more.get("title", f"Offre {number}")
        slug = "-".join(filter(None, "".join(c if c.isalnum() else " " for c in title).split()))
        self.vacancies[key] = {
            "id": key,
            "vacancy_id": 84_512 + 17 * number,
            "slug": f"{key.lower()}-{slug.lower()}",
            "reference": f"REF-{number} ",
            "title": title,
            "description": "",
            "experience": 4,
            "mission": f"<p>Missions de l'offre&nbsp;{number}</p>",
            "profile": "<ul><li><p>Rigueur</p></li></ul>",
            "salary": "0",
            "status": 1,
            "language": "fr_FR",
            "contract_type_id": 1,
            "education_level_id": 6,
            "activity_id": 25,
            "channel_id": 2,
            "metier_id": 49,
            "company_id": COMPANY_NUMBER,
            "mensuality": "y",
            "apply_url": None,
            "currency": "EUR",
            "created_at": iso(START + timedelta(days=number)),
            "updated_at": iso(START + timedelta(days=number, hours=2)),
            "start_date": None,
            "end_date": None,
            "driver_license": False,
            "remote": "notime",
            "handicap": False,
            "partial": False,
            "kanban": True,
            "options": None,
            "slug_mail": f"dk43{number}w",
            "_address": ADDRESSES[number % len(ADDRESSES)],
            "_tags": [],
        } | more
        return self.vacancies[key]


def account(applicants: int) -> Held:
    """Create columns, members, vacancies, and this number of applicants; some people apply twice."""
    held = Held()
    for place, (title, position, visible, hired) in enumerate(COLUMNS):
        held.column(640 + 13 * place, title, position, visible=visible, hired=hired)
    for number, last in enumerate(("Laurent", "Dupont", None)):
        held.members[encoded("member", number)] = _member(number, last)
    for number, more in enumerate(VACANCIES):
        held.advertise(number, **more)
    vacancies = list(held.vacancies)
    who: Row | None = None
    for number in range(applicants):
        # Close to midnight, so that for some applicants the day in Paris differs from the day in UTC.
        when = START + timedelta(hours=17 * number, minutes=41)
        second = who is not None and number % 4 == 3
        if not second:
            who = held.arrive(number, when, **PEOPLE[number % len(PEOPLE)])
        assert who is not None
        row = held.apply(
            number,
            who["id"],
            vacancies[number % len(vacancies)],
            when,
            column=list(held.columns)[number * 7 % 11 % len(COLUMNS)],
            status=0 if number % 7 == 5 else 1,
            score=number % 5,
            source=SOURCES[number % len(SOURCES)],
            updated_at=when + timedelta(days=number % 9),
        )
        folder = f"candidates/2024/01/00000000-0000-4000-8000-{number:012d}"
        row["cv"] = {"key": f"{folder}/cv-été {number}", "extension": ("pdf", "docx")[number % 2]}
    return held


def _member(number: int, last: str | None) -> Row:
    user = {
        "id": encoded("user", number),
        "user_id": 276 + number,
        "firstname": "Eva" if last else None,
        "lastname": last,
        "email": f"membre{number}@example.com",
        "phone": None,
        "use_email": False,
        "status": (1, 4, 1)[number],
        "language": "fr_FR",
        "created_at": iso(START),
        "updated_at": iso(START),
        "token_vyte": "a-secret-of-another-service",
        "timezone": "Europe/Paris",
        "company": "Exemple SAS",
    }
    return {
        "id": encoded("member", number),
        "role_id": 2 + number % 2,
        "external_id": None,
        "company_id": COMPANY_NUMBER,
        "created_at": iso(START),
        "last_login": None,
        "_user": user,
    }
