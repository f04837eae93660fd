"""Custom fields and tags, in each form that Greenhouse's APIs use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from jemmo.connectors.loose import first
from jemmo.domain.records import CustomFields
from jemmo.domain.validation import text, words


class Custom(Struct):
    """The value of a custom field."""

    name: str | None = None
    type: str | None = None
    value: Any = None


def customs(fields: Any) -> dict[str, Custom]:
    """Return custom fields by key.

    The reference shows an object of objects. Version 1 also has plain values, and version 3 is written with lists.

    >>> customs({"level": {"name": "Level", "type": "number", "value": 3}})["level"].value
    3
    >>> customs({"level": 3})["level"].value, customs([{"name_key": "level", "value": 3}])["level"].value
    (3, 3)
    """
    return {
        key: Custom(
            name=text(field.get("name")), type=text(field.get("type")), value=field["value"]
        )
        if isinstance(field, dict) and "value" in field
        else Custom(value=field)
        for key, field in _entries(fields)
    }


def custom_values(fields: Mapping[str, Custom]) -> CustomFields:
    """Return the custom fields that have a value."""
    return {
        key: {"type": text(field.type), "label": text(field.name) or key, "value": field.value}
        for key, field in fields.items()
        if field.value not in (None, "", [])
    }


def tag_names(tags: list[Any] | None) -> tuple[str, ...]:
    """Return tags sent as text or as objects with a name.

    >>> tag_names(["vip", {"id": 1, "name": "2026"}])
    ('vip', '2026')
    """
    return words([tag.get("name") if isinstance(tag, dict) else tag for tag in tags or []])


def _entries(fields: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(fields, dict):
        yield from fields.items()
    for field in fields if isinstance(fields, list) else ():
        key = first(field, "name_key", "key", "name", "custom_field_id")
        if isinstance(field, dict) and key:
            yield key, field
