"""Stores the report of a run, and publishes what changed since it was last stored."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

import msgspec

from jemmo.domain import numbers
from jemmo.domain.outcomes import RunReport
from jemmo.domain.stored_values import report_of
from jemmo.store.db import events
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_row
from jemmo.store.models import SyncRun

_KEEP = """
    WITH before AS (SELECT id, report FROM sync_run WHERE id = %(run)s FOR UPDATE)
    UPDATE sync_run r SET report = %(report)s::jsonb,
        status = CASE WHEN %(ended)s THEN %(status)s ELSE r.status END,
        finished_at = CASE WHEN %(ended)s THEN now() ELSE r.finished_at END
    FROM before WHERE r.id = before.id RETURNING before.report"""


async def keep_report(
    db: Connection, connection_id: UUID, report: RunReport, *, ended: bool = False
) -> None:
    """Store the report and publish what changed, in the current transaction.

    During the run, publish the changes since the last report. At its end (``final``), publish all changes, since only
    then it is known which new records a rule hides.
    """
    row = await afetch_row(
        db,
        _KEEP,
        {
            "run": report.run_id,
            "report": msgspec.json.encode(report).decode(),
            "status": str(report.status),
            "ended": ended,
        },
    )
    before = {} if ended or row is None else report_of(row[0]).get("streams", {})
    if news := _news(before, report):
        facts = {"run": report.run_id, "streams": news, "final": ended}
        await events.publish_event(db, connection_id, "records_changed", **facts)
    kind = "sync_ended" if ended else "sync_progress"
    status = {"status": str(report.status)} if ended else {}
    read = numbers.numbers_of(report.lines).read
    await events.publish_event(db, connection_id, kind, run=report.run_id, read=read, **status)


def _news(before: numbers.Lines, report: RunReport) -> dict[str, int]:
    """The number of rows of each stream that changed since the last stored report."""
    old = numbers.changed_by_stream(before)
    current = numbers.changed_by_stream(report.lines)
    return {
        name: current[name] - old.get(name, 0)
        for name in current
        if current[name] > old.get(name, 0)
    }


def changed_since(org_id: UUID, since: datetime) -> dict[str, int]:
    """Count the rows, by stream, changed by runs that have ended since then."""
    runs = SyncRun.objects.filter(connection__org_id=org_id, finished_at__gte=since)
    changes: Counter[str] = Counter()
    for run in runs.order_by("-started_at")[:50]:
        changes.update(numbers.changed_by_stream(run.report.get("streams", {})))
    return dict(changes)
