"""What happens is told to whoever listens: Postgres NOTIFY, inside the transaction that it is about.

A listener hears of it when the transaction is committed, so what it then reads is there. The payload is a small JSON
object: ``org``, ``kind``, ``at`` and facts such as ids and counts, never a person's data. Nothing depends on an event
that is missed: whoever was away asks the tables (``changed_since``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection as django_connection

from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.store.models import SyncRun
from jemmo.store.postgres import Connection

CHANNEL = "jemmo_events"
LIMIT = 7900  # bytes; Postgres refuses 8000

_OF_CONNECTION = """
    SELECT pg_notify(%s, (jsonb_build_object('org', org_id, 'connection', id, 'at', clock_timestamp())
        || %s::jsonb)::text) FROM connection WHERE id = %s"""
_OF_ORG = """
    SELECT pg_notify(%s, (jsonb_build_object('org', %s::text, 'at', clock_timestamp()) || %s::jsonb)::text)"""


def _facts(kind: str, facts: Mapping[str, object]) -> str:
    text = msgspec.json.encode({"kind": kind, **facts}).decode()
    if len(text) > LIMIT:
        raise ValueError(f"the event {kind} is too large to tell: {len(text)} bytes")
    return text


async def tell(db: Connection, connection_id: UUID, kind: str, **facts: object) -> None:
    """Tell the organisation of a connection, as part of the transaction under way."""
    await db.execute(_OF_CONNECTION, [CHANNEL, _facts(kind, facts), connection_id])


def tell_organisation(org_id: UUID, kind: str, **facts: object) -> None:
    """The same on Django's connection."""
    with django_connection.cursor() as cursor:
        cursor.execute(_OF_ORG, [CHANNEL, str(org_id), _facts(kind, facts)])


async def keep_report(
    db: Connection, connection_id: UUID, report: RunReport, *, ended: bool = False
) -> None:
    """Store the report, and tell what changed since it was stored last; together or not at all."""
    async with db.transaction():
        answer = await db.execute(
            "SELECT report FROM sync_run WHERE id = %s FOR UPDATE", [report.run_id]
        )
        row = await answer.fetchone()
        await db.execute(
            "UPDATE sync_run SET report = %s::jsonb, "
            "status = CASE WHEN %s THEN %s ELSE status END, "
            "finished_at = CASE WHEN %s THEN now() ELSE finished_at END WHERE id = %s",
            [
                msgspec.json.encode(report).decode(),
                *(ended, str(report.status), ended),
                report.run_id,
            ],
        )
        news = _news(row[0] if row else {}, report)
        if news:
            await tell(db, connection_id, "records_changed", run=report.run_id, streams=news)
        kind = "sync_ended" if ended else "sync_progress"
        status = {"status": str(report.status)} if ended else {}
        await tell(db, connection_id, kind, run=report.run_id, read=_read(report), **status)


def _news(before: Mapping[str, Any], report: RunReport) -> dict[str, int]:
    """How many records of each stream changed since the report that was stored last."""
    old = before.get("streams", {})
    found = {}
    for stream, counts in report.streams.items():
        now = counts.created + counts.updated + counts.deleted
        new = now - changed(old.get(stream, {}))
        if new > 0:
            found[str(stream)] = new
    return found


def _read(report: RunReport) -> int:
    return sum(counts.fetched for counts in report.streams.values())


def changed(counts: Mapping[str, int]) -> int:
    """Records that a stream's line in a report says to look different now."""
    return sum(counts.get(name, 0) for name in ("created", "updated", "deleted"))


def changed_since(org_id: UUID, since: datetime) -> dict[str, int]:
    """Records by stream that runs under way or ended since then have changed; at most a run too many."""
    runs = SyncRun.objects.filter(connection__org_id=org_id).order_by("-started_at")
    found: dict[str, int] = {}
    for run in runs[:50]:
        over = run.finished_at is not None and run.finished_at < since
        if over or (run.finished_at is None and run.status != RunStatus.RUNNING):
            continue
        for stream, counts in run.report.get("streams", {}).items():
            if number := changed(counts):
                found[stream] = found.get(stream, 0) + number
    return found
