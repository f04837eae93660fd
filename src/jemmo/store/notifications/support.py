"""The conversation with support, as the help bubble shows it."""

from __future__ import annotations

from typing import Any

from jemmo.store.models import Organisation, SupportMessage, SupportThread

UNREAD_ANSWERS = """
    SELECT (SELECT count(*) FROM support_message m
        WHERE m.thread_id = t.id AND m.by_support AND m.at > t.read_at)
    FROM support_thread t WHERE t.org_id = %s AND t.account_id = %s AND t.closed_at IS NULL"""
"""The number of answers that a person has not seen yet; no row without an open conversation."""


def open_thread(org: Organisation, account_id: Any) -> SupportThread | None:
    return SupportThread.objects.filter(org=org, account_id=account_id, closed_at=None).first()


def conversation(thread: SupportThread) -> list[SupportMessage]:
    return list(thread.messages.select_related("author", "picture").defer("picture__sealed"))
