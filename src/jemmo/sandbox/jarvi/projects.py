"""Projects and the offers published from them, each computed from its number."""

from __future__ import annotations

from typing import Any

from jemmo.sandbox.jarvi import people
from jemmo.sandbox.jarvi.frame import Frame, Rows
from jemmo.sandbox.jarvi.ids import uuid
from jemmo.sandbox.jarvi.moments import text
from jemmo.sandbox.jarvi.profiles import entry
from jemmo.sandbox.slugs import slug

OPEN, HOLD, CLOSED = (uuid("statuses", n) for n in (100, 101, 102))
STATUS_NAMES = {OPEN: "En cours", HOLD: "En pause", CLOSED: "Clôturé"}
CONTRACTS = (
    ("CDI", "permanent"), ("CDD", "fixed_term"), ("Stage", "internship"),
    ("Alternance", "apprenticeship"), ("Freelance", "freelance"), ("Portage", "umbrella"),
)  # fmt: skip
USERS = ("Rec Ruteur", "Ada Chasseuse", "Paul Approche", "Mina Sourceuse", "Ancien Membre")
TEXTS = (
    "<p>Vous pilotez le quotidien de l'équipe &amp; ses projets.</p><ul><li>Reporting</li></ul>",
    "<p>Own ingestion end to end.</p><p>Two days at home.</p>",
)
OWN_OFFERS = 1_000_000  # offers with ids of their own are numbered from here


def user(number: int) -> dict[str, Any]:
    """Return a member of the firm's team."""
    name = USERS[number]
    email = f"{slug(name.replace(' ', '-'))}@example.com"
    return {
        "id": uuid("users", number),
        "displayName": name,
        "email": email,
        "disabled": number == 4,
    }


