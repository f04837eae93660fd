"""Rows that belong to a synced record and are written with it: files, places, pay, moves."""

from __future__ import annotations

from operator import attrgetter

from jemmo.domain.streams import Stream
from jemmo.store.sync.tables import Column

FILE_COLUMNS = (
    Column("remote_id"),
    Column("kind"),
    Column("file_name"),
    Column("content_type"),
    Column("remote_version"),
    Column("remote_updated_at", "timestamptz"),
)
LOCATION_COLUMNS = (
    *(Column(name) for name in ("raw", "street", "postal_code", "city", "region", "country_code")),
    Column("lat", "float8"),
    Column("lon", "float8"),
    Column("is_primary", "bool"),
)
PAY_COLUMNS = (
    Column("kind"),
    Column("min", "float8"),
    Column("max", "float8"),
    Column("currency"),
    Column("period"),
    Column("is_public", "bool"),
    Column("original"),
)
MOVE_COLUMNS = (
    Column("from_stage_remote_id"),
    Column("to_stage_remote_id"),
    Column("at", "timestamptz"),
    Column("left_at", "timestamptz"),
    Column("origin"),
)


class Child:
    """Rows that belong to a staged row and are staged beside it.

    ``owner`` names the column that points to that row. They are keyed by its remote id; the id it was staged with is
    there too, but the row has that one only if it is new. ``ordered`` ones keep their position; others have an
    ``order`` of their own, and those that are ``present`` are the record's as it was read last.
    """

    def __init__(
        self,
        name: str,
        table: str,
        owner: str,
        columns: tuple[Column, ...],
        *,
        attribute: str,
        ordered: bool = False,
        order: str = "position",
        present: str = "true",
    ) -> None:
        self.name = name
        self.table = table
        self.owner = owner
        self.attribute = attribute
        self.order = order
        self.present = present
        self.columns = columns
        position = Column("position", "int2")
        self.kept = [position, *columns] if ordered else [*columns]
        self.staged = [Column("owner"), Column("owner_id", "uuid"), position, *columns]
        self.values = attrgetter(*(column.name for column in columns))


CHILDREN: dict[Stream, tuple[Child, ...]] = {
    Stream.JOBS: (
        Child(
            *("locations", "job_location", "job_id", LOCATION_COLUMNS),
            attribute="locations",
            ordered=True,
        ),
        Child(
            *("pay", "job_compensation", "job_id", PAY_COLUMNS),
            attribute="compensations",
            ordered=True,
        ),
    ),
    Stream.TALENTS: (
        Child(
            *("files", "attachment", "talent_id", FILE_COLUMNS),
            attribute="attachments",
            order="remote_id",
            present="remote_deleted_at IS NULL",
        ),
    ),
    Stream.APPLICATIONS: (
        Child(
            *("moves", "stage_event", "application_id", MOVE_COLUMNS),
            attribute="moves",
            order="at",
            present="origin = 'REPORTED'",
        ),
    ),
}
