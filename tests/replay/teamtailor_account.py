"""The second Teamtailor's records: one customer's account. ``teamtailor.py`` names the sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2023, 1, 9, 7, 30, tzinfo=UTC)
WHEN = {"created-at": START, "updated-at": START}


def _relations(names: str) -> dict[str, str]:
    """Return the target type of each relationship; a star marks to-many ones."""
    odd = {"manager": "users", "owner": "candidates", "colleagues*": "users*"}
    return {
        name.rstrip("*"): odd.get(name) or (name if "*" in name else f"{name}s")
        for name in names.split()
    }


RELATIONS = {
    "companies": _relations("manager"),
    "candidates": _relations(
        "activities* department role job-applications* questions* answers* locations* regions* uploads* "
        "custom-field-values* partner-results*"
    ),
    "job-applications": _relations("candidate job stage reject-reason"),
    "jobs": _relations(
        "activities* department role location locations* user questions* picked-questions* candidates* "
        "stages* colleagues* team-memberships* regions*"
    ),
    "stages": _relations("job-applications* triggers* job"),
    "users": _relations("activities* department location jobs*"),
    "departments": _relations("roles* teams*"),
    "roles": _relations("department teams*"),
    "locations": {},
    "regions": {},
    "reject-reasons": _relations("job-applications*"),
    "custom-fields": _relations("custom-field-values*"),
    "custom-field-selects": _relations("custom-field-values* custom-field-options*"),
    "custom-field-options": {"custom-field": "custom-field-selects"},
    "custom-field-values": _relations("custom-field owner"),
    "uploads": _relations("candidate job"),
    "notes": _relations("candidate user"),
}
JOBS = (  # status, human-status, internal, remote-status
    ("open", "published", False, "none"),
    ("open", "expired", False, "temporary"),
    ("draft", "draft", False, "hybrid"),
    ("archived", "archived", False, "fully"),
    ("unlisted", "unlisted", False, "none"),
    ("open", "scheduled", False, "hybrid"),
    ("open", "published", True, "fully"),
    ("temp", "unsaved", False, "none"),
)
STAGES = (
    ("Inbox", "Inbox"),
    ("Reviewing", "In process"),
    ("Meeting & visit", "In process"),
    ("Hired", "Hired"),
)
EMPTY = (
    "phone picture pitch facebook-id facebook-profile linkedin-uid linkedin-url linkedin-profile "
    "referring-site referring-url resume original-resume"
)
BLANK: dict[str, Any] = {
    **dict.fromkeys(EMPTY.split()),
    **dict.fromkeys(("connected", "referred", "sourced", "unsubscribed"), False),
}
KINDS_OF_PEOPLE: tuple[dict[str, Any], ...] = (
    {"first-name": None, "phone": ""},
    {"phone": "+33 6 00 00 00 01", "internal": True, "tags": ["night shift", "B2"], "pitch": "Hi"},
    {
        "email": None,
        "sourced": True,
        "linkedin-url": "https://www.linkedin.com/in/invented",
        "linkedin-profile": "<h5>Nurse</h5>\n\n<p>Lyon • Care</p>\n\n",
    },
    {"last-name": None, "connected": True, "referring-site": "Indeed Sweden"},
    {"referred": True, "resume": "cv.pdf", "original-resume": "cv.docx"},
)
VALUES = (  # custom field, its type, a value
    ("1", "CustomField::Checkbox", "true"),
    ("2", "CustomField::Date", "2025-08-28"),
    ("8", "CustomField::MultiSelect", ["31", "33"]),
)


@dataclass
class Resource:
    """A record: its attributes as stored (times as ``datetime``), and the ids in each relationship."""

    id: str
    type: str
    attributes: dict[str, Any]
    to: dict[str, list[str]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


Held = dict[str, dict[str, Resource]]


def add(
    held: Held, kind: str, key: int | str, attributes: Mapping[str, Any], **to: str | Iterable[str]
) -> Resource:
    """Add a record with its relationships; an underscore in a name stands for a hyphen."""
    lead = {
        name.replace("_", "-"): [one] if isinstance(one, str) else list(one)
        for name, one in to.items()
    }
    held[kind][str(key)] = found = Resource(str(key), kind, dict(attributes), lead)
    return found


def account(talents: int) -> Held:
    """Create departments, jobs and a company's other records, and this number of candidates."""
    held: Held = {kind: {} for kind in RELATIONS}
    add(held, "companies", "Cr9W3Tk-", {"name": "Invented Care", "locale": "sv"}, manager="819")
    for key, name in ((337, "Care"), (338, "Kitchen"), (1012, "Product & Development")):
        add(held, "departments", key, {"name": name})
    add(held, "roles", 8, {"name": "Nurse"}, department="337")
    add(held, "roles", 9, {"name": "Cook"})
    lyon = {"city": "Lyon", "zip": "69003", "country": "France", "lat": "45.76", "long": "4.84"}
    add(held, "locations", 667, {**lyon, "address": "Rue des Lilas 4", "name": "", "phone": ""})
    add(held, "locations", 668, {"city": "Malmö", "country": "Sverige", "address": None})
    add(held, "regions", 3, {"name": "South"})
    roles = {819: "admin", 1801: "user", 1802: "no_access", 1803: "external_recruiter"}
    for number, role in roles.items():
        shown = None if role == "user" else f"User {number}"
        add(held, "users", number, {"name": shown, "role": role, "title": None, "visible": None})
    for key, reason in enumerate(("Role not a fit", "Took another job", "Salary & Benefits"), 1):
        add(held, "reject-reasons", key, {"reason": reason, "rejected-by-company": key == 1})
    for key, name in ((1, "drivers-license"), (2, "available-from"), (8, "languages")):
        kind = "custom-field-selects" if key == 8 else "custom-fields"
        named = {"name": name.capitalize(), "api-name": name, **WHEN}
        field_type = {one: of for one, of, _ in VALUES}[str(key)]
        add(held, kind, key, {**named, "field-type": field_type})
    held["custom-field-selects"]["8"].to["custom-field-options"] = ["31", "32", "33"]
    for key, language in ((31, "Swedish"), (32, "French"), (33, "Arabic")):
        add(held, "custom-field-options", key, {"value": language}, custom_field="8")
    for number in range(len(JOBS)):
        _advertise(held, number)
    for number in range(talents):
        _arrive(held, number)
    return held


