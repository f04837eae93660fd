"""Takes contact details out of free text, for who may not see them.

An ATS lets people write anything anywhere: an e-mail address as a name, a phone number in a headline. What is taken
out is gone from the record before any page sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from jemmo.store.models import Application, Attachment, Talent

HIDDEN = "…"
EMAIL = re.compile(r"[^\s@<>()\[\],;:]+@[^\s@<>()\[\],;:]+")
PHONE = re.compile(r"(?<!\w)(?:\+|00|0|\(\+?\d)(?:[\s./()-]{0,2}\d){7,14}(?!\w)")
CONTACT_TYPES = {"email", "phone", "tel", "url"}

TALENT_TEXTS = (
    *("first_name", "last_name", "headline", "summary", "current_company", "current_title"),
    *("source", "source_url"),
)
APPLICATION_TEXTS = ("source", "source_url", "cover_letter")


def without_contacts(text: str | None) -> str | None:
    """The text with its e-mail addresses and phone numbers taken out."""
    return PHONE.sub(HIDDEN, EMAIL.sub(HIDDEN, text)) if text else text


def conceal(talent: Talent) -> None:
    """Take contact details out of all that a talent's record says. It must not be saved afterwards."""
    for name in TALENT_TEXTS:
        setattr(talent, name, without_contacts(getattr(talent, name)))
    talent.tags = [without_contacts(tag) or "" for tag in talent.tags]
    talent.custom_fields = {
        key: {**field, "value": _value(field)} for key, field in talent.custom_fields.items()
    }


def conceal_applications(applications: Iterable[Application]) -> None:
    for one in applications:
        for name in APPLICATION_TEXTS:
            setattr(one, name, without_contacts(getattr(one, name)))


def conceal_files(files: Iterable[Attachment]) -> None:
    for one in files:
        one.file_name = without_contacts(one.file_name)


def _value(field: Mapping[str, Any]) -> Any:
    if field.get("type") in CONTACT_TYPES and field.get("value"):
        return HIDDEN
    return _plain(field.get("value"))


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return without_contacts(value)
    return [_plain(one) for one in value] if isinstance(value, list) else value
