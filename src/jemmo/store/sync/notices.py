"""Notifications about the end of a sync, written in the transaction that closes the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from jemmo.domain import brake, numbers
from jemmo.domain.errors import FailureMode
from jemmo.domain.freshness import PAGES
from jemmo.domain.notices import PAUSED, Kind, Notice, When, decide, sends
from jemmo.domain.outcomes import RunReport
from jemmo.domain.stored_values import enum_of
from jemmo.store.db import events
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_row, afetch_rows

_SITUATION = """
    SELECT c.org_id, r.trigger, coalesce(n.every_success, false), n.sealed_chat_url IS NOT NULL,
        coalesce(n.chat_when, 'never'),
        EXISTS (SELECT FROM notification o WHERE o.connection_id = c.id AND o.fold <> %s),
        EXISTS (SELECT FROM unnest(%s::text[]) AS page CROSS JOIN LATERAL (
                SELECT report FROM sync_run l WHERE l.connection_id = c.id AND l.status <> 'running'
                    AND l.scope IN ('', page) ORDER BY l.started_at DESC LIMIT 1) AS last
            WHERE last.report->'error'->>'code' <> %s),
        r.scope, ARRAY(SELECT stream FROM checkpoint WHERE connection_id = c.id)
    FROM connection c JOIN sync_run r ON r.id = %s
    LEFT JOIN organisation_notices n ON n.org_id = c.org_id WHERE c.id = %s"""

_CLOSE = "UPDATE notification SET fold = NULL WHERE connection_id = %s AND fold <> ALL(%s)"

_CLOSE_PAUSED = """
    UPDATE notification n SET fold = NULL WHERE connection_id = %s AND fold = %s AND (
        NOT EXISTS (SELECT FROM held_deletion h WHERE h.connection_id = n.connection_id
            AND h.closed_at IS NULL AND h.released_at IS NULL)
        OR EXISTS (SELECT FROM unnest(%s::text[]) AS stream
            WHERE NOT n.facts->'error'->'paused' @> jsonb_build_array(
                jsonb_build_object('stream', stream))))"""
"""The next pause is a new notification if nothing waits, or if this run paused another stream as well."""

_NOTE = """
    INSERT INTO notification AS n (org_id, connection_id, run_id, kind, fold, facts)
    VALUES (%(org)s, %(connection)s, %(run)s, %(kind)s, %(fold)s, %(facts)s::jsonb)
    ON CONFLICT (connection_id, fold) WHERE fold IS NOT NULL DO UPDATE SET times = n.times + 1,
        last_at = now(), run_id = excluded.run_id, facts = excluded.facts
    RETURNING id, times"""

_MEMBERS = """
    SELECT m.id, coalesce(w.email_when,
        CASE WHEN m.role IN ('owner', 'admin') THEN 'trouble' ELSE 'never' END)
    FROM membership m JOIN account a ON a.id = m.account_id AND a.is_active
    LEFT JOIN member_notices w ON w.membership_id = m.id WHERE m.org_id = %s"""

_DELIVER = """
    INSERT INTO notification_delivery (notification_id, channel, membership_id, times)
    VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"""


async def conclude(db: Connection, connection_id: UUID, report: RunReport) -> None:
    """Store and queue the notification about a run's end, if there is one, in the run's last transaction."""
    await db.execute(_CLOSE_PAUSED, [connection_id, PAUSED, _paused_streams(report)])
    # Paused deletions are not a failure, so their end is not a recovery.
    situation = [PAUSED, list(PAGES), brake.CODE, report.run_id, connection_id]
    row = await afetch_row(db, _SITUATION, situation)
    if row is None:
        return
    org_id, trigger, every, has_chat, chat_when, was_notified, fails, scope, known = row
    notice = decide(report, trigger=trigger, in_trouble=was_notified and not fails, every=every)
    if notice is None:
        return
    if notice.kind is Kind.FAILED or (notice.fold is None and not fails):
        await db.execute(_CLOSE, [connection_id, [PAUSED, notice.fold or PAUSED]])
    number, times = await _note(
        db, org_id, connection_id, notice, report.run_id, _facts(report, scope, known)
    )
    for channel, membership, when in await _wanted(db, org_id, chat_when if has_chat else None):
        if sends(notice, when=when, failure=report.failure, times=times):
            await db.execute(_DELIVER, [number, channel, membership, times])
    await events.publish_event(db, connection_id, "notification", notification=number)


def _paused_streams(report: RunReport) -> list[str]:
    return [str(paused["stream"]) for paused in (report.error or {}).get("paused", ())]


def _facts(report: RunReport, scope: str, known: Sequence[str]) -> dict[str, Any]:
    """The facts about a run in its notification.

    Counts only the streams that the run was supposed to read. Others are omitted, rather than 0.
    """
    changed = numbers.changed_by_stream(report.lines)
    facts: dict[str, Any] = {
        "counts": {
            str(name): changed.get(name, 0)
            for name in PAGES.get(scope, numbers.RECORDS)
            if name in known
        },
        "scope": scope,
        "mode": str(report.mode),
        "seconds": report.seconds,
    }
    if report.error:
        facts["error"] = report.error
    if report.failure:
        facts["failure"] = str(FailureMode(report.failure))
    return facts


async def _note(
    db: Connection,
    org_id: UUID,
    connection_id: UUID,
    notice: Notice,
    run_id: str,
    facts: dict[str, Any],
) -> tuple[int, int]:
    notification, times = await afetch_row(
        db,
        _NOTE,
        {
            "org": org_id,
            "connection": connection_id,
            "run": run_id,
            "kind": str(notice.kind),
            "fold": notice.fold,
            "facts": msgspec.json.encode(facts).decode(),
        },
    )
    return int(notification), int(times)


async def _wanted(
    db: Connection, org_id: UUID, chat_when: str | None
) -> list[tuple[str, int | None, When]]:
    """The receivers of a notification: channel, member (none for the chat), time."""
    rows = await afetch_rows(db, _MEMBERS, [org_id])
    recipients: list[tuple[str, int | None, When]] = [
        ("email", row[0], enum_of(row[1], When, When.TROUBLE)) for row in rows
    ]
    if chat_when is not None:
        recipients.append(("chat", None, enum_of(chat_when, When, When.TROUBLE)))
    return recipients
