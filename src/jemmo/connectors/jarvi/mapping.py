"""Maps Jarvi's people and users to canonical records, one pure function each.

Property names are from the public REST documentation (api-docs.jarvi.tech, profiles and projects). Only an unusable
record raises. Birthdays, photos and message counts are left out, since nothing here needs them.
"""

from __future__ import annotations

from typing import Any

from jemmo.connectors.jarvi.fields import Fields
from jemmo.connectors.jarvi.phones import international
from jemmo.connectors.jarvi.row_paths import RowPath
from jemmo.connectors.jarvi.settings import Settings
from jemmo.connectors.loose import Json, Row, first, flag, inner, listed, moment, plain
from jemmo.domain.enums import AttachmentKind, ContactKind, TalentOrigin
from jemmo.domain.errors import RecordRejected
from jemmo.domain.records import Attachment, Contact, CustomFields, Location, Talent, User
from jemmo.domain.streams import Notes
from jemmo.domain.validation import name_text, typed_address, words

APP = "https://app.jarvi.tech/#"
ORIGIN = {
    "manual": TalentOrigin.SOURCED,
    "linkedin": TalentOrigin.SOURCED,
    "application": TalentOrigin.APPLIED,
    "referral": TalentOrigin.REFERRED,
    "csv_import": TalentOrigin.IMPORTED,
}
# The reference shows the first names; the others are common in public clients.
EMAIL_KEYS = ("email", "emailAddress", "address", "value")
PHONE_KEYS = ("canonicalNumber", "number", "phoneNumber", "phone", "value")
COUNTERS = {
    "countResumes": ("count_resumes", "Resumes"),
    "countApplicationsFromThisProfile": ("count_applications", "Applications"),
}


def talent(row: Json, settings: Settings, remote_id: str, notes: Notes) -> Talent:
    row = as_row(row)
    if not settings.with_contacts and flag(row.get("isTalent")) is None:
        raise RecordRejected("malformed_record", field="isTalent")
    fields = Fields(settings.purposes, own_values(row, remote_id, notes))
    source = first(row, "source")
    return Talent(
        remote_id=remote_id,
        remote_url=f"{APP}/ats/profiles/{remote_id}",
        first_name=_name(row, "firstName"),
        last_name=_name(row, "lastName"),
        headline=first(row, "headline"),
        current_company=first(row, "lastPosition.companyName", "lastPosition.company.name"),
        current_title=first(row, "lastPosition.title", "lastPosition.name"),
        location=_location(row.get("locations")),
        language=_language(row.get("primaryLocale")),
        origin=_origin(source, remote_id, notes),
        source=source,
        tags=words(fields.tags()),
        contacts=_contacts(row, settings.region, remote_id, notes),
        attachments=_resumes(row, settings.resume_paths),
        lists_all_files=_sends_resumes(row, settings.resume_paths),
        custom_fields=fields.custom(()) | _own_fields(row, settings),
        remote_created_at=moment(row, "createdAt"),
        remote_updated_at=moment(row, "updatedAt"),
    )


def user(row: Json, remote_id: str) -> User:
    row = as_row(row)
    is_active = row.get("disabled") is not True
    return User(remote_id=remote_id, name=first(row, "displayName"), is_active=is_active)


def as_row(row: Json) -> Row:
    if not isinstance(row, dict):
        raise RecordRejected("malformed_record")
    return row


def own_values(row: Json, remote_id: str, notes: Notes) -> Json:
    """Return the values of a record's custom fields; anything but a list is counted and left out."""
    values = inner(row, "fieldsValues")
    if values is None or isinstance(values, list):
        return values
    notes.add("dropped_value:fieldsValues", remote_id)
    return None


def status_name(row: Row, settings: Settings) -> str | None:
    """Return a status's name: from the options, else from Jarvi, else its id."""
    status_id = first(row, "statusId")
    if status_id is None:
        return None
    known = settings.statuses.get(status_id)
    return known.name if known else first(row, "status.name") or status_id


def custom(kind: str, label: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "label": label, "value": value}


