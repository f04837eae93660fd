"""The second Jarvi's records: one recruitment agency's account. ``jarvi.py`` names the sources.

Everyone is invented. Rows have the API's format, with every field that the reference names, most of them null. Fields
that the API doesn't show start with an underscore.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

Row = dict[str, Any]
Held = dict[str, dict[str, Row]]

START = datetime(2024, 5, 30, 10, 19, 11, 381_731, tzinfo=UTC)
IMPORT = datetime(2025, 1, 6, 16, 26, 40, 484_813, tzinfo=UTC)
"""When one in three profiles was imported by a single statement, so that they share this creation time."""

COUNTERS = (
    "countConnexionsWithThisProfile countInvitationsScheduledToThisProfile countInvitationsSentToThisProfile "
    "countApplicationsFromThisProfile countMeetingsDoneWithThisProfile countMeetingsScheduledWithThisProfile "
    "countMessagesReceivedFromThisProfile countMessagesScheduledToThisProfile countMessagesSentToThisProfile "
    "countResumes"
)
EMPTY = (
    "birthday canSendInMail deletedAt distance externalId externalIdSource firstInteractionDate firstName "
    "firstNameParsed firstNameManual headline imageId isHiring isOpenToNewOpportunities lastInteractionDate "
    "lastPastInteractionDate lastInteractionType lastPositionStartDate lastPosition lastName lastNameParsed "
    "lastNameManual linkedinId locationId manualLocationId parsedLocationId memberId preferredEmailAddress profileUrl "
    "publicIdentifier primaryLocale"
)
FIRST = ("Inès", "Bao", "Mireille", "Tomasz", "Aïcha", "Lars", "O'Neil", "Zoë", "김", "Ève-Marie")
LAST = ("Fontaine", "Nguyễn", "de la Tour", "Wiśniewski", "Østergård", "Smith-Jones", "Müller")
PURPOSE = "resources.fields.purposes.{}.name"
"""The name of a field that Jarvi defines is a translation key."""


def iso(when: datetime) -> str:
    """Format a time as Postgres does: microseconds without trailing zeros, and an offset."""
    text = when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return text + "+00:00"


def ids(seed: str) -> Callable[[], str]:
    """Return a generator of random ids, which are the same for the same seed."""
    random = Random(seed)
    return lambda: str(UUID(int=random.getrandbits(128), version=4))


GROUP, TEAM, PRESET = (ids("team")() for _ in range(3))
STATUSES = [made() for made in [ids("statuses")] for _ in range(6)]
"""The first three are of projects, the others of profiles; no REST response contains their names."""


def value(
    kind: str,
    name: str,
    text: str | None = None,
    *,
    purpose: str | None = None,
    choice: Row | None = None,
    place: Row | None = None,
    of: str = "projects",
) -> Row:
    """Return a value of a custom field, with the definition that each value repeats."""
    made = ids(f"{of}{kind}{name}{text}{choice}")
    field = {"id": ids(of + name)(), "type": kind, "name": name, "purpose": purpose}
    return {
        "id": made(),
        "field": {**field, "__typename": "fields"},
        "fieldValue": choice and {"id": made(), "technicalValue": None, **choice},
        "location": place and {"id": made(), **place},
        "value": text,
        "__typename": f"{of}_fieldsvalues",
    }


def ours(
    kind: str, purpose: str, text: str | None = None, choice: Row | None = None, **more: Any
) -> Row:
    """Return a value of a field that Jarvi defines for job offers."""
    return value(kind, PURPOSE.format(purpose), text, purpose=purpose, choice=choice, **more)


LYON: Row = {
    "administrativeAreaLevel1": "Auvergne-Rhône-Alpes",
    "administrativeAreaLevel2": "Rhône",
    "countryName": "France",
    "countryShortName": "FR",
    "formattedAddress": "69003 Lyon, France",
    "locality": "Lyon",
    "postalCode": "69003",
    "search": "lyon 3",
}
BARE: Row = {**dict.fromkeys(LYON), "search": "Télétravail, Bretagne"}


def _users() -> list[Row]:
    made = ids("users")
    names = ("Rita Roche", "Karl Karlsen", "Nour El Amine")
    return [
        {
            "displayName": name,
            "email": f"{name.split()[0].lower()}@example.com",
            "id": made(),
            "__typename": "users",
        }
        for name in names
    ]


USERS = _users()


PROJECTS: tuple[Row, ...] = (
    {
        "name": "Dev JAVA - IDF",
        "referenceId": "DJ-25",
        "_offer": "aB3dE",
        "fieldsValues": [
            ours("text", "joboffer_title", "Développeuse Java (F/H)"),
            ours("richtext", "joboffer_description", "<p>Mission&nbsp;: coder</p><p></p>"),
            ours("richtext", "joboffer_profile_description", "<p>Java</p>"),
            ours("richtext", "joboffer_company_description", "<p>Une PME</p>"),
            ours("location", "joboffer_location", place=LYON),
            ours(
                "multiplechoice",
                "joboffer_contract_type",
                choice={"name": "CDI", "technicalValue": "permanent"},
            ),
            ours("boolean", "joboffer_is_fulltime", "true"),
            ours("boolean", "joboffer_salary_is_public", "true"),
            ours("number", "joboffer_salary_per_year_min", "50000"),
            ours("number", "joboffer_salary_per_year_max", "60000"),
            ours("number", "joboffer_remote_days_per_week", "2"),
            ours("number", "joboffer_min_years_of_experience", "3"),
            ours("number", "business_estimated_revenue", "12000"),
            value("tags", "Stack", choice={"name": "Kotlin"}),
            value("tags", "Stack", choice={"name": "Spring"}),
        ],
    },
    {
        "name": "Commercial B2B",
        "isMadeForSales": True,
        "user": {**USERS[2], "disabled": True},
        "_offer": "zZ9",
        "fieldsValues": [
            ours("location", "joboffer_location", place=BARE),
            ours("location", "joboffer_location", place=LYON),
            ours("boolean", "joboffer_salary_is_public", "false"),
            ours("number", "joboffer_salary_per_year_max", "60"),
            ours("multiplechoice", "joboffer_contract_type", choice={"name": "Freelance"}),
            value("multiplechoice", "Langues", choice={"name": "Anglais"}),
            value("multiplechoice", "Langues", choice={"name": "Allemand"}),
            value("date", "Début", "2026-09-01"),
            value("rating", "Urgence", "4"),
            value("richtext", "Notes", None),
        ],
    },
    {"name": "Mission fermée", "statusId": STATUSES[2], "company": None, "companyId": None},
    {"name": "Prospection Q3", "isMadeForRecruitment": False, "isMadeForSales": True},
    {"name": "Abandonnée", "deletedAt": iso(START + timedelta(days=40))},
    {
        "name": "Infirmier de nuit",
        "_offer": "n7",
        "user": None,
        "userId": None,
        "assignees": [{"user": USERS[2], "__typename": "projects_assignees"}],
        "fieldsValues": [
            ours("richtext", "joboffer_description", ""),
            ours("number", "joboffer_salary_per_year_min", "32000.5"),
            ours("number", "joboffer_remote_days_per_week", "0"),
            ours("boolean", "joboffer_is_fulltime", "false"),
        ],
    },
)


def _companies() -> dict[str, Row]:
    made, found = ids("companies"), {}
    for name, public in (("demo-sas-lyon", "Demo SAS"), ("Clinique du Lac", None)):
        key = made()
        found[key] = {
            "id": key,
            "name": name,
            "website": None,
            "linkedinUrl": f"https://www.linkedin.com/company/{name.lower().replace(' ', '-')}",
            "statusId": None,
            "updatedAt": iso(START),
            "createdAt": iso(START),
            "deletedAt": None,
            "assignees": [{"user": USERS[0]}],
            "fieldsValues": [],
            "linkedinCompanyData": public and {"name": public},
            "_public": public,
        }
    return found


def project(number: int, companies: dict[str, Row]) -> Row:
    """Return a project, with defaults for what ``PROJECTS`` doesn't specify."""
    key, company = ids(f"project{number}")(), list(companies.values())[number % len(companies)]
    born = START + timedelta(days=number, microseconds=number * 1000)
    public = company["_public"] and {
        "id": ids(f"public{number}")(),
        "name": company["_public"],
        "description": "Éditeur",
        "website": "https://demo.example.com",
        "linkedinUrl": company["linkedinUrl"],
        "tagline": None,
        "foundedAt": None,
        "linkedinEmployeeCount": 41,
        "image": None,
    }
    file = {"id": ids(f"file{number}")(), "name": "brief.pdf", "size": 225_265}
    return {
        "id": key,
        "userId": USERS[0]["id"],
        "linkedinId": None,
        "createdAt": iso(born),
        "updatedAt": iso(born + timedelta(days=9)),
        "deletedAt": None,
        "color": None,
        "colorId": "#d81b60",
        "presetId": PRESET,
        "isMadeForRecruitment": True,
        "isMadeForSales": False,
        "groupId": GROUP,
        "group": {"id": GROUP, "name": "Équipe", "__typename": "groups"},
        "user": {**USERS[0], "disabled": False},
        "assignees": [{"user": USERS[1], "__typename": "projects_assignees"}],
        "linkedinContractId": None,
        "linkedinIdType": None,
        "statusId": STATUSES[0],
        "ignoreHistoryBeforeProjectCreatedAt": False,
        "companyId": company["id"],
        "company": {"id": company["id"], "description": None, "companyPublicData": public},
        "externalId": None,
        "referenceId": None,
        "files": [
            {
                "fileId": file["id"],
                "createdAt": iso(born),
                "updatedAt": iso(born),
                "file": {**file, "mimeType": "application/pdf", "__typename": "files"},
            }
        ],
        "fieldsValues": [],
        "__typename": "projects",
        **PROJECTS[number],
    }


