"""Redacts contact details in free text before it is stored.

An ATS lets people write anything anywhere: an e-mail address as a name, a phone number in a headline. Cover letters are
sealed as a whole, since letters name their sender. So is any text beyond the search budget (``masking.Search``), so
that no record delays the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from jemmo.domain.email_addresses import written_addresses
from jemmo.domain.enums import ContactKind
from jemmo.domain.fields import kept_apart, personal_texts, sealed
from jemmo.domain.masking import (
    CONTACT_TYPES,
    Hide,
    Search,
    contacts_in,
    hidden_fields,
    hidden_value,
    may_hide,
)
from jemmo.domain.records import Contact, Record, Talent

TALENT_TEXTS = personal_texts(Talent)
_TALENT_SAYS = attrgetter(*TALENT_TEXTS)
_TALENT_DOCUMENTS = sealed(Talent)
FILES = "files"
FIELDS = "custom_fields"
CONTACT_KINDS = {
    "email": ContactKind.EMAIL,
    "phone": ContactKind.PHONE,
    "tel": ContactKind.PHONE,
}
"""The kinds of contact details in custom fields made for them, by field type."""

RedactedTexts = dict[str, Any]
"""The original values of redacted fields by name; under ``files``, file names by id."""


def redact(record: Record) -> tuple[Record, RedactedTexts]:
    """Return the record as it may be stored in plain text, and the original values that differ."""
    if isinstance(record, Talent):
        return _talent(record) if _may_hold(record) else (record, {})
    return _other(record) if kept_apart(type(record)) else (record, {})


def contacts_in_texts(texts: RedactedTexts) -> tuple[Contact, ...]:
    """Return the addresses and numbers in redacted texts, since they identify the person too."""
    contacts: dict[Contact, None] = {}
    contents = {
        **texts,
        FIELDS: [content.get("value") for content in texts.get(FIELDS, {}).values()],
    }
    for field in texts.get(FIELDS, {}).values():
        if kind := CONTACT_KINDS.get(field.get("type")):
            contacts |= dict.fromkeys(
                Contact(kind=kind, value=content) for content in _strings(field.get("value"))
            )
    search = Search()
    for text in _strings(contents):
        searched = search.part(text)
        for kind, value in contacts_in(searched):
            contacts[Contact(kind=kind, value=value)] = None
        for address in written_addresses(text[len(searched) :]):
            contacts[Contact(kind=ContactKind.EMAIL, value=address)] = None
    return tuple(contacts)


def _may_hold(talent: Talent) -> bool:
    """Whether the talent may have contact details. A quick check, since most have none."""
    if any(getattr(talent, name) for name in _TALENT_DOCUMENTS):
        return True
    strings = [*_TALENT_SAYS(talent), *talent.tags]
    if talent.attachments:
        strings += [attachment.file_name for attachment in talent.attachments]
    if (place := talent.location) is not None:
        strings += [place.raw, place.street, place.city, place.region, place.postal_code]
    for field in talent.custom_fields.values():
        value = field.get("value")
        if value and field.get("type") in CONTACT_TYPES:
            return True
        strings += [value] if isinstance(value, str) else _strings(value)
    return may_hide(list(filter(None, strings)))


def _talent(talent: Talent) -> tuple[Talent, RedactedTexts]:
    hide = Search().without_contacts
    kept, texts = _changed(talent, TALENT_TEXTS, hide)
    if (tags := hidden_value(talent.tags, hide)) != list(talent.tags):
        kept["tags"], texts["tags"] = tuple(tags), list(talent.tags)
    if talent.location is not None:
        place = msgspec.to_builtins(talent.location)
        if (hidden := hidden_value(place, hide)) != place:
            kept["location"] = msgspec.convert(hidden, type(talent.location))
            texts["location"] = place
    names = [attachment.file_name for attachment in talent.attachments]
    if (cleaned := [name and hide(name) for name in names]) != names:
        files = list(zip(talent.attachments, cleaned, strict=True))
        kept["attachments"] = tuple(
            replace(attachment, file_name=name) for attachment, name in files
        )
        texts[FILES] = {
            attachment.remote_id: attachment.file_name
            for attachment, name in files
            if name != attachment.file_name
        }
    if (fields := hidden_fields(talent.custom_fields, hide)) != talent.custom_fields:
        kept[FIELDS], texts[FIELDS] = fields, talent.custom_fields
    _seal(talent, kept, texts)
    return (replace(talent, **kept), texts) if texts else (talent, texts)


def _other(record: Record) -> tuple[Record, RedactedTexts]:
    """Redact a record whose personal fields are plain texts and documents."""
    kept, texts = _changed(record, personal_texts(type(record)), Search().without_contacts)
    _seal(record, kept, texts)
    return (replace(record, **kept), texts) if texts else (record, texts)


def _changed(
    record: Record, names: tuple[str, ...], hide: Hide
) -> tuple[RedactedTexts, RedactedTexts]:
    """Return the fields that contain contact details: redacted, and original."""
    kept, texts = {}, {}
    for name in names:
        text = getattr(record, name)
        if text and (hidden := hide(text)) != text:
            kept[name], texts[name] = hidden, text
    return kept, texts


def _seal(record: Record, kept: RedactedTexts, texts: RedactedTexts) -> None:
    """Remove the document fields, whatever they contain."""
    for name in sealed(type(record)):
        if document := getattr(record, name):
            kept[name], texts[name] = None, document


def _strings(value: Any) -> Iterator[str]:
    """Yield every text in a value of any shape."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)