def _name(row: Row, field: str) -> str | None:
    names = (name_text(first(row, f"{field}{kind}")) for kind in ("", "Manual", "Parsed"))
    return next(filter(None, names), None)


def _location(places: Json) -> Location | None:
    names = (first(place, "name") or plain(place) for place in listed(places))
    name = next(filter(None, names), None)
    return Location(raw=name, is_primary=True) if name else None


def _language(locale: Json) -> str | None:
    """Return the language of a locale such as ``fr_FR``."""
    code = (plain(locale) or "").replace("-", "_").partition("_")[0].lower()
    return code if len(code) in {2, 3} and code.isascii() and code.isalpha() else None


def _origin(source: str | None, remote_id: str, notes: Notes) -> TalentOrigin | None:
    if source is None or source.lower() in ORIGIN:
        return ORIGIN.get((source or "").lower())
    notes.add(f"unknown_value:source {source[:40]}", remote_id)
    return TalentOrigin.OTHER


def _written(row: Row, name: str, keys: tuple[str, ...], remote_id: str, notes: Notes) -> list[Row]:
    """Return a list's entries as ``{"is": value, "type": …}``. An entry of an unknown form is counted."""
    entries = []
    for entry in listed(row.get(name)):
        value = first(entry, *keys) or plain(entry)
        if value:
            entries.append({"is": value, "type": first(entry, "type")})
        elif isinstance(entry, dict) and not any(key in entry for key in keys):
            notes.add(f"dropped_value:{name}", remote_id)
    return entries


def _contacts(row: Row, region: str, remote_id: str, notes: Notes) -> tuple[Contact, ...]:
    written = _written(row, "emailAddresses", EMAIL_KEYS, remote_id, notes)
    addresses = [entry["is"] for entry in written]
    emails = words([first(row, "preferredEmailAddress"), *addresses])
    contacts = [Contact(kind=ContactKind.EMAIL, value=email) for email in emails]
    phones = {
        international(entry["is"], region): entry["type"]
        for entry in _written(row, "phoneNumbers", PHONE_KEYS, remote_id, notes)
    }
    contacts += [
        Contact(kind=ContactKind.PHONE, value=number, type=kind) for number, kind in phones.items()
    ]
    if linkedin := typed_address(row.get("profileUrl")):
        contacts.append(Contact(kind=ContactKind.SOCIAL, value=linkedin, network="linkedin"))
    return tuple(contacts)


def _resumes(row: Row, paths: tuple[RowPath, ...]) -> tuple[Attachment, ...]:
    """Return the files at these paths of a profile, without duplicates."""
    resumes: dict[str, Attachment] = {}
    for entry in (entry for path in paths for entry in path.values(row)):
        file_id = first(entry, "fileId", "file.id", "id")
        if file_id is not None and inner(entry, "deletedAt") is None:
            resume = Attachment(
                remote_id=file_id,
                kind=AttachmentKind.RESUME,
                file_name=first(entry, "file.name", "name"),
                content_type=first(entry, "file.mimeType", "mimeType"),
                remote_version=file_id,
                remote_updated_at=moment(entry, "updatedAt"),
            )
            resumes.setdefault(file_id, resume)
    return tuple(resumes.values())


def _sends_resumes(row: Row, paths: tuple[RowPath, ...]) -> bool:
    """Whether a profile has all these properties, even if they are empty."""
    return bool(paths) and all(path.names[0] in row for path in paths)


def _own_fields(row: Row, settings: Settings) -> CustomFields:
    """Return data about a person that our record has no field for."""
    fields: CustomFields = {}
    status = status_name(row, settings)
    if status and status != first(row, "statusId"):  # people can't interpret an id
        fields["status"] = custom("text", "Status", status)
    is_open = row.get("isOpenToNewOpportunities")
    if isinstance(is_open, bool):
        fields["open_to_opportunities"] = custom("boolean", "Open to new opportunities", is_open)
    if external := first(row, "externalId"):
        fields["external_id"] = custom("text", "External ID", external)
    for name, (key, label) in COUNTERS.items():
        count = row.get(name)
        if isinstance(count, int) and not isinstance(count, bool) and 0 < count < 10**9:
            fields[key] = custom("number", label, count)
    return fields
