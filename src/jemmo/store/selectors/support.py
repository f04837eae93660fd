"""What the help bubble shows: how the organisation is, and the conversation with support."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jemmo.domain.remedies import Facts, Finding, findings
from jemmo.store.models import Connection, Organisation, SupportMessage, SupportThread
from jemmo.store.selectors.connections import is_running


def health(org: Organisation, *, now: datetime) -> list[Finding]:
    """What needs attention in the organisation's syncs, with what is likely to help."""
    known = org.connections.select_related("lease").order_by("created_at")
    return findings([_facts(one, now) for one in known], now=now)


def _facts(one: Connection, now: datetime) -> Facts:
    last = one.runs.exclude(finished_at=None).order_by("-started_at").first()
    return Facts(
        id=str(one.id),
        name=one.label or one.provider.capitalize(),
        state=one.state,
        running=is_running(one, now),
        last_success_at=one.last_success_at,
        error=one.last_error,
        since=last.finished_at if last else None,
        held=one.held_deletions.filter(released_at=None).count(),
    )


def open_thread(org: Organisation, account_id: Any) -> SupportThread | None:
    return SupportThread.objects.filter(org=org, account_id=account_id, closed_at=None).first()


def conversation(thread: SupportThread) -> list[SupportMessage]:
    return list(thread.messages.select_related("author"))


def unread(thread: SupportThread) -> int:
    """How many answers were not looked at yet."""
    return thread.messages.filter(by_support=True, at__gt=thread.read_at).count()
