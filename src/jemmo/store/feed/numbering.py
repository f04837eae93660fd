"""Numbers committed changes.

Triggers mark the records that were written (``FeedMark``). Numbering takes the marks of committed transactions,
compares each record with its last state in the feed (``FeedRecord``), and numbers the differences. It holds the
organization's lock, and its statements take their snapshots under that lock, so numbers follow the order of commits
without gaps. Writers don't take the lock, so they never wait.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from jemmo.store.db.query import fetch_value
from jemmo.store.feed.entities import DEPENDENTS, ENTITIES

FORMAT = 2  # of the state stored by a feed; feeds of another format start over
MARKS = 200  # per pass; each statement of a sync writes up to a few thousand records

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('feed ' || %(org)s::text, 0))"
_POSITION = "SELECT seq, origin FROM feed_position WHERE org_id = %(org)s"
_PENDING = "SELECT EXISTS (SELECT FROM feed_mark WHERE org_id = %(org)s)"

_ORIGIN = """SELECT concat_ws('.', (SELECT oid FROM pg_database WHERE datname = current_database()), {control})"""
_CONTROL = (
    "(SELECT system_identifier FROM pg_control_system())",
    "(SELECT timeline_id FROM pg_control_checkpoint())",
)
_MAY_ASK = """SELECT has_function_privilege('pg_control_system()', 'EXECUTE')
    AND has_function_privilege('pg_control_checkpoint()', 'EXECUTE')"""

_EMPTY = (
    "DELETE FROM feed_change WHERE org_id = %(org)s",
    "DELETE FROM feed_reader WHERE org_id = %(org)s",
    "DELETE FROM feed_record WHERE org_id = %(org)s",
    "DELETE FROM feed_mark WHERE org_id = %(org)s",
)
_END = "DELETE FROM feed_position WHERE org_id = %(org)s AND used_at < %(before)s"
_BEGIN = """
    WITH fresh AS (SELECT greatest((SELECT seq FROM feed_position WHERE org_id = %(org)s) + 1,
        (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS seq)
    INSERT INTO feed_position AS p (org_id, base, oldest, seq, origin)
    SELECT %(org)s, seq, seq, seq, %(origin)s FROM fresh
    ON CONFLICT (org_id) DO UPDATE SET base = excluded.base, oldest = excluded.oldest, seq = excluded.seq,
        origin = excluded.origin, used_at = now()"""
"""The first number is the time in microseconds. It exceeds every number assigned before, unless an earlier
feed numbered more than a million changes a second."""


def number(org_id: UUID) -> bool:
    """Number committed changes, one transaction per pass. Return whether the organization has a feed."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not _is_current(cursor, org_id):
            return False
    while _pass(org_id):
        pass
    return True


def begin(org_id: UUID) -> None:
    """Start a feed unless there is one. It records the tables' current state; later changes get numbers."""
    with transaction.atomic(), connection.cursor() as cursor:
        lock(cursor, org_id)
        if _is_current(cursor, org_id):
            return
        # Marks first: the records they name are committed, so the next snapshot includes them.
        for statement in _EMPTY:
            cursor.execute(statement, {"org": org_id})
        for entity in ENTITIES.values():
            cursor.execute(_filling(entity.name), {"org": org_id})
        cursor.execute(_BEGIN, {"org": org_id, "origin": _origin(cursor)})


def end(org_id: UUID, before: datetime) -> bool:
    """End a feed that nobody has read since then. Its readers have to start over."""
    with transaction.atomic(), connection.cursor() as cursor:
        lock(cursor, org_id)
        cursor.execute(_END, {"org": org_id, "before": before})
        if not cursor.rowcount:
            return False
        for statement in _EMPTY:
            cursor.execute(statement, {"org": org_id})
        return True


def lock(cursor: Any, org_id: UUID) -> None:
    """Lock the organization's numbering until the transaction ends."""
    cursor.execute(_LOCK, {"org": org_id})


def _is_current(cursor: Any, org_id: UUID) -> bool:
    """Whether there is a feed with the current entities that belongs to this database.

    A copy restored from disk has another origin. A feed written by a version with other entities or another format
    lacks data.
    """
    cursor.execute(_POSITION, {"org": org_id})
    row = cursor.fetchone()
    return row is not None and row[1] == _origin(cursor)


def _origin(cursor: Any) -> str:
    cursor.execute(_ORIGIN.format(control=", ".join(_CONTROL) if _may_ask() else "''"))
    return f"{cursor.fetchone()[0]} {FORMAT} {','.join(ENTITIES)}"


@cache
def _may_ask() -> bool:
    return bool(fetch_value(_MAY_ASK))


def _pass(org_id: UUID) -> bool:
    """Number the changes of some marks. Return whether there may be more."""
    if not fetch_value(_PENDING, {"org": org_id}):
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PLANS)
        lock(cursor, org_id)
        cursor.execute(_numbering(), {"org": org_id, "marks": MARKS})
        return bool(cursor.fetchone()[0] == MARKS)


_PLANS = """SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)"""
"""Postgres has no statistics about the marked records, and would read full tables to find a few of them."""


@cache
def _filling(name: str) -> str:
    entity = ENTITIES[name]
    return f"""
        INSERT INTO feed_record (org_id, id, connection_id, entity, level, modified_at, parts)
        SELECT org_id, id, connection_id, '{name}', level, modified_at, parts FROM (
            SELECT r.org_id, r.id, r.connection_id, {entity.level} AS level, r.modified_at, {entity.hashes} AS parts
            FROM {entity.table} r {entity.joins} WHERE r.org_id = %(org)s) record WHERE level > 0"""


@cache
def _numbering() -> str:
    """Build one statement, and so one snapshot, that takes marks and returns their number.

    A record named by two marks is compared once. When a talent or job appears or disappears, so may its parts. They are
    looked up here, since the transaction that changed one may not have seen the other.
    """
    return f"""
        WITH taken AS (
            DELETE FROM feed_mark WHERE id = ANY(ARRAY(
                SELECT id FROM feed_mark WHERE org_id = %(org)s ORDER BY id LIMIT %(marks)s))
            RETURNING id AS mark, entity, ids, fields, at),
        marked AS MATERIALIZED (
            SELECT entity, record AS id, mark, fields, at FROM taken, unnest(ids) record),
        {", ".join(_moved(entity) for entity in dict.fromkeys(source for source, _, _ in DEPENDENTS))},
        named AS (SELECT * FROM marked {" ".join(map(_dependent, DEPENDENTS))}),
        touched AS MATERIALIZED (
            SELECT entity, id, min(mark) AS mark, max(at) AS at,
                array_agg(DISTINCT field) FILTER (WHERE field IS NOT NULL) AS fields
            FROM named LEFT JOIN LATERAL unnest(fields) field ON true GROUP BY entity, id),
        current AS ({" UNION ALL ".join(map(_current, ENTITIES))}),
        compared AS MATERIALIZED (
            SELECT c.*, coalesce(f.level, 0) AS before, f.modified_at AS was, f.parts AS old_parts,
                coalesce(c.origin, f.connection_id) AS connection_id
            FROM current c LEFT JOIN feed_record f ON f.org_id = %(org)s AND f.id = c.id),
        changed AS MATERIALIZED (
            SELECT *, row_number() OVER (ORDER BY mark, entity, id) AS place FROM compared
            WHERE level <> before OR (level > 0 AND modified_at <> was)),
        stored AS (
            INSERT INTO feed_record AS f (org_id, id, connection_id, entity, level, modified_at, parts)
            SELECT %(org)s, id, connection_id, entity, level, modified_at, parts FROM changed WHERE level > 0
            ON CONFLICT (org_id, id) DO UPDATE SET level = excluded.level,
                modified_at = excluded.modified_at, parts = excluded.parts),
        forgotten AS (
            DELETE FROM feed_record WHERE org_id = %(org)s
                AND id = ANY(ARRAY(SELECT id FROM changed WHERE level = 0))),
        numbered AS (
            INSERT INTO feed_change
                (org_id, seq, connection_id, entity, record, before, after, was, modified_at, fields, at)
            SELECT %(org)s, p.seq + place, connection_id, entity, id, before, level, was,
                CASE WHEN level > 0 THEN modified_at END,
                CASE WHEN before > 0 AND level > 0 THEN ARRAY(
                    SELECT DISTINCT field FROM unnest(coalesce(fields, '{{}}') || {_part_fields()}) field
                    ORDER BY field)
                    ELSE '{{}}' END, at
            FROM changed, feed_position p WHERE p.org_id = %(org)s),
        moved AS (
            UPDATE feed_position SET seq = seq + (SELECT count(*) FROM changed)
            WHERE org_id = %(org)s AND EXISTS (SELECT FROM changed))
        SELECT count(*) FROM taken"""


def _moved(name: str) -> str:
    """Select an entity's marked records whose level differs from the feed's."""
    entity = ENTITIES[name]
    return f"""moved_{name} AS MATERIALIZED (
        SELECT m.id, m.mark, m.at FROM marked m LEFT JOIN {entity.table} r ON r.id = m.id
        LEFT JOIN feed_record f ON f.org_id = %(org)s AND f.id = m.id
        WHERE m.entity = '{name}' AND {entity.level} <> coalesce(f.level, 0))"""


def _dependent(dependent: tuple[str, str, str]) -> str:
    source, name, column = dependent
    return f"""UNION ALL SELECT '{name}', r.id, m.mark, '{{}}', m.at
        FROM moved_{source} m JOIN {ENTITIES[name].table} r ON r.{column} = m.id"""


def _current(name: str) -> str:
    entity = ENTITIES[name]
    return f"""SELECT m.entity, m.id, m.mark, m.at, m.fields, {entity.level} AS level, r.modified_at,
        r.connection_id AS origin, CASE WHEN r.id IS NOT NULL THEN {entity.hashes} END AS parts
        FROM touched m LEFT JOIN {entity.table} r ON r.id = m.id AND r.org_id = %(org)s {entity.joins}
        WHERE m.entity = '{name}'"""


def _part_fields() -> str:
    """The fields whose parts changed."""
    cases = [
        f"WHEN entity = '{entity.name}' AND parts[{place}] <> old_parts[{place}] "
        f"THEN ARRAY[{', '.join(map(repr, fields))}]"
        for entity in ENTITIES.values()
        for place, (fields, _) in enumerate(entity.parts, start=1)
    ]
    return " || ".join(f"CASE {case} ELSE '{{}}' END" for case in cases)
