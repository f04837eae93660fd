"""Resolves links whose target arrives later: each batch links the rows that wait for it."""

from __future__ import annotations

from functools import cache

from jemmo.domain.streams import Stream
from jemmo.store.sync.statements import staging_name
from jemmo.store.sync.tables import TABLES


@cache
def resolve(stream: Stream, place: int) -> str:
    """Link rows that waited for the batch just staged. Returns the ids of their targets."""
    source = TABLES[stream]
    link = source.links[place]
    target = TABLES[link.target]
    return f"""
        WITH arrived AS (
            SELECT p.id, p.remote_id, t.id AS target_id, p.target_remote_id
            FROM pending_link p JOIN {staging_name(target)} s ON s.remote_id = p.target_remote_id
            JOIN {target.name} t ON t.connection_id = p.connection_id
                AND t.remote_id = p.target_remote_id
            WHERE p.connection_id = %(connection)s AND p.stream = '{stream}'
                AND p.target = '{link.target}'),
        linked AS (
            UPDATE {source.name} r SET {link.column} = a.target_id, modified_at = now()
            FROM arrived a WHERE r.connection_id = %(connection)s AND r.remote_id = a.remote_id
                AND r.{link.via} = a.target_remote_id),
        cleared AS (DELETE FROM pending_link WHERE id IN (SELECT id FROM arrived))
        SELECT count(*), array_agg(DISTINCT target_id) FROM arrived"""


def links_to(target: Stream) -> list[tuple[Stream, int]]:
    """Return the relations that point to a stream, as (stream, index of the link)."""
    return [
        (table.stream, place)
        for table in TABLES.values()
        for place, link in enumerate(table.links)
        if link.target is target
    ]