def _advertise(held: Held, number: int) -> None:
    """Add a job with its stages; one in three jobs lacks all optional relationships."""
    key, first = str(7199 + 31 * number), 22505 + 10 * number
    status, human, internal, remote = JOBS[number]
    attributes: dict[str, Any] = {
        **dict.fromkeys(("pitch", "end-date", "start-date", "picture")),
        "title": f"Invented job {number}",
        "body": "<p>Body</p>",
        "status": status,
        "human-status": human,
        "internal": internal,
        "pinned": number == 5,
        "tags": [],
        "created-at": START + timedelta(days=number),
        "remote-status": remote,
        "external-application-url": "",
        "mailbox": f"job-{key}@inbound.example.com",
    }
    about = {"locations": "667", "user": "819", "department": "337", "role": "8"}
    stages = [str(first + step) for step in range(len(STAGES))]
    job = add(held, "jobs", key, attributes, stages=stages, **(about if number % 3 else {}))
    page = f"https://career.example.com/jobs/{key}-invented"
    job.links = {"careersite-job-url": page, "careersite-job-apply-url": f"{page}/applications/new"}
    for step, (name, kind) in enumerate(STAGES):
        row = {"name": name, "stage-type": kind, "row-order": (step - 1) * 4194304, **WHEN}
        add(held, "stages", stages[step], row, job=key)


def _arrive(held: Held, number: int) -> None:
    """Add a candidate with up to two applications.

    Ids are neither consecutive nor chronological, and one in three candidates was imported at the same time.
    """
    key = str(576 + number * 7 if number % 4 else 90000 - number)
    born = START + timedelta(hours=5 * number, microseconds=902_417)
    moved = born + timedelta(hours=number, microseconds=333 * number)
    attributes = {
        **BLANK,
        "email": f"candidate{number}@example.com",
        "first-name": f"Given{number}",
        "last-name": f"Family{number}",
        "tags": [],
        "created-at": born,
        "updated-at": START + timedelta(days=200) if number % 3 == 1 else moved,
        **KINDS_OF_PEOPLE[number % 5],
    }
    about = {"department": "338", "role": "9", "locations": "668"} if number % 4 == 2 else {}
    found = add(held, "candidates", key, attributes, **about)
    for which, kind, value in VALUES if number % 6 == 5 else ():
        told = {"field-type": kind, "value": value}
        add(held, "custom-field-values", key + which, told, custom_field=which, owner=key)
        found.to.setdefault("custom-field-values", []).append(key + which)
    if number % 4 == 3:
        noted = {"note": f"Call {number}", "user-id": 819, "candidate-id": int(key)}
        more = {
            "created-by-trigger": False,
            "mentioned-user-ids": [],
            "private-note": number % 8 == 7,
        }
        times = {"created-at": moved, "updated-at": moved}
        add(held, "notes", 40_000 - number, {**noted, **more, **times}, candidate=key, user="819")
    jobs = list(held["jobs"].values())
    for turn in range(number % 3):
        job = jobs[(number + turn * 3) % len(jobs)]
        applied = born + timedelta(minutes=turn)
        rejected = applied + timedelta(days=9) if number % 4 == 1 else None
        attributes = {
            "cover-letter": None if turn else "Dear Sir/Madam…",
            "created-at": applied,
            "updated-at": rejected or applied,
            "rejected-at": rejected,
            "changed-stage-at": applied,
            "sourced": bool(turn),
            **dict.fromkeys(("referring-site", "referring-url")),
        }
        to = {"candidate": key, "job": job.id, "stage": job.to["stages"][number % 4]}
        if number % 8 == 1:  # a rejection need not have a reason
            to["reject_reason"] = "2"
        one = add(held, "job-applications", 500_000 - number * 3 + turn, attributes, **to)
        reason = held["reject-reasons"].get(to.get("reject_reason", ""))
        for other in (found, held["stages"][to["stage"]], reason):
            if other:
                other.to.setdefault("job-applications", []).append(one.id)
