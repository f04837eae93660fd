"""Checks an organization's data: duplicate people and titles, broken links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection as db

from jemmo.domain.entities import ENTITIES
from jemmo.domain.history import limit_of
from jemmo.domain.streams import Stream
from jemmo.domain.titles import variants
from jemmo.store.connections.connections import PARTED
from jemmo.store.db.query import fetch_rows
from jemmo.store.db.visible import SHOWN, shown_sql
from jemmo.store.models import Connection, Job, Organisation, Talent
from jemmo.store.sync.brake import KEPT, OWNERS
from jemmo.store.sync.tables import TABLES, is_hidden, leads_nowhere

T = TypeVar("T")
GROUPS = 50  # groups shown per kind of issue
MEMBERS = 20  # shown per group; an ATS may give thousands of people the same name
TITLES = 20_000  # titles that are compared

NAMESAKES = f"""
    SELECT (array_agg(id ORDER BY remote_id))[1:{MEMBERS}], count(*) FROM talent
    WHERE org_id = %(org)s AND {shown_sql("talent")}
        AND first_name IS NOT NULL AND last_name IS NOT NULL
        AND connection_id IN (SELECT c.id FROM connection c WHERE c.state <> ALL(%(parted)s))
    GROUP BY connection_id, lower(unaccent(first_name)), lower(unaccent(last_name))
    HAVING count(*) > 1 ORDER BY count(*) DESC, min(remote_id) LIMIT %(most)s"""

ERASED = """
    SELECT count(*) FILTER (WHERE hash = person OR person IS NULL),
        count(*) FILTER (WHERE hash IS DISTINCT FROM person)
    FROM suppression WHERE connection_id = %s"""
"""Talents are counted themselves, applications through their talent. Older versions didn't record which of the two an
erasure was, so theirs count as either."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """One stream of a connection: records stored, excluded and rejected, and broken links.

    ``older`` counts stored records that have not changed since the connection's history begins. ``erased`` counts
    records that were erased here and stay out, whether or not the ATS still has them. ``kept`` counts records that a
    person kept although the ATS no longer listed them.
    """

    stream: str
    stored: int
    hidden: int
    kept_out: int
    erased: int
    older: int
    kept: int
    loose: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Group(Generic[T]):
    """Talents of the same name, or spellings of a title. ``more`` counts those beyond the ``shown`` ones."""

    shown: list[T]
    more: int


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Groups of talents of the same name, and of spellings of a title. ``more_…``: only ``GROUPS`` are listed."""

    namesakes: list[Group[Talent]]
    titles: list[Group[str]]
    more_namesakes: bool
    more_titles: bool


def quality_of(org: Organisation) -> Quality:
    """Issues that can be fixed in a connected ATS, among the records that the reader sees."""
    jobs = Job.objects.filter(SHOWN, org=org).exclude(connection__state__in=PARTED)
    titles = jobs.order_by("id").values_list("title", flat=True)
    namesakes, spellings = _namesakes(org), variants(titles[:TITLES])
    return Quality(
        namesakes=namesakes[:GROUPS],
        titles=[
            Group(shown=group[:MEMBERS], more=max(0, len(group) - MEMBERS))
            for group in spellings[:GROUPS]
        ],
        more_namesakes=len(namesakes) > GROUPS,
        more_titles=len(spellings) > GROUPS,
    )


def held_of(org: Organisation) -> list[tuple[Connection, list[Held]]]:
    """Count the stored records of each connection."""
    connections = org.connections.exclude(state__in=PARTED).order_by("created_at")
    return [
        (connection, held(connection.id, limit_of(connection.options)))
        for connection in connections
    ]


def held(connection_id: UUID, limit: datetime | None = None) -> list[Held]:
    """Count the stored records of each stream."""
    summaries = []
    with db.cursor() as cursor:
        cursor.execute(ERASED, [connection_id])
        erased = dict(zip((Stream.TALENTS, Stream.APPLICATIONS), cursor.fetchone(), strict=True))
        for stream, table in TABLES.items():
            loose = ", ".join(
                f"count(*) FILTER (WHERE {leads_nowhere(link, 't')})" for link in table.links
            )
            kept, decided = _kept(connection_id, stream)
            cursor.execute(
                f"SELECT count(*), count(*) FILTER (WHERE {is_hidden(stream)}), "
                "(SELECT count(*) FROM rejection WHERE connection_id = %s AND stream = %s), "
                "count(*) FILTER (WHERE t.remote_updated_at < %s), "
                f"count(*) FILTER (WHERE {kept})"
                f"{', ' if loose else ''}{loose} FROM {table.name} t "
                "WHERE connection_id = %s AND remote_deleted_at IS NULL",
                [connection_id, stream, limit, *decided, connection_id],
            )
            row: tuple[Any, ...] = cursor.fetchone()
            targets = [link.target for link in table.links]
            ends = {str(to): n for to, n in zip(targets, row[5:], strict=True) if n}
            counts = {
                "stored": row[0],
                "hidden": row[1],
                "kept_out": row[2],
                "older": row[3],
                "kept": row[4],
                "erased": erased.get(stream, 0),
            }
            summaries.append(Held(stream=str(Stream(stream)), **counts, loose=ends))
    return summaries


def _kept(connection_id: UUID, stream: Stream) -> tuple[str, list[Any]]:
    """The SQL condition for records that a person kept, and for their parts, with its parameters."""
    condition, values = f"t.remote_id IN ({KEPT})", [connection_id, stream]
    if owner := OWNERS.get(stream):
        condition += f" OR t.{ENTITIES[stream].owner_link.name} IN ({KEPT})"
        values += [connection_id, owner]
    return condition, values


def _namesakes(org: Organisation) -> list[Group[Talent]]:
    """Talents of the same name within one connection: an ATS merges only its own. One group more than is listed."""
    groups = fetch_rows(NAMESAKES, {"org": org.id, "most": GROUPS + 1, "parted": list(PARTED)})
    talents = Talent.objects.select_related("connection").in_bulk(
        [talent_id for ids, _ in groups for talent_id in ids]
    )
    return [
        Group(
            shown=[talents[talent_id] for talent_id in ids if talent_id in talents],
            more=count - len(ids),
        )
        for ids, count in groups
    ]
