"""Lookups that mapping needs: included objects, names of custom fields, types of stages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from jemmo.connectors.jsonapi.named import digest_of
from jemmo.connectors.loose import flag
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
    """A stage's type: its name, and in newer API versions the old type it corresponds to."""

    name: str | None
    category: str | None

    @property
    def meant(self) -> str | None:
        """The first of the two that is known, since companies may rename types."""
        both = [kind for kind in (self.name, self.category) if kind]
        return next(filter(is_stage_type, both), both[0] if both else None)


class Lookups:
    """Lookups for a whole sync: custom fields by id, their options by id, stage types by stage id."""

    def __init__(self, *, path_is_version: bool = True, private_notes: bool = False) -> None:
        self.path_is_version = path_is_version
        self.private_notes = private_notes
        self.fields: dict[str, tuple[str, str]] = {}
        self.options: dict[str, str] = {}
        self.choices: set[str] = set()
        self.stage_types: dict[str, str] = {}

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

    def add_choices(self, choice: Included) -> None:
        """Add an option, or a select field with its options, that was included with the fields."""
        if choice.type == "custom-field-options":
            self.add_option(choice)
        listed = choice.attributes.options if choice.type == "custom-field-selects" else None
        for option in listed if isinstance(listed, list) else ():
            own = option if isinstance(option, dict) else {}
            key = text(own.get("id"))
            label = text(own.get("value")) or text(own.get("name")) or text(own.get("label"))
            if key and label:
                self.options[key] = label

    def is_bare(self, value: Any, kind: str) -> bool:
        """Whether a choice is only an id with an unknown label."""
        if kind not in ("select", "multi_select"):
            return False
        listed = value if isinstance(value, list) else [value]
        return any(isinstance(label, str) and label.isdecimal() for label in listed)

    def digest(self) -> str:
        """Return a digest of the names of custom fields and of their options."""
        return digest_of([sorted(self.fields.items()), sorted(self.options.items())])


def named_digests(objects: Iterable[Included]) -> dict[str, str]:
    """Return digests of places and roles, by ``type:id``, since jobs and talents store their content."""
    digests = {}
    for each in objects:
        own = each.attributes
        values = (own.name, own.address, own.zip, own.city, own.country, own.lat, own.long)
        digests[f"{each.type}:{each.id}"] = digest_of(values)
    return digests


class Inclusions:
    """The objects included in one page, by type and id, plus the lookups of the sync."""

    def __init__(self, included: Iterable[Included], lookups: Lookups) -> None:
        self.lookups = lookups
        self._by_key = {(each.type, str(each.id)): each for each in included}
        for (kind, key), each in self._by_key.items():
            if kind == "stages":
                self.note_stage(key, each)
            elif kind == "custom-fields" and key not in lookups.fields:
                lookups.add_field(each)

    def get(self, kind: str, key: str | None) -> Included | None:
        return self._by_key.get((kind, key)) if key is not None else None

    def linked(
        self, keys: Iterable[str], kind: str, remote_id: str, notes: Notes
    ) -> list[Included]:
        """Return the objects that a record is linked to; notes any that the response lacks."""
        linked = [self.get(kind, key) for key in keys]
        if missing := linked.count(None):
            notes.add(f"relation_not_sent:{kind}", remote_id, missing)
        return [each for each in linked if each is not None]

    def names(self, keys: Iterable[str], kind: str, remote_id: str, notes: Notes) -> list[str]:
        """Return the names of the objects that a record is linked to."""
        linked = self.linked(keys, kind, remote_id, notes)
        return [name for each in linked if (name := text(each.attributes.name))]

    def name(self, key: str | None, kind: str, remote_id: str, notes: Notes) -> str | None:
        """Return the name of the object that a record is linked to, if there is one."""
        names = self.names([key] if key else [], kind, remote_id, notes)
        return names[0] if names else None

    def by_company(self, reason_id: str | None) -> bool | None:
        reason = self.get("reject-reasons", reason_id)
        return reason.attributes.rejected_by_company if reason else None

    def stage_type(self, type_id: str | None) -> StageType | None:
        related = self.get("stage-types", type_id)
        own = related.attributes if related else None
        return StageType(text(own.name), text(own.category)) if own else None

    def note_stage(self, key: str, stage: Resource[Any]) -> None:
        """Remember a stage's type from its own attribute, or else from its linked type."""
        own = stage.attributes
        kind = text(own.legacy_stage_type_name) or text(own.stage_type)
        if kind is None and (related := self.stage_type(stage.relationships.stage_type.one())):
            kind = related.meant
        if kind:
            self.lookups.stage_types[key] = kind

    def type_of_stage(self, stage_id: str | None) -> str | None:
        return self.lookups.stage_types.get(stage_id) if stage_id is not None else None

    def custom_fields(self, resource: Resource[Any], notes: Notes) -> dict[str, dict[str, Any]]:
        """Return ``{key: {type, label, value}}``; a choice is stored as its label, not its id."""
        fields, remote_id = {}, str(resource.id)
        keys = resource.relationships.custom_field_values.many()
        for value in self.linked(keys, "custom-field-values", remote_id, notes):
            field_id = value.relationships.custom_field.one()
            if field_id is None or field_id not in self.lookups.fields:
                notes.add("relation_not_sent:custom-field-values.custom-field", remote_id)
                notes.keep(remote_id, "custom_fields")
                continue
            key, label = self.lookups.fields[field_id]
            kind = FIELD_TYPES.get(value.attributes.field_type or "", "text")
            plain = self._plain(value.attributes.value, kind)
            if self.lookups.is_bare(plain, kind):
                notes.add(f"unknown_value:option of {key[:40]}", remote_id)
            if plain is None and text(value.attributes.value):
                notes.add(f"dropped_value:{key[:40]}", remote_id)
            if plain not in (None, "", []):
                fields[key] = {"type": kind, "label": label, "value": plain}
        return fields

    def _plain(self, value: Any, kind: str) -> Any:
        options = self.lookups.options
        if kind == "multi_select":
            chosen = [str(key) for key in _listed(value) if key not in (None, "")]
            return [options.get(key, key) for key in chosen]
        if kind == "select":
            key = next(iter(_listed(value)), None)
            return options.get(str(key), text(key))
        if kind == "boolean":
            return flag(value)
        return text(value)


def _listed(value: Any) -> list[Any]:
    """Return the entries of a choice, given as a list, as JSON text, or as one entry.

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
