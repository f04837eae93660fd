"""Profiles: talents and contacts in one table, each computed from its number."""

from __future__ import annotations

from typing import Any

from jemmo.sandbox.jarvi import people
from jemmo.sandbox.jarvi.frame import Frame, Rows
from jemmo.sandbox.jarvi.ids import uuid
from jemmo.sandbox.jarvi.moments import text
from jemmo.sandbox.slugs import slug

STATUSES = tuple(uuid("statuses", n) for n in range(5))
STATUS_NAMES = {
    STATUSES[0]: "À qualifier", STATUSES[1]: "En recherche active", STATUSES[2]: "À l'écoute",
    STATUSES[3]: "Ne pas contacter", STATUSES[4]: "Placé·e",
}  # fmt: skip
SOURCES = ("MANUAL", "LINKEDIN", "APPLICATION", "CSV_IMPORT", "MANUAL", "REFERRAL")
COUNTERS = (
    "countMeetingsDoneWithThisProfile", "countMeetingsScheduledWithThisProfile",
    "countMessagesReceivedFromThisProfile", "countMessagesScheduledToThisProfile",
    "countMessagesSentToThisProfile", "countInvitationsSentToThisProfile",
    "countConnexionsWithThisProfile",
)  # fmt: skip


class Profiles(Rows):
    """The base rows of profiles."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame, frame.profiles, "profiles")

    def is_talent(self, row: int) -> bool:
        return self.frame.kind(row) != "c"

    def row(self, row: int) -> dict[str, Any]:
        """Return one profile before switches are applied."""
        bits, kind = self.bits(row), self.frame.kind(row)
        first, last = people.FIRST[bits % 50], people.LAST[bits // 64 % 48]
        name = f"{slug(first)}.{slug(last)}.{row}"
        linkedin = f"https://www.linkedin.com/in/{name.replace('.', '-')}"
        company = people.COMPANIES[bits // 4096 % len(people.COMPANIES)]
        place = people.PLACES[bits // 512 % len(people.PLACES)]
        created, updated = self.created_us(row), self.updated_us(row)
        headline = people.HEADLINES[bits // 32 % len(people.HEADLINES)]
        is_contact = kind == "c" or bits % 17 == 3
        return {
            "id": uuid("profiles", row),
            "externalId": f"crm-{row}" if bits % 7 == 0 else None,
            "externalIdSource": "CRM" if bits % 7 == 0 else None,
            "linkedinId": None, "memberId": None, "publicIdentifier": name.replace(".", "-"),
            "profileUrl": linkedin if bits % 5 else None,
            "firstName": first, "firstNameParsed": first, "firstNameManual": None,
            "lastName": last if bits % 61 else None, "lastNameParsed": last, "lastNameManual": None,
            "isTalent": kind != "c", "isContact": is_contact, "isHiring": bits % 23 == 0,
            "isOpenToNewOpportunities": (True, False, None)[bits % 3],
            "isInfluencer": False, "isPremium": bits % 9 == 0,
            "emailAddresses": [{"email": f"{name}@example.com"}] if bits % 11 else [],
            "phoneNumbers": [{"number": people.national(row), "type": "mobile",
                              "canonicalNumber": people.international(row)}] if bits % 4 else [],
            "preferredEmailAddress": None, "canSendInMail": True,
            "headline": headline,
            "lastPosition": {"companyName": company, "title": headline} if bits % 8 else None,
            "positions": [{"companyName": company, "title": headline,
                           "startDate": "2019-04-01"}] if bits % 8 else [],
            "lastPositionStartDate": "2019-04-01" if bits % 8 else None,
            "locations": [{"name": place[0]}] if bits % 6 else [],
            "locationId": None, "manualLocationId": None, "parsedLocationId": None,
            "primaryLocale": people.LOCALES[bits % len(people.LOCALES)],
            "birthday": None,
            "associations": self._associations(bits) if is_contact else [],
            "statusId": STATUSES[bits // 8 % len(STATUSES)],
            "source": SOURCES[bits // 128 % len(SOURCES)], "groupId": None,
            "createdByUserId": uuid("users", bits % 5),
            "fieldsValues": self._fields(row, bits),
            **dict.fromkeys(COUNTERS, bits % 4),
            "createdAt": text(created), "updatedAt": text(updated), "addedAt": text(created),
            "deletedAt": text(updated) if kind == "d" else None,
            "firstInteractionDate": None, "lastInteractionDate": None,
            "lastPastInteractionDate": None, "lastInteractionType": None,
            "searchString": f"{first} {last} {company} {headline or ''} {place[0]} ".lower() * 4,
            "distance": None, "imageId": None,
        }  # fmt: skip

    def _associations(self, bits: int) -> list[dict[str, Any]]:
        number = bits % self.frame.companies
        name = people.COMPANIES[number % len(people.COMPANIES)]
        return [{"company": {"id": uuid("companies", number), "name": name}}]

    def _fields(self, row: int, bits: int) -> list[dict[str, Any]]:
        if bits % 3:
            return []
        tags = {"id": uuid("fields", 40), "type": "tags", "name": "Compétences", "purpose": None}
        values = [
            entry(row * 8 + n, tags, choice=(uuid("values", n), name, name.lower()))
            for n, name in enumerate(("Python", "Paie", "Anglais", "Management"))
            if bits >> n & 1
        ]
        notice = {"id": uuid("fields", 41), "type": "text", "name": "Préavis", "purpose": None}
        return [*values, entry(row * 8 + 7, notice, value=f"{bits % 4} mois")]


def entry(
    number: int,
    field: dict[str, Any],
    *,
    value: str | None = None,
    choice: tuple[str, str, str] | None = None,
    location: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return one entry of `fieldsValues`. A multiple choice has several entries of one field."""
    chosen = dict(zip(("id", "name", "technicalValue"), choice, strict=True)) if choice else None
    return {
        "id": uuid("entries", number), "field": field, "fieldValue": chosen, "location": location,
        "value": value,
    }  # fmt: skip
