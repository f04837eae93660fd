"""The log: errors and warnings of runs, and rejected records, newest first, in pages.

A page starts after the last entry of the previous page, so the thousandth page is as fast as the first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection as db

from jemmo.domain.error_catalog import ErrorKind, Severity, codes_of_kind
from jemmo.domain.masking import without_contacts
from jemmo.store.db.paging import query_text
from jemmo.store.models import Organisation

SIZE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PERIODS = {"day": 1, "week": 7, "month": 30, "quarter": 90}
_PLACE = re.compile(r"(\d{1,20}):([0-9a-z:-]{1,80})")

ENTRIES = """
    SELECT e.* FROM unnest(%(connections)s::uuid[]) AS c (id)
    CROSS JOIN LATERAL (
        SELECT 'rejection' AS severity, r.at, 'x' || r.id AS key, r.code, r.message,
            jsonb_build_object('field', r.field) AS facts, '' AS variant, r.times::bigint AS count,
            r.remote_id AS example, r.stream,
            r.field, r.run_id, r.connection_id
        FROM rejection r
        WHERE r.connection_id = c.id AND %(rejections)s AND r.at <= %(before)s
            AND r.at >= %(since)s AND (r.at, 'x' || r.id) < (%(before)s, %(key)s)
            AND (%(codes)s::text[] IS NULL OR r.code = ANY(%(codes)s))
            AND (%(like)s::text IS NULL OR r.message ILIKE %(like)s OR r.code ILIKE %(like)s
                OR r.remote_id ILIKE %(like)s OR r.field ILIKE %(like)s)
        ORDER BY r.at DESC, 'x' || r.id DESC LIMIT %(limit)s) e
    UNION ALL
    SELECT e.* FROM unnest(%(connections)s::uuid[]) AS c (id)
    CROSS JOIN LATERAL (
        SELECT x.severity, s.started_at AS at, 'r' || s.id || ':' || x.place AS key,
            x.said->>'code' AS code, x.said->>'message' AS message,
            x.said->'facts' AS facts, coalesce(x.said->>'variant', '') AS variant,
            coalesce((x.said->>'count')::bigint, 1) AS count, x.said->>'example' AS example,
            NULL::text AS stream, NULL::text AS field, s.id AS run_id, s.connection_id
        FROM sync_run s
        CROSS JOIN LATERAL (
            SELECT 'error' AS severity, 'e' AS place, s.report->'error' AS said
            WHERE jsonb_typeof(s.report->'error') = 'object'
            UNION ALL
            SELECT 'warning', lpad(w.place::text, 4, '0'), w.said
            FROM jsonb_array_elements(coalesce(s.report->'warnings', '[]'))
                WITH ORDINALITY AS w (said, place)) x
        WHERE s.connection_id = c.id AND x.severity = ANY(%(severities)s)
            AND s.started_at <= %(before)s AND coalesce(s.finished_at, s.started_at) >= %(since)s
            AND (s.started_at, 'r' || s.id || ':' || x.place) < (%(before)s, %(key)s)
            AND (%(codes)s::text[] IS NULL OR split_part(x.said->>'code', ':', 1) = ANY(%(codes)s))
            AND (%(like)s::text IS NULL OR x.said->>'message' ILIKE %(like)s
                OR x.said->>'code' ILIKE %(like)s OR x.said->>'example' ILIKE %(like)s)
        ORDER BY s.started_at DESC, 'r' || s.id || ':' || x.place DESC LIMIT %(limit)s) e
    ORDER BY at DESC, key DESC LIMIT %(limit)s"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the log. ``example`` is a record's id, ``count`` how often it occurred."""

    severity: Severity
    at: datetime
    key: str
    code: str
    message: str
    facts: dict[str, Any] | None
    variant: str
    count: int
    example: str | None
    stream: str | None
    field: str | None
    run_id: UUID | None
    connection_id: UUID

    @property
    def place(self) -> str:
        """The cursor of the page after this entry."""
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}:{self.key}"


