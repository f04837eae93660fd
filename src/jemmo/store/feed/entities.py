"""The feed's records and who may read them, by the same conditions as the API's lists and the policies."""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct

from jemmo.domain.entities import ENTITIES as DECLARED
from jemmo.domain.streams import Stream
from jemmo.store.db.confidential import CONFIDENTIAL
from jemmo.store.records.export import KINDS


class Level(IntEnum):
    """Who may read a record: no token, tokens with access to confidential records, or all tokens."""

    HIDDEN = 0
    CONFIDENTIAL = 1
    OPEN = 2


class FeedEntity(Struct, frozen=True, kw_only=True):
    """A kind of record in the feed, with conditions over a row ``r``.

    name          as in the API
    hidden        the row itself is deleted or excluded
    confidential  the row itself is confidential
    joins         joined tables that ``rest`` needs
    rest          hidden or confidential because of another record
    names         names from other tables that the API shows with the record: (table, link, columns, field)
    parts         the record's data in other tables: (fields, a hash of the data)
    sealed        the field of a talent's record whose contact details are in ``sealed_texts``
    """

    name: str
    hidden: str = "{r}.remote_deleted_at IS NOT NULL"
    confidential: str = "false"
    joins: str = ""
    rest: tuple[str, str] = ("false", "false")
    names: tuple[tuple[str, str, tuple[str, ...], str], ...] = ()
    parts: tuple[tuple[tuple[str, ...], str], ...] = ()
    sealed: str = ""

    @property
    def right(self) -> str:
        """The right that its records require in addition to the level; empty for most."""
        return DECLARED[Stream(self.name)].right

    @property
    def table(self) -> str:
        return KINDS[self.name].model._meta.db_table  # noqa: SLF001 - Django's own name

    def is_hidden(self, row: str) -> str:
        return f"({self.hidden.format(r=row)})"

    def is_confidential(self, row: str) -> str:
        return f"({self.confidential.format(r=row)})"

    @property
    def level(self) -> str:
        """The level of a row ``r``; 0 if there is none."""
        hidden, confidential = self.rest
        return (
            f"CASE WHEN r.id IS NULL OR {self.is_hidden('r')} OR {hidden} THEN 0 "
            f"WHEN {self.is_confidential('r')} OR {confidential} THEN 1 ELSE 2 END"
        )

    @property
    def hashes(self) -> str:
        if not self.parts:
            return "NULL::bigint[]"
        return f"ARRAY[{', '.join(f'({part})' for _, part in self.parts)}]"

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The API fields that show each column of the table, except ids and ``modified_at``."""
        model, fields = KINDS[self.name].model, KINDS[self.name].fields
        shown: dict[str, tuple[str, ...]] = {}
        for field in model._meta.concrete_fields:  # noqa: SLF001 - as above
            names = [name for name in dict.fromkeys((field.attname, field.name)) if name in fields]
            names += [name for name in _DERIVED.get(field.attname, ()) if name in fields]
            if names and field.name not in _FIXED:
                shown[str(field.column)] = tuple(names)
        return shown

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that an update may name, except contact details."""
        names = [name for names in self.columns.values() for name in names]
        names += [field for *_, field in self.names]
        names += [name for fields, _ in self.parts for name in fields]
        names += [self.sealed] if self.sealed else []
        return tuple(sorted(set(names) - set(CONTACTS)))


CONTACTS = ("emails", "phones", "links", "linkedin_profile")
"""The fields with contact details. All are empty for readers who may not see them."""

_FIXED = ("id", "org", "connection", "modified_at")
_DERIVED = {
    "first_name": ("full_name",),
    "last_name": ("full_name",),
    "consent_state": ("withheld", "contacts_hidden", *CONTACTS),
    "do_not_contact_at": ("do_not_contact", "withheld", "contacts_hidden", *CONTACTS),
    "stage_id": ("stage_category",),
}


def _hidden(row: str) -> str:
    return f"{row}.remote_deleted_at IS NOT NULL OR {row}.excluded_reason IS NOT NULL"