def profile(key: str, born: datetime, **known: Any) -> Row:
    """Return a profile with only the given values."""
    return {
        **dict.fromkeys(EMPTY.split()),
        **dict.fromkeys(COUNTERS.split(), 0),
        "id": key,
        "addedAt": iso(born),
        "createdAt": iso(born),
        "updatedAt": iso(born),
        "createdByUserId": USERS[0]["id"],
        "groupId": GROUP,
        "isTalent": True,
        "isContact": False,
        "isInfluencer": False,
        "isPremium": False,
        "searchString": "",
        "source": "MANUAL",
        "statusId": STATUSES[3],
        "emailAddresses": [],
        "phoneNumbers": [],
        "positions": [],
        "locations": [],
        "associations": [],
        "fieldsValues": [],
        "__typename": "profiles",
        **known,
    }


def _person(number: int, company: Row) -> Row:
    """Return the values of a talent, in five forms with little data."""
    first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
    typed: Row = {"firstNameManual": first, "lastNameManual": last}
    parsed: Row = {"firstNameParsed": first, "lastNameParsed": last, "source": "LINKEDIN"}
    mail = {"id": number, "email": f"candidate{number}@example.com", "type": "PERSONAL"}
    named: Row = {"firstName": first, "lastName": last}
    ways: tuple[Row, ...] = (
        {**typed, "emailAddresses": [mail]},
        {
            **parsed,
            "headline": "Ingénieure données",
            "profileUrl": f"https://www.linkedin.com/in/invented-{number}",
            "publicIdentifier": f"invented-{number}",
            "lastPosition": {"companyName": "Exemple & Fils", "title": "Ingénieure"},
            "locations": [{"name": "Lyon, Auvergne-Rhône-Alpes, France"}],
            "isOpenToNewOpportunities": True,
        },
        {
            **typed,
            "lastName": None,
            "lastNameManual": None,
            "phoneNumbers": [
                {"number": "06 00 00 00 01", "canonicalNumber": "+33600000001", "type": "mobile"},
                {"number": "0600000002", "canonicalNumber": None, "type": None},
            ],
        },
        {
            **typed,
            "isContact": True,
            "emailAddresses": [mail, {**mail, "email": f"work{number}@example.com"}],
            "associations": [{"company": {"id": company["id"], "name": company["name"]}}],
            "countResumes": 1,
        },
        {
            **parsed,
            "statusId": None,
            "preferredEmailAddress": mail["email"],
            "emailAddresses": [mail],
            "fieldsValues": [
                value("rating", "Note", "4", of="profiles"),
                value("tags", "Métiers", choice={"name": "Care"}, of="profiles"),
                value("tags", "Métiers", choice={"name": "Nuit"}, of="profiles"),
                value("boolean", "Permis B", "true", of="profiles"),
                value("date", "Disponible", "2026-01-31", of="profiles"),
            ],
        },
    )
    return {**named, **ways[number % len(ways)]}


def account(talents: int) -> Held:
    """Create companies, projects, this number of talents, client contacts, and deleted talents."""
    companies = _companies()
    projects = [project(number, companies) for number in range(len(PROJECTS))]
    held: Held = {
        "companies": companies,
        "projects": {row["id"]: row for row in projects},
        "profiles": {},
    }
    made, employers = ids("profiles"), list(companies.values())
    for number in range(talents + talents // 20):
        born = IMPORT if number % 3 == 1 else START + timedelta(hours=7 * number, microseconds=10)
        known = _person(number, employers[number % 2])
        if number >= talents:  # the last ones are deleted but still listed
            known["deletedAt"] = iso(born + timedelta(days=400))
        one = profile(made(), born, **known)
        moved = timedelta(days=30) if number % 4 else timedelta(hours=number)
        one["updatedAt"] = iso(born + moved)
        held["profiles"][one["id"]] = one
    for number in range(talents // 3 + 5):
        born = START + timedelta(hours=number)
        known = {"firstName": "Contact", "lastName": f"Client {number}", "isContact": True}
        one = profile(made(), born, **known, isTalent=False, _leaks=number % 20 == 19)
        one["associations"] = {"companyId": employers[0]["id"]}
        held["profiles"][one["id"]] = one
    return held
