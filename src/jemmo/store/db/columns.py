"""Reads models from the rows of raw SQL, for statements that Postgres runs faster than Django builds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model

ModelT = TypeVar("ModelT", bound=Model)


class Columns(Generic[ModelT]):
    """All columns of a model's table, for a ``SELECT`` with a table alias. In a row they start at ``start``."""

    def __init__(self, model: type[ModelT], alias: str, *, start: int = 0) -> None:
        self._model = model
        fields = model._meta.concrete_fields  # noqa: SLF001 - documented by Django
        self.start, self.end = start, start + len(fields)
        self.sql = ", ".join(f"{alias}.{field.column}" for field in fields)
        self._names = [field.attname for field in fields]
        self._converters: list[tuple[int, Any]] = [
            (place, field) for place, field in enumerate(fields) if hasattr(field, "from_db_value")
        ]

    def read(self, row: Sequence[Any]) -> ModelT:
        values = list(row[self.start : self.end])
        for place, field in self._converters:
            values[place] = field.from_db_value(values[place], None, connection)
        return self._model.from_db(connection.alias, self._names, values)
