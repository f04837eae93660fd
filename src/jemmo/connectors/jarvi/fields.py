"""Custom fields: by their purpose where Jarvi gives one, else by name.

A field with several values comes as several items with the same field id. Values are text whatever
the type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from jemmo.connectors.jarvi.wire import Json, Row, inner, plain
from jemmo.domain.records import CustomFields
from jemmo.domain.validation import number

TRUE = "true"
_KEY = re.compile(r"[a-zA-Z][a-zA-Z0-9]*(?:[._:][a-zA-Z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+")
_NAME = re.compile(r"[a-zA-Z0-9]+\.[a-zA-Z0-9]+")  # as in Node.js
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
NOT_IMPORTED = ("business_",)  # purposes of what is the firm's own business
KINDS = {
    "richtext": "text",
    "text": "text",
    "boolean": "boolean",
    "multiplechoice": "multi_select",
    "tags": "multi_select",
    "date": "date",
    "number": "number",
    "rating": "number",
    "location": "text",
}


class Fields:
    """The values of one record, grouped by field.

    Later items win over earlier ones of another source.
    """

    def __init__(self, purposes: Mapping[str, str], *sources: Json) -> None:
        self._groups: dict[str, list[Row]] = {}
        self._purposes: dict[str, list[Row]] = {}
        for items in sources:
            self._add(purposes, items if isinstance(items, list) else [])

    def _add(self, purposes: Mapping[str, str], items: Iterable[Json]) -> None:
        groups: dict[str, list[Row]] = {}
        for item in items:
            key = plain(inner(item, "field", "id")) or plain(inner(item, "field", "name"))
            if key is not None:
                groups.setdefault(key, []).append(item)
        self._groups |= groups
        for key, group in groups.items():
            field = group[0]["field"]
            name = plain(field.get("name")) or ""
            purpose = plain(field.get("purpose")) or purposes.get(key) or purposes.get(name)
            if purpose is not None:
                self._purposes[purpose] = group

    def text(self, purpose: str) -> str | None:
        """The text of a field: what was typed, or the name of what was chosen."""
        group = self._purposes.get(purpose)
        return _text(group[0]) if group else None

    def number(self, purpose: str) -> float | None:
        """A number above or below zero; zero and text are none."""
        return number(self.text(purpose))

    def flag(self, purpose: str) -> bool | None:
        """A yes or no, which Jarvi writes as text."""
        found = self.text(purpose)
        return None if found is None else found.lower() == TRUE

    def technical(self, purpose: str) -> str | None:
        """Jarvi's own word for what was chosen."""
        group = self._purposes.get(purpose)
        return plain(inner(group[0], "fieldValue", "technicalValue")) if group else None

    def places(self, purpose: str) -> list[Row]:
        """Every place of a field, as Jarvi describes it."""
        found = (inner(item, "location") for item in self._purposes.get(purpose, ()))
        return [place for place in found if isinstance(place, dict)]

    def tags(self) -> list[str]:
        return [
            found
            for group in self._groups.values()
            if group[0]["field"].get("type") == "tags" and not _is_hidden(group)
            for item in group
            if (found := _text(item))
        ]

    def custom(self, known: Iterable[str]) -> CustomFields:
        """What has no place of its own in a record, as ``{key: {type, label, value}}``."""
        used = {id(self._purposes[name]) for name in known if name in self._purposes}
        found: CustomFields = {}
        for key, group in self._groups.items():
            field = group[0]["field"]
            purpose = plain(field.get("purpose"))
            if id(group) in used or _is_hidden(group) or field.get("type") == "tags":
                continue
            kind = KINDS.get(plain(field.get("type")) or "", "text")
            value = _value(group, kind)
            if value not in (None, "", []):
                label = label_of(plain(field.get("name")) or purpose)
                found[purpose or key] = {"type": kind, "label": label, "value": value}
        return found


def _is_hidden(group: list[Row]) -> bool:
    purpose = plain(group[0]["field"].get("purpose"))
    return purpose is not None and purpose.startswith(NOT_IMPORTED)


def label_of(name: str | None) -> str:
    """What a field is called; a key is made readable, an id tells nothing.

    A field that Jarvi made has the key of its translation for a name (example in the reference, offers).

    >>> label_of("joboffer_min_years_of_experience"), label_of("Salaire fixe"), label_of(None)
    ('Min years of experience', 'Salaire fixe', 'Custom field')
    >>> label_of("resources.fields.purposes.joboffer_salary_is_public.name")
    'Salary is public'
    >>> label_of("Node.js")
    'Node.js'
    """
    if name is None or _ID.fullmatch(name):
        return "Custom field"
    if not _KEY.fullmatch(name) or _NAME.fullmatch(name):
        return name
    *_, key = re.split(r"[.:]", name.removesuffix(".name"))
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", key).replace("_", " ")
    return words.lower().removeprefix("joboffer ").strip().capitalize() or name


def _text(item: Row) -> str | None:
    return (
        plain(item.get("value"))
        or plain(inner(item, "fieldValue", "name"))
        or plain(inner(item, "fieldValue", "technicalValue"))
        or plain(inner(item, "location", "formattedAddress"))
    )


def _value(group: list[Row], kind: str) -> Json:
    if kind == "multi_select" or len(group) > 1:
        return [found for item in group if (found := _text(item))]
    found = _text(group[0])
    if found is not None and kind == "boolean":
        return found.lower() == TRUE
    return found
