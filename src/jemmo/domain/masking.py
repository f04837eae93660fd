"""Removes contact details from texts, for readers who may not see them. Pure, and used everywhere.

They are removed wherever people typed them. For screenshot mode, see ``jemmo.domain.disguise``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from jemmo.domain.contact_finder import FoundContact, find_contacts, may_hold_contacts
from jemmo.domain.enums import ContactKind
from jemmo.domain.plain_text import REDACTED

HIDDEN = REDACTED

CONTACT_TYPES = {"email", "phone", "tel", "url"}
MAX_SEARCHED = 20_000  # characters of a text searched for contact details
MAX_SEARCHED_IN_RECORD = 40_000  # across all texts of a record
# Characters: a contact that is cut off at the end of the searched part would not be recognized
_MAX_CONTACT_LENGTH = 500
Hide = Callable[[str], str]


def without_contacts(text: str | None) -> str | None:
    """Return the text without e-mail addresses and phone numbers, and without any text that is too long to search."""
    return _searched(text, MAX_SEARCHED) if text else text


class Search:
    """Removes contact details from the texts of one record, with a budget of characters to search.

    Text beyond the budget is removed without being searched, so that nothing in it is shown.
    """

    def __init__(self, characters: int = MAX_SEARCHED_IN_RECORD) -> None:
        self._left = characters

    def without_contacts(self, text: str) -> str:
        searched = self.part(text)
        return _searched(text, len(searched))

    def part(self, text: str) -> str:
        """Return as much of a text as the budget allows, and deduct it from the budget."""
        searched = text[: min(MAX_SEARCHED, self._left)]
        self._left -= len(searched)
        return searched


def _searched(text: str, most: int) -> str:
    """Replace the contact details in the first ``most`` characters of the text, and everything after them."""
    if len(text) <= most:
        return replace_contacts(text, lambda _: HIDDEN)
    shown = max(0, most - _MAX_CONTACT_LENGTH)
    parts, last = [], 0
    for contact in find_contacts(text[:most]):
        if contact.start < shown:
            parts += [text[last : contact.start], HIDDEN]
            last = contact.end
    return "".join([*parts, text[last:shown], HIDDEN])


def replace_contacts(text: str, replacement: Callable[[FoundContact], str]) -> str:
    """Replace each contact detail in the text."""
    parts, last = [], 0
    for contact in find_contacts(text):
        parts += [text[last : contact.start], replacement(contact)]
        last = contact.end
    return "".join([*parts, text[last:]]) if parts else text


def contacts_in(text: str) -> list[tuple[ContactKind, str]]:
    """Return the e-mail addresses and phone numbers that ``without_contacts`` removes, in normalized spelling."""
    return [(contact.kind, contact.value) for contact in find_contacts(text)]


def has_contacts(text: str) -> bool:
    """Whether ``without_contacts`` removes anything."""
    return len(text) > MAX_SEARCHED or bool(find_contacts(text))


def may_hide(texts: Sequence[str]) -> bool:
    """Whether ``Search`` might remove anything from a record's texts. A quick check, since it rarely does."""
    if sum(map(len, texts)) > MAX_SEARCHED:
        return True
    return may_hold_contacts("\n\x00\n".join(texts))


def _hide(text: str) -> str:
    return without_contacts(text) or ""


def hidden_fields(fields: Mapping[str, Any], hide: Hide = _hide) -> dict[str, Any]:
    """Return custom fields without contact details: contact fields are emptied, others redacted."""
    return {key: {**field, "value": _hidden_value(field, hide)} for key, field in fields.items()}


def _hidden_value(field: Mapping[str, Any], hide: Hide) -> Any:
    if field.get("type") in CONTACT_TYPES and field.get("value"):
        return HIDDEN
    return hidden_value(field.get("value"), hide)


def hidden_value(value: Any, hide: Hide = _hide) -> Any:
    """Return a value of any shape with contact details removed from each text in it."""
    return map_texts(value, hide)


def hidden_row(row: Mapping[str, Any], texts: Collection[str]) -> dict[str, Any]:
    """Return an exported row with contact details removed from its free-text fields."""
    shown = {key: hidden_value(value) if key in texts else value for key, value in row.items()}
    if "custom_fields" in texts and isinstance(row.get("custom_fields"), Mapping):
        shown["custom_fields"] = hidden_fields(row["custom_fields"])
    return shown


def map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Apply ``change`` to every text in the value. Keys and other values stay as they are."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: map_texts(part, change) for key, part in value.items()}
    return [map_texts(part, change) for part in value] if isinstance(value, list | tuple) else value
