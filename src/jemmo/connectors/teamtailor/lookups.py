"""What a record needs from others: objects that came along with its page, names of custom fields, types of stages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jemmo.connectors.teamtailor.wire import Included, Resource
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


class Lookups:
    """What is kept through a whole sync: custom fields by id, their options by id, stage types by stage id."""

    def __init__(self, *, path_is_version: bool = True) -> None:
        self.path_is_version = path_is_version
        self.fields: dict[str, tuple[str, str]] = {}
        self.options: dict[str, str] = {}
        self.stage_types: dict[str, str] = {}

    def add_field(self, field: Included) -> None:
        key = text(field.attributes.api_name) or text(field.attributes.name)
        if key:
            self.fields[str(field.id)] = (key, text(field.attributes.name) or key)

    def add_option(self, option: Included) -> None:
        label = text(option.attributes.value) or text(option.attributes.name)
        if label:
            self.options[str(option.id)] = label


class Inclusions:
    """The objects included in one page, by type and id, over the lookups of the sync."""

    def __init__(self, included: Iterable[Included], lookups: Lookups) -> None:
        self.lookups = lookups
        self._found: dict[tuple[str, str], Included] = {
            (one.type, str(one.id)): one for one in included
        }
        for (kind, key), one in self._found.items():
            if kind == "stages":
                found = text(one.attributes.legacy_stage_type_name) or text(
                    one.attributes.stage_type
                )
                if found:
                    lookups.stage_types[key] = found
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

    def stage_type(self, stage_id: str | None) -> str | None:
        return self.lookups.stage_types.get(stage_id) if stage_id is not None else None

    def custom_fields(self, resource: Resource[Any]) -> dict[str, dict[str, Any]]:
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
            if plain not in (None, "", []):
                fields[key] = {"type": kind, "label": label, "value": plain}
        return fields

    def _plain(self, value: Any, kind: str) -> Any:
        options = self.lookups.options
        if kind == "multi_select":
            listed = value if isinstance(value, list) else [value]
            return [options.get(str(one), str(one)) for one in listed if one not in (None, "")]
        if kind == "select":
            one = value[0] if isinstance(value, list) and value else value
            return options.get(str(one), text(one))
        if kind == "boolean":
            return value if isinstance(value, bool) else str(value).lower() in ("true", "1", "yes")
        return text(value)
