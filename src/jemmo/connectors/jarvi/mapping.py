"""Jarvi's people and users as canonical records: one pure function each.

Names of properties: the public REST documentation (api-docs.jarvi.tech, profiles and projects). No
function raises but for a record that cannot be kept. Birthday, photo and counts of messages are
left out: nobody needs them here.
"""

from __future__ import annotations

from jemmo.connectors.jarvi.fields import Fields
from jemmo.connectors.jarvi.files import resumes
from jemmo.connectors.jarvi.phones import international
from jemmo.connectors.jarvi.settings import Settings
from jemmo.connectors.jarvi.wire import Json, Row, inner, listed, moment, plain
from jemmo.domain.enums import ContactKind, TalentOrigin
from jemmo.domain.errors import RecordRejected
from jemmo.domain.records import Contact, CustomFields, Location, Talent, User
from jemmo.domain.streams import Notes
from jemmo.domain.validation import name_text, text, web_address, words

APP = "https://app.jarvi.tech/#"
ORIGIN = {
    "manual": TalentOrigin.SOURCED,
    "linkedin": TalentOrigin.SOURCED,
    "application": TalentOrigin.APPLIED,
    "referral": TalentOrigin.REFERRED,
    "csv_import": TalentOrigin.IMPORTED,
}
COUNTERS = {
    "countResumes": ("count_resumes", "Resumes"),
    "countApplicationsFromThisProfile": ("count_applications", "Applications"),
}


def talent(row: Json, settings: Settings, remote_id: str, notes: Notes) -> Talent:
    row = as_row(row)
    fields = Fields(settings.purposes, row.get("fieldsValues"))
    position = row.get("lastPosition")
    return Talent(
        remote_id=remote_id,
        remote_url=f"{APP}/ats/profiles/{remote_id}",
        first_name=_name(row, "firstName"),
        last_name=_name(row, "lastName"),
        headline=plain(row.get("headline")),
        current_company=plain(inner(position, "companyName"))
        or plain(inner(position, "company", "name")),
        current_title=plain(inner(position, "title")) or plain(inner(position, "name")),
        location=_location(row.get("locations")),
        language=_language(row.get("primaryLocale")),
        origin=_origin(plain(row.get("source")), remote_id, notes),
        source=plain(row.get("source")),
        tags=words(fields.tags()),
        contacts=_contacts(row, settings.region),
        attachments=resumes(row, settings.resume_paths),
        custom_fields=fields.custom(()) | _own_fields(row, settings),
        remote_created_at=moment(row, "createdAt"),
        remote_updated_at=moment(row, "updatedAt"),
    )


def user(row: Json, remote_id: str) -> User:
    row = as_row(row)
    return User(
        remote_id=remote_id,
        name=plain(row.get("displayName")),
        is_active=row.get("disabled") is not True,
    )


def as_row(row: Json) -> Row:
    if not isinstance(row, dict):
        raise RecordRejected("The record is not an object.", code="malformed_record")
    return row


def status_name(status: str | None, row: Json, settings: Settings) -> str | None:
    """What a status is called: by the options, by Jarvi if it says so, else its id."""
    if status is None:
        return None
    known = settings.statuses.get(status)
    return known.name if known else plain(inner(row, "status", "name")) or status


def _name(row: Row, field: str) -> str | None:
    found = (name_text(plain(row.get(f"{field}{kind}"))) for kind in ("", "Manual", "Parsed"))
    return next((one for one in found if one), None)


def _location(places: Json) -> Location | None:
    for place in listed(places):
        raw = plain(inner(place, "name")) or plain(place)
        if raw:
            return Location(raw=raw, is_primary=True)
    return None


def _language(locale: Json) -> str | None:
    """The language of a locale such as ``fr_FR``."""
    code = (plain(locale) or "").replace("-", "_").partition("_")[0].lower()
    return code if len(code) in {2, 3} and code.isascii() and code.isalpha() else None


def _origin(source: str | None, remote_id: str, notes: Notes) -> TalentOrigin | None:
    if source is None:
        return None
    found = ORIGIN.get(source.lower())
    if found is None:
        notes.add(f"unknown_value:source {source[:40]}", remote_id)
        return TalentOrigin.OTHER
    return found


def _contacts(row: Row, region: str) -> tuple[Contact, ...]:
    emails = [
        plain(row.get("preferredEmailAddress")),
        *(plain(inner(one, "email")) or plain(one) for one in listed(row.get("emailAddresses"))),
    ]
    phones = [_phone(one, region) for one in listed(row.get("phoneNumbers"))]
    found = [Contact(kind=ContactKind.EMAIL, value=one) for one in words(emails)]
    found += [
        Contact(kind=ContactKind.PHONE, value=value, type=kind)
        for value, kind in dict(one for one in phones if one).items()
    ]
    if linkedin := web_address(row.get("profileUrl")):
        found.append(Contact(kind=ContactKind.SOCIAL, value=linkedin, network="linkedin"))
    return tuple(found)


def _phone(one: Json, region: str) -> tuple[str, str | None] | None:
    given = plain(inner(one, "canonicalNumber")) or plain(inner(one, "number")) or plain(one)
    if given is None:
        return None
    return international(given, region), plain(inner(one, "type"))


def _own_fields(row: Row, settings: Settings) -> CustomFields:
    """What Jarvi keeps of a person and our record has no place for."""
    found: CustomFields = {}
    known_by = plain(row.get("statusId"))
    status = status_name(known_by, row, settings)
    if status and status != known_by:  # an id says nothing to people
        found["status"] = {"type": "text", "label": "Status", "value": status}
    if isinstance(row.get("isOpenToNewOpportunities"), bool):
        found["open_to_opportunities"] = {
            "type": "boolean",
            "label": "Open to new opportunities",
            "value": row["isOpenToNewOpportunities"],
        }
    if external := text(plain(row.get("externalId"))):
        found["external_id"] = {"type": "text", "label": "External id", "value": external}
    for name, (key, label) in COUNTERS.items():
        count = row.get(name)
        if isinstance(count, int) and not isinstance(count, bool) and 0 < count < 10**9:
            found[key] = {"type": "number", "label": label, "value": count}
    return found