class Projects(Rows):
    """The base rows of projects."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame, frame.projects, "projects")

    def is_recruitment(self, row: int) -> bool:
        return row % 10 != 7

    def is_deleted(self, row: int) -> bool:
        return row % 19 == 5

    def row(self, row: int) -> dict[str, Any]:
        """Return one project."""
        bits = self.bits(row)
        title = people.TITLES[bits % len(people.TITLES)]
        number = bits % self.frame.companies
        firm = company(number)
        created, updated = self.created_us(row), self.updated_us(row)
        status = (OPEN, OPEN, CLOSED, HOLD)[row % 4]
        return {
            "id": uuid("projects", row), "name": f"{title} - {firm['name']}",
            "userId": uuid("users", bits % 5), "companyId": firm["id"], "statusId": status,
            "groupId": None, "presetId": None, "colorId": None,
            "isMadeForRecruitment": self.is_recruitment(row),
            "isMadeForSales": not self.is_recruitment(row),
            "externalId": None, "referenceId": f"M-{row:04d}" if bits % 3 else None,
            "linkedinId": None, "linkedinContractId": None, "linkedinIdType": None,
            "ignoreHistoryBeforeProjectCreatedAt": False,
            "createdAt": text(created), "updatedAt": text(updated),
            "deletedAt": text(updated) if self.is_deleted(row) else None,
            "group": None, "user": user(bits % 5), "assignees": [{"user": user((bits + 1) % 5)}],
            "company": {"id": firm["id"], "description": None, "companyPublicData": {
                "name": firm["name"], "description": None, "website": firm["website"],
                "linkedinUrl": firm["linkedinUrl"], "tagline": None, "foundedAt": None,
                "linkedinEmployeeCount": 120, "image": None}},
            "files": [], "fieldsValues": self._fields(row, bits), "color": None,
            "__typename": "projects",
        }  # fmt: skip

    def _fields(self, row: int, bits: int) -> list[dict[str, Any]]:
        title = people.TITLES[bits % len(people.TITLES)]
        contract = CONTRACTS[bits // 16 % len(CONTRACTS)]
        place = people.PLACES[bits // 8 % len(people.PLACES)]
        low, is_k = 30 + bits % 30, bool(bits & 4)
        values = [
            _value(row, 0, "text", "joboffer_title", "Titre", title),
            _value(row, 1, "richtext", "joboffer_description", "Description", TEXTS[bits & 1]),
            _value(row, 2, "richtext", "joboffer_profile_description", "Profil", "<p>3 ans</p>"),
            _value(row, 3, "richtext", "joboffer_company_description", "Client", "<p>PME</p>"),
            entry(row * 32 + 4, _field(4, "location", "joboffer_location", "Lieu"),
                  location=_location(place)),
            entry(row * 32 + 5, _field(5, "multiplechoice", "joboffer_contract_type", "Contrat"),
                  choice=(uuid("values", 50 + bits // 16 % 6), *contract)),
            _value(row, 6, "boolean", "joboffer_is_fulltime", "Temps plein",
                   str(bits % 6 != 1).lower()),
            _value(row, 7, "number", "joboffer_remote_days_per_week", "Télétravail", str(bits % 6)),
            _value(row, 8, "number", "joboffer_min_years_of_experience", "Expérience",
                   str(bits % 9)),
            _value(row, 11, "boolean", "joboffer_salary_is_public", "Salaire public",
                   "true" if bits & 8 else "false"),
            _value(row, 12, "number", "business_estimated_revenue", "CA estimé", "12000"),
        ]  # fmt: skip
        if bits % 5:
            unit = 1 if is_k else 1000
            lowest = _value(
                row, 9, "number", "joboffer_salary_per_year_min", "Min", str(low * unit)
            )
            highest = _value(
                row, 10, "number", "joboffer_salary_per_year_max", "Max", str((low + 8) * unit)
            )
            values += [lowest, highest]
        sectors = _field(20, "multiplechoice", None, "Secteur")
        values += [
            entry(row * 32 + 13 + n, sectors, choice=(uuid("values", 70 + n), name, name.lower()))
            for n, name in enumerate(("Industrie", "Banque", "Santé"))
            if bits >> (3 + n) & 1
        ]
        skills = _field(21, "tags", None, "Compétences")
        values += [
            entry(row * 32 + 16 + n, skills, choice=(uuid("values", 80 + n), name, name.lower()))
            for n, name in enumerate(("Python", "Paie"))
            if bits >> (6 + n) & 1
        ]
        return values


def offer(project: dict[str, Any], number: int, *, own_id: bool) -> dict[str, Any]:
    """Return the published offer of a project."""
    names = ("id", "createdAt", "updatedAt", "externalId", "referenceId", "fieldsValues")
    published = {name: project[name] for name in names}
    title = next(
        (value["value"] for value in project["fieldsValues"]
         if value["field"]["purpose"] == "joboffer_title"), None,
    )  # fmt: skip
    if own_id:
        published["id"] = uuid("offers", OWN_OFFERS + number)
    return published | {
        "shortId": f"o{number:x}", "name": title or project["name"],
        "publishedAt": project["createdAt"],
    }  # fmt: skip


def company(number: int) -> dict[str, Any]:
    """Return a client of the firm."""
    name = people.COMPANIES[number % len(people.COMPANIES)]
    name += f" {number // len(people.COMPANIES)}" if number >= len(people.COMPANIES) else ""
    address = slug(name.replace(" ", "-"))
    return {
        "id": uuid("companies", number), "name": name, "website": f"https://{address}.example.com",
        "linkedinUrl": f"https://www.linkedin.com/company/{address}", "statusId": None,
        "createdAt": text(1_600_000_000_000_000 + number * 1_000_000),
        "updatedAt": text(1_700_000_000_000_000 + number * 1_000_000), "deletedAt": None,
        "assignees": [{"user": user(number % 5)}], "fieldsValues": [],
        "linkedinCompanyData": {"name": name},
    }  # fmt: skip


def _field(number: int, kind: str, purpose: str | None, name: str) -> dict[str, Any]:
    return {"id": uuid("fields", number), "type": kind, "name": name, "purpose": purpose}


def _value(row: int, number: int, kind: str, purpose: str, name: str, value: str) -> dict[str, Any]:
    return entry(row * 32 + number, _field(number, kind, purpose, name), value=value)


def _location(place: tuple[str, ...]) -> dict[str, Any]:
    city, postal_code, second, first, country, code = place
    return {
        "formattedAddress": f"{city}, {country}", "locality": city, "postalCode": postal_code,
        "administrativeAreaLevel1": first, "administrativeAreaLevel2": second,
        "countryName": country, "countryShortName": code, "id": f"place-{postal_code}",
        "search": city.lower(),
    }  # fmt: skip
