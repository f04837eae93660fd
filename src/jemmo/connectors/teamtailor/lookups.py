"""What a record needs from others: objects that came along with its page, names of custom fields, types of stages."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from jemmo.connectors.teamtailor.stages import is_stage_type
from jemmo.connectors.teamtailor.wire import Included, Resource
from jemmo.domain.streams import Notes
from jemmo.domain.validation import text

FIELD_TYPES = {
    "CustomField::Text": "text",
    "CustomField::Email": "email",
    "CustomField::Url": "url",
    "CustomField::Phone": "phone",
    "CustomField::Date": "date",
    "CustomField::Checkbox": "boolean",
    "CustomField::Boolean": "boolean",
    "CustomField::Number": "number",
    "CustomField::Select": "select",
    "CustomField::MultiSelect": "multi_select",
}


class StageType(Struct, frozen=True):
    """A stage's type: its name, and in newer versions the old type that it stands for."""

    name: str | None
    category: str | None

    @property
    def meant(self) -> str | None:
        """The one of both that we know; companies may name types as they like."""
        both = [one for one in (self.name, self.category) if one]
        return next((one for one in both if is_stage_type(one)), both[0] if both else None)


class Lookups:
    """What is kept through a whole sync: custom fields by id, their options by id, stage types by stage id.

    ``named`` are digests of places and roles by type and id.
    """

    def __init__(self, *, path_is_version: bool = True) -> None:
        self.path_is_version = path_is_version
        self.fields: dict[str, tuple[str, str]] = {}
        self.options: dict[str, str] = {}
        self.choices: set[str] = set()
        self.stage_types: dict[str, str] = {}
        self.named: dict[str, str] = {}

    def add_field(self, field: Included) -> None:
        key = text(field.attributes.api_name) or text(field.attributes.name)
        if key:
            self.fields[str(field.id)] = (key, text(field.attributes.name) or key)
        if FIELD_TYPES.get(field.attributes.field_type or "") in ("select", "multi_select"):
            self.choices.add(str(field.id))

    def add_option(self, option: Included) -> None:
        label = text(option.attributes.value) or text(option.attributes.name)
        if label:
            self.options[str(option.id)] = label

    def add_choices(self, one: Included) -> None:
        """Take in an option, or a select with its options, that came along with the fields."""
        if one.type == "custom-field-options":
            self.add_option(one)
        listed = one.attributes.options if one.type == "custom-field-selects" else None
        for option in listed if isinstance(listed, list) else ():
            own = option if isinstance(option, dict) else {}
            key = text(own.get("id"))
            label = text(own.get("value")) or text(own.get("name")) or text(own.get("label"))
            if key and label:
                self.options[key] = label

    def is_bare(self, value: Any, kind: str) -> bool:
        """Whether a choice is told by an id for which no label is known."""
        if kind not in ("select", "multi_select"):
            return False
        listed = value if isinstance(value, list) else [value]
        return any(isinstance(one, str) and one.isdecimal() for one in listed)

    def add_named(self, one: Included) -> None:
        """Take in a place or a role, of which jobs and talents hold what it says."""
        own = one.attributes
        told = (own.name, own.address, own.zip, own.city, own.country, own.lat, own.long)
        self.named[f"{one.type}:{one.id}"] = _digest(told)

    def digest(self) -> str:
        """Tells whether names of custom fields or of their options have changed."""
        named = [sorted(self.fields.items()), sorted(self.options.items())]
        return _digest(named)


class Inclusions:
    """The objects included in one page, by type and id, over the lookups of the sync."""

    def __init__(self, included: Iterable[Included], lookups: Lookups) -> None:
        self.lookups = lookups
        self._found: dict[tuple[str, str], Included] = {
            (one.type, str(one.id)): one for one in included
        }
        for (kind, key), one in self._found.items():
            if kind == "stages":
                self.note_stage(key, one)
            elif kind == "custom-fields" and key not in lookups.fields:
                lookups.add_field(one)

    def get(self, kind: str, key: str | None) -> Included | None:
        return self._found.get((kind, key)) if key is not None else None

    def name(self, key: str | None, kind: str) -> str | None:
        found = self.get(kind, key)
        return text(found.attributes.name) if found else None

    def by_company(self, reason_id: str | None) -> bool | None:
        found = self.get("reject-reasons", reason_id)
        return found.attributes.rejected_by_company if found else None

    def stage_type(self, type_id: str | None) -> StageType | None:
        found = self.get("stage-types", type_id)
        own = found.attributes if found else None
        return StageType(text(own.name), text(own.category)) if own else None

    def note_stage(self, key: str, stage: Resource[Any]) -> None:
        """Remember a stage's type: its own attribute, or what it is linked to where it has none."""
        own = stage.attributes
        found = text(own.legacy_stage_type_name) or text(own.stage_type)
        if found is None and (related := self.stage_type(stage.relationships.stage_type.one())):
            found = related.meant
        if found:
            self.lookups.stage_types[key] = found

    def type_of_stage(self, stage_id: str | None) -> str | None:
        return self.lookups.stage_types.get(stage_id) if stage_id is not None else None

    def custom_fields(self, resource: Resource[Any], notes: Notes) -> dict[str, dict[str, Any]]:
        """``{key: {type, label, value}}``; a choice is told by its label, not by its id."""
        fields = {}
        for value_id in resource.relationships.custom_field_values.many():
            value = self.get("custom-field-values", value_id)
            known = value and self.lookups.fields.get(value.relationships.custom_field.one() or "")
            if value is None or not known:
                continue
            key, label = known
            kind = FIELD_TYPES.get(value.attributes.field_type or "", "text")
            plain = self._plain(value.attributes.value, kind)
            if self.lookups.is_bare(plain, kind):
                notes.add(f"unknown_value:option of {key[:40]}", str(resource.id))
            if plain not in (None, "", []):
                fields[key] = {"type": kind, "label": label, "value": plain}
        return fields

    def _plain(self, value: Any, kind: str) -> Any:
        options = self.lookups.options
        if kind == "multi_select":
            listed = _listed(value)
            return [options.get(str(one), str(one)) for one in listed if one not in (None, "")]
        if kind == "select":
            listed = _listed(value)
            one = listed[0] if listed else None
            return options.get(str(one), text(one))
        if kind == "boolean":
            return value if isinstance(value, bool) else str(value).lower() in ("true", "1", "yes")
        return text(value)


def _digest(told: Any) -> str:
    return blake2b(msgspec.json.encode(told), digest_size=8).hexdigest()


def _listed(value: Any) -> list[Any]:
    """The entries of a choice: a list, a list written as JSON, or one entry.

    >>> _listed(["1"]), _listed('["1", 2]'), _listed("Salon"), _listed(None)
    (['1'], ['1', 2], ['Salon'], [])
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return [value]
    if isinstance(value, list):
        return value
    return [] if value is None else [value]
