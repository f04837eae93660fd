"""Maps records to tables, column by column, from ``domain.entities``. ``statements.py`` builds SQL from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple, get_origin
from uuid import UUID

import msgspec
from msgspec import Struct

from jemmo.domain.entities import ENTITIES, Entity, target_of
from jemmo.domain.fields import Field, fields_of, links, searched
from jemmo.domain.records import Record
from jemmo.domain.streams import Stream

_encode = msgspec.json.encode
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""An escaped NUL, but not the text ``\\u0000``, whose backslash is escaped itself."""


def as_json(value: Any) -> str | None:
    """Return JSON text for a jsonb column; ``None`` for a missing value. Drops NUL escapes, which jsonb rejects."""
    if value is None:
        return None
    if not value:
        return "{}"
    text = _encode(value).decode()
    return _NUL.sub(r"\1", text) if "\\u0000" in text else text


class Column(NamedTuple):
    """A column, and the record's attribute of the same name.

    ``cast`` is its type, if the staging table uses another one.
    """

    name: str
    type: str = "text"
    convert: Callable[[Any], Any] | None = None
    cast: str | None = None


class Link(NamedTuple):
    """A relation: ``column`` gets the id of the ``target`` row whose remote id is in ``via``."""

    column: str
    via: str
    target: Stream


class Table:
    """A synced table: its columns, relations and search words."""

    def __init__(
        self,
        stream: Stream,
        name: str,
        columns: tuple[Column, ...],
        *,
        links: tuple[Link, ...] = (),
        search: tuple[str, ...] = (),
        hides: bool = False,
    ) -> None:
        self.stream = stream
        self.name = name
        self.columns = columns
        self.links = links
        self.search = search
        self.hides = hides
        self.staged = [Column("id", "uuid"), Column("content_hash", "bytea")]
        self.staged += [Column("excluded_reason")] if hides else []
        self.staged += self.columns
        self._values = attrgetter(*(column.name for column in self.columns))
        self._converts = [
            (place, column.convert)
            for place, column in enumerate(self.columns)
            if column.convert is not None
        ]

    def row(
        self, row_id: UUID, content_hash: bytes, excluded: str | None, record: Record
    ) -> list[Any]:
        """Return the values of the columns in ``staged``, in that order."""
        values = list(self._values(record))
        for place, convert in self._converts:
            values[place] = convert(values[place])
        head: list[Any] = [row_id, content_hash]
        return [*head, excluded, *values] if self.hides else [*head, *values]


def column_of(field: Field) -> Column:
    """Return the column that stores a field, by the field's Python type."""
    if field.type == tuple[str, ...]:
        return Column(field.name, "text[]", list)
    if get_origin(field.type) is dict or issubclass(field.type, Struct):
        return Column(field.name, "text", as_json, "jsonb")
    return Column(field.name, next(_TYPES[base] for base in field.type.__mro__ if base in _TYPES))


_TYPES: dict[type, str] = {
    str: "text",
    bool: "bool",
    int: "int8",
    float: "float8",
    datetime: "timestamptz",
}


def columns_of(record: type[Struct]) -> tuple[Column, ...]:
    return tuple(column_of(field) for field in fields_of(record) if field.is_plain_column)


def _table(entity: Entity) -> Table:
    return Table(
        entity.stream,
        entity.table,
        columns_of(entity.record),
        links=tuple(
            Link(f"{field.relation}_id", field.name, target_of(field))
            for field in links(entity.record)
        ),
        search=tuple(field.name for field in searched(entity.record)),
        hides=entity.hides,
    )


TABLES: dict[Stream, Table] = {stream: _table(entity) for stream, entity in ENTITIES.items()}


def leads_nowhere(link: Link, row: str) -> str:
    """Return the condition that a row's relation is broken: the target never arrived, or was deleted.

    A rejected target is not missing in the ATS, so it is counted as rejected instead.
    """
    return (
        f"{row}.{link.via} IS NOT NULL AND NOT EXISTS (SELECT FROM {TABLES[link.target].name} other "
        f"WHERE other.id = {row}.{link.column} AND other.remote_deleted_at IS NULL) "
        f"AND NOT {is_rejected(link.target, f'{row}.connection_id', f'{row}.{link.via}')}"
    )


def is_rejected(stream: Stream, connection: str, remote_id: str) -> str:
    """Return the condition that a connection's record was rejected. The arguments are columns."""
    return (
        f"EXISTS (SELECT FROM rejection j WHERE j.connection_id = {connection} "
        f"AND j.remote_id = {remote_id} AND j.stream = '{stream}')"
    )


def can_be_hidden(stream: Stream) -> bool:
    return TABLES[stream].hides or stream is Stream.APPLICATIONS


def is_hidden(stream: Stream) -> str:
    """Return the condition that a rule hides the row ``t``. An application is hidden through its talent."""
    if TABLES[stream].hides:
        return "t.excluded_reason IS NOT NULL"
    if stream is Stream.APPLICATIONS:
        return "EXISTS (SELECT FROM talent o WHERE o.id = t.talent_id AND o.excluded_reason IS NOT NULL)"
    return "false"
