"""What is odd in an organisation's data as a whole: double people, titles written twice, links without an end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection as db

from jemmo.domain.streams import Stream
from jemmo.domain.titles import variants
from jemmo.store.models import Connection, Job, Organisation, Talent
from jemmo.store.selectors.connections import PARTED
from jemmo.store.selectors.visible import SHOWN
from jemmo.store.tables import TABLES

GROUPS = 50  # shown of each kind
TITLES = 20_000  # looked at

NAMESAKES = """
    SELECT array_agg(id ORDER BY remote_id) FROM talent
    WHERE org_id = %(org)s AND remote_deleted_at IS NULL AND excluded_reason IS NULL
        AND first_name IS NOT NULL AND last_name IS NOT NULL
    GROUP BY lower(unaccent(first_name)), lower(unaccent(last_name))
    HAVING count(*) > 1 ORDER BY count(*) DESC, min(remote_id) LIMIT %(most)s"""


@dataclass(frozen=True, kw_only=True)
class Held:
    """One stream of a connection: records stored, of them hidden by a rule, and kept out; relations without an end."""

    stream: str
    stored: int
    hidden: int
    kept_out: int
    loose: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Quality:
    namesakes: list[list[Talent]]
    titles: list[list[str]]
    connections: list[tuple[Connection, list[Held]]]


def of(org: Organisation) -> Quality:
    """Everything that can be said without asking the ATS."""
    titles = Job.objects.filter(SHOWN, org=org).order_by("id").values_list("title", flat=True)
    connections = org.connections.exclude(state__in=PARTED).order_by("created_at")
    return Quality(
        namesakes=_namesakes(org),
        titles=variants(titles[:TITLES])[:GROUPS],
        connections=[(one, held(one.id)) for one in connections],
    )


def held(connection_id: UUID) -> list[Held]:
    """What is stored of each stream that has anything."""
    found = []
    with db.cursor() as cursor:
        for stream, table in TABLES.items():
            hides = table.hides
            loose = ", ".join(
                f"count(*) FILTER (WHERE {link.column} IS NULL AND {link.via} IS NOT NULL)"
                for link in table.links
            )
            cursor.execute(
                f"SELECT count(*), {_HIDDEN if hides else '0'}, "
                "(SELECT count(*) FROM rejection WHERE connection_id = %s AND stream = %s)"
                f"{', ' if loose else ''}{loose} FROM {table.name} "
                "WHERE connection_id = %s AND remote_deleted_at IS NULL",
                [connection_id, stream, connection_id],
            )
            row: tuple[Any, ...] = cursor.fetchone()
            targets = [link.target for link in table.links]
            ends = {str(to): n for to, n in zip(targets, row[3:], strict=True) if n}
            if row[0] or row[2]:
                counts = {"stored": row[0], "hidden": row[1], "kept_out": row[2]}
                found.append(Held(stream=str(Stream(stream)), **counts, loose=ends))
    return found


_HIDDEN = "count(*) FILTER (WHERE excluded_reason IS NOT NULL)"


def _namesakes(org: Organisation) -> list[list[Talent]]:
    with db.cursor() as cursor:
        cursor.execute(NAMESAKES, {"org": org.id, "most": GROUPS})
        groups = [row[0] for row in cursor.fetchall()]
    talents = Talent.objects.in_bulk([one for group in groups for one in group])
    return [[talents[one] for one in group if one in talents] for group in groups]
