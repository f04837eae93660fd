"""Reads a feed for programs: changes, and digests of the tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from jemmo.store.db.query import fetch_rows, fetch_value
from jemmo.store.feed.entities import ENTITIES, FOR_ALL, Level
from jemmo.store.models import Organisation
from jemmo.store.records.export import KINDS

TIME = """replace(to_char(modified_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')"""
"""The time format of the API."""

NEVER = 2**62  # larger than any number

_CHANGES = """
    SELECT p.oldest, p.seq, c.seq, c.entity, c.record, c.before, c.after, c.fields, c.at, c.modified_at
    FROM feed_position p LEFT JOIN LATERAL (
        SELECT * FROM feed_change WHERE org_id = p.org_id AND seq > %(after)s
            AND entity = ANY(%(entities)s) AND (%(connection)s::uuid IS NULL OR connection_id = %(connection)s)
            AND (before >= %(level)s OR after >= %(level)s)
            AND (before < %(level)s OR after < %(level)s OR was <> modified_at) ORDER BY seq LIMIT %(limit)s) c ON true
    WHERE p.org_id = %(org)s ORDER BY c.seq"""
"""One statement, so that the changes include everything numbered up to ``seq``. A record that only became confidential
is unchanged for readers who may see it."""

_READER = "SELECT since FROM feed_reader WHERE token_id = %(token)s AND rights = %(rights)s"
_NEW_READER = """
    INSERT INTO feed_reader AS r (token_id, org_id, rights, since)
    SELECT %(token)s, %(org)s, %(rights)s, coalesce(
        (SELECT min(since) FROM feed_reader WHERE org_id = %(org)s AND rights = %(rights)s), seq)
    FROM feed_position WHERE org_id = %(org)s
    ON CONFLICT (token_id) DO UPDATE SET rights = excluded.rights,
        since = CASE WHEN r.rights = excluded.rights THEN r.since
            ELSE (SELECT seq FROM feed_position WHERE org_id = %(org)s) END RETURNING since"""
"""Of a token's first requests, sent at the same time, only one creates the row."""


class Visibility(Struct, frozen=True, kw_only=True):
    """What a reader may see: records of these entities with at least this level, of one connection or of all."""

    level: Level = Level.OPEN
    entities: tuple[str, ...] = FOR_ALL
    connection: UUID | None = None


class Change(Struct, frozen=True, kw_only=True):
    """A change as one reader sees it. ``modified_at`` is the record's version; deleted records have none."""

    seq: int
    entity: str
    id: UUID
    op: str
    fields: list[str]
    at: datetime
    modified_at: datetime | None


class Changes(Struct, frozen=True, kw_only=True):
    """Some changes, and the feed's limits when they were read: numbers after ``oldest``, up to ``seq``."""

    oldest: int
    seq: int
    changes: list[Change]


class Total(Struct, frozen=True, kw_only=True):
    """The number of records, and the sum of the hashes of their versions."""

    count: int = 0
    digest: int = 0


class Part(Struct, frozen=True, kw_only=True):
    """A range of ids, from the first to just before the next part."""

    first: UUID
    total: Total


class Range(Struct, frozen=True, kw_only=True):
    """Ids from ``first`` up to but not including ``end``; ``None`` means no limit."""

    first: UUID | None = None
    end: UUID | None = None


EVERY_ID = Range()


class Digest(Struct, frozen=True, kw_only=True):
    """A digest of the tables. If ``is_current`` is false, unnumbered changes put the tables ahead of ``seq``."""

    seq: int
    is_current: bool
    totals: dict[str, Total]
    parts: list[Part]


def visibility_of(rights: Collection[str], connection: UUID | None = None) -> Visibility:
    """What a reader with these rights sees."""
    return Visibility(
        level=Level.CONFIDENTIAL if "confidential" in rights else Level.OPEN,
        entities=tuple(
            name for name, entity in ENTITIES.items() if not entity.right or entity.right in rights
        ),
        connection=connection,
    )


def changes(org_id: UUID, after: int, limit: int, visibility: Visibility) -> Changes | None:
    """The changes after a number; ``None`` if there is no feed."""
    params: dict[str, Any] = {
        "org": org_id,
        "after": after,
        "limit": limit,
        "level": visibility.level.value,
        "entities": list(visibility.entities),
        "connection": visibility.connection,
    }
    rows = fetch_rows(_CHANGES, params)
    if not rows:
        return None
    numbered = [_change(row[2:], visibility.level) for row in rows if row[2] is not None]
    return Changes(oldest=rows[0][0], seq=rows[0][1], changes=numbered)


def _change(row: Sequence[Any], level: Level) -> Change:
    seq, entity, record, before, after, fields, at, modified_at = row
    op = "deleted" if after < level else "created" if before < level else "updated"
    return Change(
        seq=seq,
        entity=entity,
        id=record,
        op=op,
        fields=fields if op == "updated" else [],
        at=at,
        modified_at=modified_at if op != "deleted" else None,
    )


def readable_since(org_id: UUID, token_id: UUID, rights: list[str]) -> int:
    """Return the number from which a token may continue, and save its rights. Earlier numbers become invalid.

    A new token may continue wherever an older one with the same rights may.
    """
    params: dict[str, Any] = {"org": org_id, "token": token_id, "rights": rights}
    for statement in (_READER, _NEW_READER):
        if (since := fetch_value(statement, params)) is not None:
            return int(since)
    raise LookupError(f"{org_id} has no feed")


def digest(
    org: Organisation,
    visibility: Visibility,
    *,
    at: int | None = None,
    ids: Range = EVERY_ID,
    parts: int = 1,
) -> Digest | None:
    """The digest of the current scope, now or at a number, from one snapshot; ``None`` if there is no feed."""
    names = list(visibility.entities)
    shown, params = zip(*(_shown(name, org) for name in names), strict=True)
    query = _DIGEST.format(shown=" UNION ALL ".join(shown), range=_range(ids))
    since = [org.id, NEVER if at is None else at, names]
    ends = [bound for bound in (ids.first, ids.end) if bound]
    values = [
        *since,
        *(value for part in params for value in part),
        visibility.level.value,
        parts,
        *ends,
    ]
    rows = fetch_rows(query, [*values, org.id, org.id])
    if not rows:
        return None
    totals = dict.fromkeys(names, Total())
    listed = [(row[2], Part(first=UUID(row[3]), total=_total(row[4:]))) for row in rows if row[2]]
    for name, part in listed:
        known = totals[name]
        totals[name] = Total(
            count=known.count + part.total.count,
            digest=(known.digest + part.total.digest) % 2**256,
        )
    return Digest(
        seq=rows[0][0] if at is None else at,
        is_current=not rows[0][1],
        totals=totals,
        parts=[part for _, part in listed],
    )


def _shown(name: str, org: Organisation) -> tuple[str, tuple[Any, ...]]:
    records = KINDS[name].shown(org).order_by().values("id", "modified_at")
    query, params = records.query.sql_with_params()
    return f"SELECT '{name}' AS entity, id, modified_at FROM ({query}) {name}", params


def _range(ids: Range) -> str:
    conditions = ["id >= %s"] if ids.first else []
    conditions += ["id < %s"] if ids.end else []
    return " AND ".join(conditions) or "true"


def _total(row: Sequence[Any]) -> Total:
    """Add up the four parts of each hash, which arrive as sums of signed numbers with the count of negative ones."""
    count, *sums = row
    digest = sum(
        (int(total) + (negative << 64)) << shift
        for total, negative, shift in zip(sums[:4], sums[4:], (192, 128, 64, 0), strict=True)
    )
    return Total(count=count, digest=digest % 2**256)


_LIMBS = ", ".join(
    f"('x' || substr(hash, {start}, 16))::bit(64)::bigint AS h{place}"
    for place, start in enumerate((1, 17, 33, 49))
)
_SUMS = ", ".join(
    [f"sum(h{place})" for place in range(4)]
    + [f"count(*) FILTER (WHERE h{place} < 0)" for place in range(4)]
)
_DIGEST = f"""
    WITH since AS MATERIALIZED (
        SELECT DISTINCT ON (record) entity, record AS id, before, was FROM feed_change
        WHERE org_id = %s AND seq > %s AND entity = ANY(%s) ORDER BY record, seq),
    shown AS ({{shown}}),
    known AS (
        SELECT * FROM shown s WHERE NOT EXISTS (SELECT FROM since WHERE since.id = s.id)
        UNION ALL SELECT entity, id, was FROM since WHERE before >= %s),
    ranked AS (
        SELECT entity, id, encode(sha256(convert_to(id::text || ':' || {TIME}, 'UTF8')), 'hex') AS hash,
            ntile(%s) OVER (PARTITION BY entity ORDER BY id) AS part FROM known WHERE {{range}}),
    parted AS (
        SELECT entity, min(id::text COLLATE "C") AS first, count(*) AS records, {_SUMS}
        FROM (SELECT entity, id, part, {_LIMBS} FROM ranked) limbs GROUP BY entity, part)
    SELECT p.seq, EXISTS (SELECT FROM feed_mark WHERE org_id = %s), parted.*
    FROM feed_position p LEFT JOIN parted ON true WHERE p.org_id = %s ORDER BY parted.entity, parted.first"""
"""A record that has changed since then counts as it was before its first change after that number."""
