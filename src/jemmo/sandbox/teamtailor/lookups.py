"""The company's small tables: departments, locations, users, custom fields and others."""

import json
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from jemmo.sandbox.table import Base, Relation
from jemmo.sandbox.teamtailor import texts
from jemmo.sandbox.teamtailor.frame import DAY_MS, Frame

Row = tuple[int, dict[str, Any], dict[str, tuple[int, ...]]]
STAMPED_WORDS = "reject-reasons users custom-fields notes stage-types teams interviews requisitions"
STAMPED = frozenset(STAMPED_WORDS.split())


class ListBase(Base):
    """A small type held as a list."""

    def __init__(
        self,
        name: str,
        frame: Frame,
        attributes: str,
        relations: dict[str, Relation],
        rows: Iterable[Row] = (),
    ) -> None:
        self.type = name
        self.relations = relations
        stamps = ("created-at", "updated-at") if name in STAMPED else ()
        self.attributes = tuple(attributes.split()) + stamps
        self._at = frame.start_ms - 400 * DAY_MS
        stamp = (frame.local.text(self._at),) * len(stamps)
        self._ids: list[int] = []
        self._values: list[tuple[str, ...]] = []
        self._links: list[dict[str, tuple[int, ...]]] = []
        for record, known, links in rows:
            self._ids.append(record)
            self._values.append(tuple(json.dumps(known.get(a)) for a in attributes.split()) + stamp)
            self._links.append(links)
        self.size = len(self._ids)

    def id_at(self, row: int) -> int:
        return self._ids[row]

    def row_of(self, record: int) -> int:
        row = bisect_left(self._ids, record)
        return row if row < self.size and self._ids[row] == record else -1

    def values(self, row: int) -> tuple[str, ...]:
        return self._values[row]

    def related(self, row: int, name: str) -> tuple[int, ...]:
        return self._links[row].get(name, ())

    def created_ms(self, row: int) -> int:
        return self._at

    def updated_ms(self, row: int) -> int:
        return self._at


DEPARTMENTS = ("Engineering", "Soins", "Finance", "People & Culture", "Logistique", "Sales")
ROLES = ("Backend", "Infirmerie", "Comptabilité", "Recrutement", "Entrepôt", "Key accounts")
DIVISIONS = ("Example France", "Example International")
REGIONS = ("Île-de-France", "Sud-Ouest", "United Kingdom", "DACH")
PLACES = (
    ("Paris", "12 rue de l'Exemple", "75011", "France", True, "48.8566", "2.3522"),
    ("Lyon", "3 quai du Modèle", "69002", "France", False, "45.7640", "4.8357"),
    ("Bordeaux", "", "33000", "France", False, "44.8378", "-0.5792"),
    ("London", "1 Sample Street", "EC1A 1AA", "United Kingdom", False, "51.5074", "-0.1278"),
    ("Berlin", "Musterstraße 5", "10115", "Germany", False, "52.5200", "13.4050"),
    ("Nantes", None, None, "France", False, None, None),
    ("Remote", "", "", None, False, None, None),
)
USERS = (
    ("Agathe Lormier", "agathe.lormier@example.com", "admin"),
    ("Basile Tournay", "basile.tournay@example.com", "recruiter"),
    ("Colleen Ashworthy", "colleen.ashworthy@example.com", "recruiter"),
    ("Dilan Keskinel", "dilan.keskinel@example.com", "user"),
    ("Former colleague", None, "no_access"),
    ("Cabinet Externe", "cabinet@example.org", "external_recruiter"),
)
FIELDS = (
    ("Expérience (années)", "experience", "Number", "Candidate"),
    ("LinkedIn perso", "linkedin-perso", "Url", "Candidate"),
    ("Disponible le", "available", "Date", "Candidate"),
    ("Permis B", "driving", "Checkbox", "Candidate"),
    ("Source détaillée", "source-detail", "Select", "Candidate"),
    ("Langues", "languages", "MultiSelect", "Candidate"),
    ("Second e-mail", "second-email", "Email", "Candidate"),
    ("Téléphone pro", "work-phone", "Phone", "Candidate"),
    ("Commentaire", "comment", "Text", "Candidate"),
    ("Centre de coût", "cost-centre", "Text", "Job"),
    ("Nombre de postes", "openings", "Number", "Job"),
    ("Urgence", "urgency", "Select", "Job"),
)
GROUPS = {4: (0, 1), 5: (2, 3, 4), 11: (5, 6)}  # the options of each select field, by its place
OPTIONS = ("Salon", "Cooptation", "Français", "English", "Deutsch", "Haute", "Basse")
STAGE_TYPES = (("Inbox", "Inbox"), ("Screening", "In process"), ("Interview", "In process"),
               ("Offer", "In process"), ("Hired", "Hired"))  # fmt: skip
USER_ATTRIBUTES = (
    "name email login-email role title username visible external-id phone picture signature "
    "notification-resumes notification-mentions locale"
)
FIELD_ATTRIBUTES = (
    "name api-name field-type owner-type is-private is-hidden is-searchable is-featured "
    "is-external is-required"
)


