"""Declarations about fields of canonical records, made in ``Annotated``: see ``jemmo.domain.records``.

Columns, exports, the API, search, redaction and pages derive from them, so that a field is declared only once.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from functools import cache
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from msgspec import Struct


class Privacy(StrEnum):
    """Who may read a field, and how it is stored.

    PUBLIC    visible to every member, stored as is
    PERSONAL  about a person: contact details are redacted before storing, and restored for those who may see them
    CONTACT   a way to reach a person: encrypted, and shown only to those who may see contact details
    SEALED    a document about a person, treated as a whole like a contact detail
    """

    PUBLIC = "public"
    PERSONAL = "personal"
    CONTACT = "contact"
    SEALED = "sealed"


class Mark(Enum):
    """Other properties of a field."""

    SEARCHED = "search finds the record by it"
    NOT_EXPORTED = "left out of exports and the API"
    FORGOTTEN = "taken away once the ATS has anonymized the person"
    NOT_STORED = "tells how to write the record, and has no column"


class Label(NamedTuple):
    """The label of the field on the record's page. Fields without a label are shown separately there.

    Its French is here and not in the message catalog, so that a field is declared only once.
    """

    text: str
    fr: str


class Link(NamedTuple):
    """The field ``x_remote_id`` holds the remote id of another record; column ``x_id`` gets that record's id."""

    target: type[Struct]


class Field(Struct, frozen=True, kw_only=True):
    """A field as declared. ``type`` is its Python type without ``None``."""

    name: str
    type: Any
    nullable: bool
    privacy: Privacy = Privacy.PUBLIC
    marks: frozenset[Mark] = frozenset()
    label: Label | None = None
    target: type[Struct] | None = None

    @property
    def is_text(self) -> bool:
        return self.type is str

    @property
    def is_plain_column(self) -> bool:
        """Whether it is a plain column: stored, not encrypted, and not a list of parts, which have their own table."""
        if Mark.NOT_STORED in self.marks:
            return False
        is_list_of_parts = get_origin(self.type) is tuple and get_args(self.type)[0] is not str
        return self.privacy in {Privacy.PUBLIC, Privacy.PERSONAL} and not is_list_of_parts

    @property
    def relation(self) -> str:
        """The name of the linked record: ``department`` for ``department_remote_id``."""
        return self.name.removesuffix("_remote_id")


@cache
def fields_of(record: type[Struct]) -> tuple[Field, ...]:
    """Return the fields of a record or part in order, starting with those that all records share."""
    hints = get_type_hints(record, include_extras=True)
    return tuple(_field(name, hints[name]) for name in hints if name in record.__struct_fields__)


def personal(record: type[Struct]) -> tuple[str, ...]:
    """Return the names of fields in which people may have typed contact details."""
    return tuple(field.name for field in fields_of(record) if field.privacy is Privacy.PERSONAL)


def personal_texts(record: type[Struct]) -> tuple[str, ...]:
    """Return the names of personal fields that are plain text."""
    names = personal(record)
    return tuple(field.name for field in fields_of(record) if field.is_text and field.name in names)


def sealed(record: type[Struct]) -> tuple[str, ...]:
    """Return the names of fields that are documents."""
    return tuple(field.name for field in fields_of(record) if field.privacy is Privacy.SEALED)


def searched(record: type[Struct]) -> tuple[Field, ...]:
    return tuple(field for field in fields_of(record) if Mark.SEARCHED in field.marks)


def forgotten(record: type[Struct]) -> tuple[str, ...]:
    return tuple(field.name for field in fields_of(record) if Mark.FORGOTTEN in field.marks)


@cache
def kept_apart(record: type[Struct]) -> bool:
    """Whether parts of its texts may have to be redacted before they are stored."""
    return bool(personal(record) or sealed(record))


def links(record: type[Struct]) -> tuple[Field, ...]:
    return tuple(field for field in fields_of(record) if field.target is not None)


def _field(name: str, hint: Any) -> Field:
    marks = getattr(hint, "__metadata__", ())
    declared = hint.__origin__ if marks else hint
    kinds = get_args(declared)
    nullable = NoneType in kinds
    privacy = [mark for mark in marks if isinstance(mark, Privacy)]
    labels = [mark for mark in marks if isinstance(mark, Label)]
    targets = [mark.target for mark in marks if isinstance(mark, Link)]
    return Field(
        name=name,
        type=next(kind for kind in kinds if kind is not NoneType) if nullable else declared,
        nullable=nullable,
        privacy=privacy[0] if privacy else Privacy.PUBLIC,
        marks=frozenset(mark for mark in marks if isinstance(mark, Mark)),
        label=labels[0] if labels else None,
        target=targets[0] if targets else None,
    )
