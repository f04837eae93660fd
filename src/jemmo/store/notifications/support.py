"""The conversation with support, as the help bubble shows it."""

from __future__ import annotations

from typing import Any

from jemmo.store.models import Organisation, SupportMessage, SupportThread

UNREAD_ANSWERS = """
    SELECT CASE WHEN t.closed_at IS NULL OR n.answers > 0 THEN n.answers END
    FROM support_thread t, LATERAL (SELECT count(*) AS answers FROM support_message m
        WHERE m.thread_id = t.id AND m.by_support AND m.at > t.read_at) n
    WHERE t.org_id = %s AND t.account_id = %s ORDER BY t.last_at DESC LIMIT 1"""
"""The number of answers in the latest conversation that a person has not seen yet.

Null if it is closed and nothing is unread, as then no answer is expected; no row without a conversation.
"""


def latest_thread(org: Organisation, account_id: Any) -> SupportThread | None:
    """Return the open conversation, or the one that was closed last, as its last answer may be unread."""
    threads = SupportThread.objects.filter(org=org, account_id=account_id)
    return threads.order_by("-last_at").first()


def conversation(thread: SupportThread) -> list[SupportMessage]:
    return list(thread.messages.select_related("author", "picture").defer("picture__sealed"))
