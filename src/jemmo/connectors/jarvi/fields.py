"""Custom fields: by their purpose if Jarvi gives one, else by name.

A field with several values appears as several entries with the same field id. Values are text whatever the type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jemmo.connectors.jarvi.labels import label_of
from jemmo.connectors.loose import Json, Row, first, inner
from jemmo.domain.records import CustomFields

TRUE = "true"
PREFIX = "joboffer"  # of the purposes and names of Jarvi's own fields
NOT_IMPORTED = ("business_",)  # purposes of fields about the firm's own business
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
    """The values of one record, grouped by field. Later sources override earlier ones."""

    def __init__(self, purposes: Mapping[str, str], *sources: Json) -> None:
        self._groups: dict[str, list[Row]] = {}
        self._purposes: dict[str, list[Row]] = {}
        for entries in sources:
            self._add(purposes, entries if isinstance(entries, list) else [])

    def _add(self, purposes: Mapping[str, str], entries: Iterable[Json]) -> None:
        groups: dict[str, list[Row]] = {}
        for entry in entries:
            key = first(entry, "field.id", "field.name")
            if key is not None:
                groups.setdefault(key, []).append(entry)
        self._groups |= groups
        for key, group in groups.items():
            name = first(group[0], "field.name") or ""
            purpose = _purpose(group) or purposes.get(key) or purposes.get(name)
            if purpose is not None:
                self._purposes[purpose] = group

    def text(self, purpose: str) -> str | None:
        """Return a field's text: what was typed, or the label of the choice."""
        group = self._purposes.get(purpose)
        return _text(group[0]) if group else None

    def flag(self, purpose: str) -> bool | None:
        """Return a boolean, which Jarvi sends as text."""
        value = self.text(purpose)
        return None if value is None else value.lower() == TRUE

    def technical(self, purpose: str) -> str | None:
        """Return Jarvi's internal name of the choice."""
        group = self._purposes.get(purpose)
        return first(group[0], "fieldValue.technicalValue") if group else None

    def places(self, purpose: str) -> list[Row]:
        """Return every place in a field, in Jarvi's format."""
        places = (inner(entry, "location") for entry in self._purposes.get(purpose, ()))
        return [place for place in places if isinstance(place, dict)]

    def tags(self) -> list[str]:
        groups = [group for group in self._groups.values() if _is_tags(group)]
        return [tag for group in groups if not _is_hidden(group) for tag in _texts(group)]

    def custom(self, known: Iterable[str]) -> CustomFields:
        """Return the fields that our record lacks, as ``{key: {type, label, value}}``."""
        used = {id(self._purposes[name]) for name in known if name in self._purposes}
        fields: CustomFields = {}
        for key, group in self._groups.items():
            if id(group) in used or _is_hidden(group) or _is_tags(group):
                continue
            kind = KINDS.get(first(group[0], "field.type") or "", "text")
            value = _value(group, kind)
            if value not in (None, "", []):
                purpose = _purpose(group)
                label = label_of(first(group[0], "field.name") or purpose, PREFIX)
                fields[purpose or key] = {"type": kind, "label": label, "value": value}
        return fields


def _purpose(group: list[Row]) -> str | None:
    return first(group[0], "field.purpose")


def _is_hidden(group: list[Row]) -> bool:
    return (_purpose(group) or "").startswith(NOT_IMPORTED)


def _is_tags(group: list[Row]) -> bool:
    return first(group[0], "field.type") == "tags"


def _text(entry: Row) -> str | None:
    return first(
        entry,
        *("value", "fieldValue.name", "fieldValue.technicalValue", "location.formattedAddress"),
    )


def _texts(group: list[Row]) -> list[str]:
    return [value for entry in group if (value := _text(entry))]


def _value(group: list[Row], kind: str) -> Json:
    if kind == "multi_select" or len(group) > 1:
        return _texts(group)
    value = _text(group[0])
    return value.lower() == TRUE if value is not None and kind == "boolean" else value
