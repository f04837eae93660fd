"""Deletes old changes, and feeds that are no longer read."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from jemmo.store.db.query import execute, fetch_column
from jemmo.store.feed import numbering

BATCH = 1000  # rows per statement
BATCHES = 200  # per organization and turn

_USED = """
    UPDATE feed_position SET used_at = now() WHERE org_id = %(org)s AND used_at < now() - interval '1 hour'"""
_READ = "SELECT org_id FROM feed_position WHERE used_at >= %(before)s"
_UNREAD = "SELECT org_id FROM feed_position WHERE used_at < %(before)s"
_UNUSED = """
    SELECT DISTINCT org_id FROM feed_mark m
    WHERE NOT EXISTS (SELECT FROM feed_position p WHERE p.org_id = m.org_id)"""

_FORGET = """
    WITH lowest AS MATERIALIZED (
        SELECT seq, at FROM feed_change WHERE org_id = %(org)s ORDER BY seq LIMIT %(batch)s),
    old AS (SELECT max(seq) AS seq FROM lowest WHERE seq < coalesce(
        (SELECT min(seq) FROM lowest WHERE at >= %(before)s), 9223372036854775807)),
    gone AS (DELETE FROM feed_change c USING old WHERE c.org_id = %(org)s AND c.seq <= old.seq RETURNING 1),
    noted AS (UPDATE feed_position p SET oldest = old.seq FROM old WHERE p.org_id = %(org)s AND old.seq > p.oldest)
    SELECT count(*) FROM gone"""
"""Deletes from the lowest number up to the first change that is kept."""

_DROP_MARKS = """
    DELETE FROM feed_mark WHERE id = ANY(ARRAY(
        SELECT id FROM feed_mark WHERE org_id = %(org)s ORDER BY id LIMIT %(batch)s))
    AND NOT EXISTS (SELECT FROM feed_position WHERE org_id = %(org)s)"""


def note_use(org_id: UUID) -> None:
    """Record that a feed was read, which keeps it."""
    execute(_USED, {"org": org_id})


def forget(before: datetime) -> Counter[str]:
    """Delete numbered changes older than ``before``, and whole feeds that were not read since."""
    counts: Counter[str] = Counter()
    for org_id in fetch_column(_UNREAD, {"before": before}):
        counts["feeds"] += numbering.end(org_id, before)
    for org_id in fetch_column(_READ, {"before": before}):
        numbering.number(org_id)
        counts["changes"] += _repeat(_FORGET, org_id, before)
    for org_id in fetch_column(_UNUSED, {"before": before}):
        counts["marks"] += _repeat(_DROP_MARKS, org_id, before)
    return counts


def _repeat(statement: str, org_id: UUID, before: datetime) -> int:
    """Repeat until a batch deletes nothing, or the turn is over. Locks, because a feed may be starting right now."""
    total = 0
    params: dict[str, Any] = {"org": org_id, "before": before, "batch": BATCH}
    for _ in range(BATCHES):
        with transaction.atomic(), connection.cursor() as cursor:
            numbering.lock(cursor, org_id)
            cursor.execute(statement, params)
            rows = cursor.fetchone()[0] if statement is _FORGET else cursor.rowcount
        total += rows
        if rows < BATCH:
            break
    return total
