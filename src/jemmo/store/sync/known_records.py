"""The stored ids, versions and links of one connection, for comparisons and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from jemmo.domain.entities import ENTITIES
from jemmo.domain.streams import Stream
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_column, afetch_rows, afetch_value
from jemmo.store.sync.brake import OWNERS
from jemmo.store.sync.tables import TABLES, Link, is_hidden, leads_nowhere

SHOWN = 20  # ids listed per difference


async def versions(
    db: Connection, connection_id: UUID, stream: Stream
) -> dict[str, datetime | None]:
    """Return every remote id that is not deleted, with the time of its last change in the ATS."""
    rows = await afetch_rows(
        db,
        f"SELECT remote_id, remote_updated_at FROM {TABLES[stream].name} "
        "WHERE connection_id = %s AND remote_deleted_at IS NULL",
        [connection_id],
    )
    return dict(rows)


async def refetched_since(
    db: Connection, connection_id: UUID, streams: Sequence[Stream], since: datetime
) -> bool:
    """Whether a refetch stored or deleted any record of these streams after ``since``."""
    return bool(
        await afetch_value(
            db,
            "SELECT EXISTS (SELECT FROM webhook_hint WHERE connection_id = %s "
            "AND stream = ANY(%s) AND applied_at > %s)",
            [connection_id, [str(stream) for stream in streams], since],
        )
    )


async def excluded(db: Connection, connection_id: UUID, stream: Stream) -> int:
    """Count the records that a rule hides."""
    count = await afetch_value(
        db,
        f"SELECT count(*) FROM {TABLES[stream].name} t WHERE connection_id = %s "
        f"AND remote_deleted_at IS NULL AND {is_hidden(stream)}",
        [connection_id],
    )
    return int(count)


async def rejected(db: Connection, connection_id: UUID, stream: Stream) -> set[str]:
    ids = await afetch_column(
        db,
        "SELECT remote_id FROM rejection "
        "WHERE connection_id = %s AND stream = %s AND remote_id IS NOT NULL",
        [connection_id, stream],
    )
    return set(ids)


class Share(Struct, frozen=True, kw_only=True):
    """Some records of a broken relation: how many, and the ids of some of them.

    ``is_paused``: the ATS no longer lists them, and their own deletion is paused.
    """

    count: int
    is_paused: bool = False
    ids: list[str] = []


class Broken(Struct, frozen=True, kw_only=True):
    """A broken relation: records of ``stream`` point to a ``role`` that does not exist."""

    stream: Stream
    role: str
    target: Stream
    shares: list[Share]

    @property
    def count(self) -> int:
        return sum(share.count for share in self.shares)

    @property
    def ids(self) -> list[str]:
        """Some of the records, if they were requested."""
        return sorted(remote_id for share in self.shares for remote_id in share.ids)[:SHOWN]

    @property
    def name(self) -> str:
        return f"{self.stream}.{self.role}"

    @property
    def leads_nowhere(self) -> str:
        """The sentence about these records, without its subject."""
        return f"point to a {self.role.replace('_', ' ')} that the ATS does not show."


async def broken_relations(db: Connection, connection_id: UUID) -> list[Broken]:
    """Return the relations whose target never arrived or was deleted.

    Those of applications have no database constraint, so they are checked one by one.
    """
    broken = []
    for table in TABLES.values():
        for link in table.links:
            rows = await afetch_rows(
                db,
                f"""SELECT is_paused, count(*), (array_agg(remote_id ORDER BY remote_id))[1:{SHOWN}]
                    FROM (SELECT remote_id, {_is_paused("r", table.stream)} AS is_paused
                        FROM {table.name} r WHERE connection_id = %(connection)s
                            AND remote_deleted_at IS NULL AND {leads_nowhere(link, "r")}) b
                    GROUP BY is_paused ORDER BY is_paused""",
                {"connection": connection_id},
            )
            if rows:
                shares = [Share(is_paused=row[0], count=row[1], ids=row[2]) for row in rows]
                broken.append(_broken(table.stream, link, shares))
    return broken


def _is_paused(row: str, stream: Stream) -> str:
    """The condition that a row's own deletion is paused, or that of the record that it is a part of."""
    members = [(f"{row}.remote_id", stream)]
    if stream in OWNERS:
        members.append((f"{row}.{ENTITIES[stream].owner_link.name}", OWNERS[stream]))
    held = " OR ".join(
        f"{column} IN (SELECT jsonb_array_elements_text(h.remote_ids) FROM held_deletion h "
        f"WHERE h.connection_id = %(connection)s AND h.stream = '{owner}' AND h.closed_at IS NULL)"
        for column, owner in members
    )
    return f"({held}) IS TRUE"


def waiting_relations(waiting: Mapping[tuple[str, str], int]) -> list[Broken]:
    """Return the waiting links, by stream and target, as broken relations: their target never arrived."""
    return [
        _broken(table.stream, link, [Share(count=waiting[table.stream, link.target])])
        for table in TABLES.values()
        for link in table.links
        if (table.stream, link.target) in waiting
    ]


def _broken(stream: Stream, link: Link, shares: list[Share]) -> Broken:
    role = link.column.removesuffix("_id")
    return Broken(stream=stream, role=role, target=link.target, shares=shares)