@dataclass(frozen=True, kw_only=True)
class LogFilters:
    """The filters in the query string. Invalid ones are ignored."""

    connection: str = ""
    severity: str = ""
    kind: str = ""
    period: str = ""
    q: str = ""
    after: str = ""
    since: datetime | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> LogFilters:
        severity, kind = query_text(query, "severity"), query_text(query, "kind")
        period, after = query_text(query, "period"), query_text(query, "after")
        return cls(
            connection=query_text(query, "connection"),
            severity=severity if severity in set(Severity) else "",
            kind=kind if kind in set(ErrorKind) else "",
            period=period if period in PERIODS else "",
            q=query_text(query, "q").strip(),
            after=after if _PLACE.fullmatch(after) else "",
        )

    @property
    def filtered(self) -> bool:
        return bool(self.connection or self.severity or self.kind or self.period or self.q)


@dataclass(frozen=True, kw_only=True)
class LogPage:
    entries: list[Entry]
    more: str
    filters: LogFilters


def _entry(row: dict[str, Any]) -> Entry:
    facts = json.loads(row["facts"]) if row["facts"] else None
    return Entry(**{**row, "facts": facts, "severity": Severity(row["severity"])})


def is_place(text: str) -> bool:
    """Whether a page may start after this cursor."""
    return _PLACE.fullmatch(text) is not None


def log_page(org: Organisation, filters: LogFilters, *, now: datetime, size: int = SIZE) -> LogPage:
    """A page of the organization's log. ``more`` is the cursor of the next one, empty at the end."""
    ids = [str(connection_id) for connection_id in org.connections.values_list("id", flat=True)]
    if filters.connection:
        ids = [connection_id for connection_id in ids if connection_id == filters.connection]
    with db.cursor() as cursor:
        cursor.execute(ENTRIES, _values(ids, filters, now, size))
        assert cursor.description is not None
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    entries = [_entry(row) for row in rows]
    more = entries[size - 1].place if len(entries) > size else ""
    findable = [entry for entry in entries[:size] if _is_findable(entry, filters.q)]
    return LogPage(entries=findable, more=more, filters=filters)


def _is_findable(entry: Entry, q: str) -> bool:
    """Whether a search may find an entry. Contact details in an id are not shown, and a search must not reveal them."""
    shown = without_contacts(entry.example)
    if not q or shown == entry.example:
        return True
    texts = (entry.message, entry.code, entry.field, shown)
    return any(q.lower() in text.lower() for text in texts if text)


def every(org: Organisation, filters: LogFilters, *, now: datetime, most: int) -> Iterator[Entry]:
    """All matching entries, up to ``most``, fetched in pages."""
    count = 0
    while count < most:
        chunk = log_page(org, filters, now=now, size=500)
        yield from chunk.entries[: most - count]
        count += len(chunk.entries)
        if not chunk.more:
            return
        filters = replace(filters, after=chunk.more)


def _values(ids: list[str], filters: LogFilters, now: datetime, size: int) -> dict[str, Any]:
    before, key = _place(filters.after)
    severities = [filters.severity] if filters.severity else list(Severity)
    escaped = filters.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        "connections": ids,
        "rejections": Severity.REJECTION in severities,
        "severities": severities,
        "codes": codes_of_kind(ErrorKind(filters.kind)) if filters.kind else None,
        "like": f"%{escaped}%" if filters.q else None,
        "since": filters.since or _since(filters.period, now),
        "before": before,
        "key": key,
        "limit": size + 1,
    }


def _place(after: str) -> tuple[datetime, str]:
    """Where to start. ``~`` sorts after every key."""
    if match := _PLACE.fullmatch(after):
        microseconds = min(int(match[1]), 250_000_000_000_000_000)
        return EPOCH + timedelta(microseconds=microseconds), match[2]
    return datetime(9999, 1, 1, tzinfo=UTC), "~"


def _since(period: str, now: datetime) -> datetime:
    if period in PERIODS:
        return now - timedelta(days=PERIODS[period])
    return EPOCH