def _user(n: int, name: str, email: str | None, role: str) -> Row:
    known = dict(
        zip(
            USER_ATTRIBUTES.split(),
            (
                name,
                email,
                email,
                role,
                "Talent partner" if n else "",
                f"user-{n}",
                email is not None,
                f"E{n:04d}" if n % 2 else None,
                "+33 6 00 00 00 0" + str(n) if n < 3 else None,
                None,
                "",
                True,
                False,
                "fr",
            ),
            strict=True,
        )
    )
    return 3001 + n * 7, known, {"department": (501 + n % len(DEPARTMENTS) * 2,)}


def _place(n: int, place: tuple[Any, ...]) -> Row:
    city, street, code, country, main, lat, long = place
    known = {
        "name": city if n % 2 else None, "city": city, "address": street, "zip": code,
        "country": country, "email": f"{city.lower()}@example.com",
        "phone": None if n else "+33 6 00 00 00 09",
        "headquarters": main, "lat": lat, "long": long,
    }  # fmt: skip
    return 701 + n * 3, known, {}


def _field(n: int, name: str, api: str, kind: str, owner: str) -> Row:
    known = {
        "name": name, "api-name": api, "field-type": f"CustomField::{kind}", "owner-type": owner,
        "is-private": n == 8, "is-hidden": False, "is-searchable": True, "is-featured": n == 0,
        "is-external": False, "is-required": n == 9,
    }  # fmt: skip
    return 8101 + n * 2, known, {"custom-field-selects": (8101 + n * 2,) if n in GROUPS else ()}


def _select_rows() -> list[Row]:
    return [
        (8101 + n * 2,
         {"name": FIELDS[n][0], "field-type": f"CustomField::{FIELDS[n][2]}",
          "options": [{"id": str(8801 + o * 2), "value": OPTIONS[o]} for o in options]},
         {"custom-field-options": tuple(8801 + o * 2 for o in options)})
        for n, options in GROUPS.items()
    ]  # fmt: skip


def _named(first: int, step: int, names: Iterable[str]) -> list[Row]:
    return [(first + n * step, {"name": name}, {}) for n, name in enumerate(names)]


def lookups(frame: Frame) -> list[ListBase]:
    """Return every small table of the company, the empty ones included."""
    to_one = Relation

    def to_many(target: str) -> Relation:
        return Relation(target, many=True)

    def listed(name: str, attributes: str, rows: Iterable[Row] = (), **links: Relation) -> ListBase:
        named = {key.replace("_", "-"): link for key, link in links.items()}
        return ListBase(name, frame, attributes, named, rows)

    departments: list[Row] = [
        (record, known, {"roles": (601 + n * 2,), "manager": (3001,) if n % 2 else ()})
        for n, (record, known, _) in enumerate(_named(501, 2, DEPARTMENTS))
    ]
    roles: list[Row] = [
        (r, k, {"department": (501 + n * 2,)}) for n, (r, k, _) in enumerate(_named(601, 2, ROLES))
    ]
    stage_types: list[Row] = [
        (51 + n, {"name": name, "category": kind}, {}) for n, (name, kind) in enumerate(STAGE_TYPES)
    ]
    reasons: list[Row] = [
        (9001 + n * 2, {"reason": reason, "rejected-by-company": ours}, {})
        for n, (reason, ours) in enumerate(texts.REJECT_REASONS)
    ]
    options: list[Row] = [(8801 + n * 2, {"value": value}, {}) for n, value in enumerate(OPTIONS)]
    return [
        listed("departments", "name", departments, roles=to_many("roles"), teams=to_many("teams"),
               manager=to_one("users")),
        listed("roles", "name", roles, department=to_one("departments")),
        listed("divisions", "name", _named(551, 2, DIVISIONS)),
        listed("regions", "name", _named(651, 2, REGIONS)),
        listed("locations", "name address city zip country email phone headquarters lat long",
               [_place(n, place) for n, place in enumerate(PLACES)]),
        listed("users", USER_ATTRIBUTES, [_user(n, *u) for n, u in enumerate(USERS)],
               department=to_one("departments")),
        listed("stage-types", "name category", stage_types),
        listed("reject-reasons", "reason rejected-by-company", reasons),
        listed("custom-fields", FIELD_ATTRIBUTES, [_field(n, *f) for n, f in enumerate(FIELDS)],
               custom_field_selects=to_many("custom-field-selects")),
        listed("custom-field-selects", "name field-type options", _select_rows(),
               custom_field_options=to_many("custom-field-options")),
        listed("custom-field-options", "value", options),
        *(listed(name, "name") for name in ("teams", "team-memberships", "triggers")),
        *(listed(name, "text") for name in ("answers", "questions", "picked-questions", "todos")),
        listed("interviews", "note status", candidate=to_one("candidates"), job=to_one("jobs"),
               user=to_one("users")),
        listed("audit-events", "action description timestamp"),
    ]  # fmt: skip
