"""Which record goes to which table, column by column. The statements in ``statements.py`` are made from this."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from jemmo.domain.records import Record
from jemmo.domain.streams import Stream

_encode = msgspec.json.encode


def as_json(value: Any) -> str | None:
    """JSON text for a jsonb column, ``None`` for an absent value. NUL escapes, which jsonb refuses, are dropped."""
    if value is None:
        return None
    if not value:
        return "{}"
    found = _encode(value).decode()
    return found.replace("\\u0000", "") if "\\u0000" in found else found


def as_array(values: Sequence[str]) -> str:
    r"""The literal of a text[] column: quicker made, and here mostly empty, than an array of psycopg's.

    >>> as_array(["C++", 'a "b"'])
    '{"C++","a \\"b\\""}'
    """
    if not values:
        return "{}"
    quoted = (one.replace("\\", "\\\\").replace('"', '\\"') for one in values)
    return '{"' + '","'.join(quoted) + '"}'


def as_numbers(values: Sequence[int]) -> bytes:
    """An int8[] as it is sent in binary; psycopg makes one item by item.

    The format is that of Postgres's ``array_send``: dimensions, flags, type of the items (20 is int8), then of the
    one dimension its length and first place, then each item with its size.
    """
    count = len(values)
    if not count:
        return _EMPTY
    sized = [part for one in values for part in (8, one)]
    return _array_of(count)(1, 0, 20, count, 1, *sized)


_EMPTY = struct.pack(">iii", 0, 0, 20)


@cache
def _array_of(count: int) -> Callable[..., bytes]:
    return struct.Struct(f">iiiii{'iq' * count}").pack


class Column(NamedTuple):
    """A column, and the record's attribute of the same name.

    ``cast`` is its type in the table where it is staged as another one.
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
    """A synced table: its columns, relations and the words that search finds it by."""

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
        self.columns = _COMMON + columns
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
        self, row_id: bytes, content_hash: bytes, excluded: str | None, record: Record
    ) -> list[Any]:
        """The values of ``staged``, in its order."""
        values = list(self._values(record))
        for place, convert in self._converts:
            values[place] = convert(values[place])
        head = [row_id, content_hash]
        return [*head, excluded, *values] if self.hides else [*head, *values]


def _text(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


def _times(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "timestamptz") for name in names)


def _flags(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "bool") for name in names)


_TAGS = Column("tags", "text", as_array, "text[]")
_CUSTOM = Column("custom_fields", "text", as_json, "jsonb")
_COMMON = (
    *_text("remote_id", "remote_url"),
    Column("remote_aliases", "text", as_array, "text[]"),
    *_times("remote_created_at", "remote_updated_at"),
)

TABLES: dict[Stream, Table] = {
    table.stream: table
    for table in (
        Table(Stream.DEPARTMENTS, "department", _text("name")),
        Table(
            Stream.USERS,
            "ats_user",
            (*_text("name", "title", "role", "role_original"), *_flags("is_active")),
        ),
        Table(Stream.REJECT_REASONS, "reject_reason", _text("name", "rejected_by")),
        Table(
            Stream.JOBS,
            "job",
            (
                *_text("title", "code", "internal_name", "status", "status_original", "visibility"),
                *_text("pitch", "description_html", "requirements"),
                *_text("employment_type", "employment_type_original", "experience_level"),
                *_text("remote_policy", "remote_policy_original", "language", "category"),
                *_text("posting_url", "apply_url"),
                *_times("opened_at", "closed_at"),
                *_text("department_remote_id", "recruiter_remote_id"),
                _TAGS,
                _CUSTOM,
            ),
            links=(
                Link("department_id", "department_remote_id", Stream.DEPARTMENTS),
                Link("recruiter_id", "recruiter_remote_id", Stream.USERS),
            ),
            search=("title", "internal_name", "code"),
            hides=True,
        ),
        Table(
            Stream.STAGES,
            "stage",
            (
                *_text("name", "job_remote_id"),
                Column("position", "int8"),
                *_text("category", "category_original"),
            ),
            links=(Link("job_id", "job_remote_id", Stream.JOBS),),
        ),
        Table(
            Stream.TALENTS,
            "talent",
            (
                *_text("first_name", "last_name", "headline", "current_company", "current_title"),
                *_text("summary"),
                Column("location", "text", as_json, "jsonb"),
                *_text("department_remote_id", "language", "origin", "source", "source_url"),
                *_flags("is_private", "is_archived", "is_internal"),
                *_text("consent_state"),
                *_times("consent_at"),
                *_flags("can_email"),
                _TAGS,
                _CUSTOM,
            ),
            links=(Link("department_id", "department_remote_id", Stream.DEPARTMENTS),),
            search=(
                *("first_name", "last_name", "headline", "current_company", "current_title"),
                "tags",
            ),
            hides=True,
        ),
        Table(
            Stream.APPLICATIONS,
            "application",
            (
                *_text("talent_remote_id", "job_remote_id", "stage_remote_id"),
                *_text("reject_reason_remote_id", "status", "status_original"),
                *_times("applied_at", "stage_entered_at", "rejected_at"),
                *_text("rejected_by"),
                *_times("hired_at"),
                *_text("source", "source_url"),
                *_flags("is_sourced"),
            ),
            links=(
                Link("talent_id", "talent_remote_id", Stream.TALENTS),
                Link("job_id", "job_remote_id", Stream.JOBS),
                Link("stage_id", "stage_remote_id", Stream.STAGES),
                Link("reject_reason_id", "reject_reason_remote_id", Stream.REJECT_REASONS),
            ),
        ),
    )
}


def leads_nowhere(link: Link, row: str) -> str:
    """The condition that a row's relation has no other end: it never arrived, or was deleted."""
    return (
        f"{row}.{link.via} IS NOT NULL AND NOT EXISTS (SELECT FROM {TABLES[link.target].name} other "
        f"WHERE other.id = {row}.{link.column} AND other.remote_deleted_at IS NULL)"
    )


def can_be_hidden(stream: Stream) -> bool:
    return TABLES[stream].hides or stream is Stream.APPLICATIONS


def is_hidden(stream: Stream) -> str:
    """The condition, of a row called ``t``, that a rule hides it: by itself, or as an application by its talent."""
    if TABLES[stream].hides:
        return "t.excluded_reason IS NOT NULL"
    if stream is Stream.APPLICATIONS:
        return "EXISTS (SELECT FROM talent o WHERE o.id = t.talent_id AND o.excluded_reason IS NOT NULL)"
    return "false"