def _marked(*columns: str) -> str:
    """Whether a row belongs to a confidential record, as in ``jemmo.store.db.policies``."""
    listed = ", ".join(f"r.{column}" for column in columns)
    return f"EXISTS (SELECT FROM confidential_record c WHERE c.id IN ({listed}))"


def _hash(rows: str) -> str:
    """A hash of rows in their order; 0 for none."""
    joined = "string_agg(part::text, ' ' ORDER BY part::text)"
    return f"SELECT coalesce(hashtextextended({joined}, 0), 0) FROM ({rows}) part"


def _children(owner: str, table: str, columns: str) -> str:
    return _hash(f"SELECT {columns} FROM {table} WHERE {owner}_id = r.id")


_PLACES = "position, raw, street, postal_code, city, region, country_code, lat, lon, is_primary"
_PAY = "position, kind, min, max, currency, period, is_public, original"
_FILES = (
    "SELECT remote_id, kind, file_name, content_type, size, sha256, fetch_status FROM attachment "
    "WHERE talent_id = r.id AND remote_deleted_at IS NULL"
)
_HASHES = "SELECT hashes FROM talent_contacts WHERE talent_id = r.id"
_PROFILE = "SELECT octet_length(sealed_texts) FROM talent_contacts WHERE talent_id = r.id"
_DEPARTMENT = ("department", "department_id", ("name",), "department")

ENTITIES: dict[str, FeedEntity] = {
    entity.name: entity
    for entity in (
        FeedEntity(name="departments"),
        FeedEntity(name="users"),
        FeedEntity(name="reject_reasons"),
        FeedEntity(
            name="jobs",
            hidden=_hidden("{r}"),
            confidential=CONFIDENTIAL["job"].format(row="{r}"),
            names=(_DEPARTMENT, ("ats_user", "recruiter_id", ("name",), "recruiter")),
            parts=(
                (("locations",), _children("job", "job_location", _PLACES)),
                (("compensations",), _children("job", "job_compensation", _PAY)),
            ),
        ),
        FeedEntity(
            name="postings",
            joins="LEFT JOIN job t ON t.id = r.job_id",
            rest=(f"t.id IS NULL OR {_hidden('t')}", _marked("job_id")),
            parts=((("locations",), _children("job_posting", "job_posting_location", _PLACES)),),
        ),
        FeedEntity(name="stages", rest=("false", _marked("job_id"))),
        FeedEntity(
            name="talents",
            hidden=_hidden("{r}"),
            confidential=CONFIDENTIAL["talent"].format(row="{r}"),
            names=(_DEPARTMENT,),
            parts=(
                (("resumes",), _hash(_FILES)),
                (("emails", "phones", "links"), _hash(_HASHES)),
                (("linkedin_profile",), _hash(_PROFILE)),
            ),
        ),
        FeedEntity(
            name="applications",
            joins="LEFT JOIN talent t ON t.id = r.talent_id",
            rest=(f"t.id IS NULL OR {_hidden('t')}", _marked("talent_id", "job_id")),
            sealed="cover_letter",
            names=(
                ("stage", "stage_id", ("name",), "stage"),
                ("stage", "stage_id", ("category",), "stage_category"),
                ("reject_reason", "reject_reason_id", ("name",), "reject_reason"),
            ),
        ),
        FeedEntity(
            name="notes",
            joins="LEFT JOIN talent t ON t.id = r.talent_id",
            rest=(f"t.id IS NULL OR {_hidden('t')}", _marked("talent_id")),
            sealed="body",
        ),
    )
}
"""The feed's entities, in the order in which records refer to each other."""

FOR_ALL = tuple(name for name, entity in ENTITIES.items() if not entity.right)
"""Entities that require no right of their own."""

FIELDS_FOR_ALL = tuple(f"{name}.{field}" for name in FOR_ALL for field in ENTITIES[name].fields)
"""Their fields, such as ``jobs.title``."""

DEPENDENTS = (
    ("talents", "applications", "talent_id"),
    ("talents", "notes", "talent_id"),
    ("jobs", "applications", "job_id"),
    ("jobs", "postings", "job_id"),
    ("jobs", "stages", "job_id"),
)
"""Records whose level depends on another record: (its entity, the dependent entity, the column)."""
