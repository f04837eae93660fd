"""JSON columns that always have the expected shape when read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models.fields.json import KeyTransform

from jemmo.domain.stored_values import error_of, object_of, report_of, texts_of


class ObjectField(models.JSONField):
    """Always read as an object, with its values unchanged. In migrations it is the plain field."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        document = super().from_db_value(value, expression, connection)
        return document if isinstance(expression, KeyTransform) else self.read(document)

    def read(self, value: Any) -> Any:
        return object_of(value)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, args, named = super().deconstruct()
        return name, "django.db.models.JSONField", args, named


class TextsField(ObjectField):
    """An object of texts, or ``None``."""

    def read(self, value: Any) -> Any:
        return texts_of(value) or (None if self.null else {})


class ErrorField(ObjectField):
    """A stored error, or ``None``."""

    def read(self, value: Any) -> Any:
        return error_of(value)


class ReportField(ObjectField):
    """A run's report."""

    def read(self, value: Any) -> Any:
        return report_of(value)
