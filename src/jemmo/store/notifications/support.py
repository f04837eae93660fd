"""What the help bubble shows: how the organisation is, and the conversation with support."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection as database

from jemmo.domain.diagnosis import ConnectionFacts, Finding, findings
from jemmo.store.connections.connections import is_running
from jemmo.store.models import Connection, Organisation, SupportMessage, SupportThread
from jemmo.store.sync import freshness

_UNREAD_ANSWERS = """
    SELECT (SELECT count(*) FROM support_message m
        WHERE m.thread_id = t.id AND m.by_support AND m.at > t.read_at)
    FROM support_thread t WHERE t.org_id = %s AND t.account_id = %s AND t.closed_at IS NULL"""


def health(org: Organisation, *, now: datetime) -> list[Finding]:
    """What needs attention in the organisation's syncs, with what is likely to help."""
    known = org.connections.select_related("lease").order_by("created_at")
    return findings([_facts(connection, now) for connection in known], now=now)


def _facts(connection: Connection, now: datetime) -> ConnectionFacts:
    last = connection.runs.exclude(finished_at=None).order_by("-started_at").first()
    state = freshness.of(freshness.ConnectionSnapshot(connection), now=now)
    return ConnectionFacts(
        id=str(connection.id),
        name=connection.label or connection.provider.capitalize(),
        state=connection.state,
        running=is_running(connection, now),
        last_success_at=state.synced_at,
        error=state.error,
        files_error=connection.files_error,
        since=last.finished_at if last else None,
        decision=state.decision,
    )


def open_thread(org: Organisation, account_id: Any) -> SupportThread | None:
    return SupportThread.objects.filter(org=org, account_id=account_id, closed_at=None).first()


def unread_answers(org: Organisation, account_id: Any) -> int | None:
    """How many answers a person has not looked at yet; ``None`` when they have no open conversation."""
    with database.cursor() as cursor:
        cursor.execute(_UNREAD_ANSWERS, [org.pk, account_id])
        row = cursor.fetchone()
    return int(row[0]) if row else None


def conversation(thread: SupportThread) -> list[SupportMessage]:
    return list(thread.messages.select_related("author", "picture").defer("picture__sealed"))
