"""The conversation with support, as the help bubble shows it."""

from __future__ import annotations

from typing import Any

from django.db import connection as database

from jemmo.store.models import Organisation, SupportMessage, SupportThread

_UNREAD_ANSWERS = """
    SELECT (SELECT count(*) FROM support_message m
        WHERE m.thread_id = t.id AND m.by_support AND m.at > t.read_at)
    FROM support_thread t WHERE t.org_id = %s AND t.account_id = %s AND t.closed_at IS NULL"""


def open_thread(org: Organisation, account_id: Any) -> SupportThread | None:
    return SupportThread.objects.filter(org=org, account_id=account_id, closed_at=None).first()


def unread_answers(org: Organisation, account_id: Any) -> int | None:
    """The number of answers a person has not seen yet; ``None`` without an open conversation."""
    with database.cursor() as cursor:
        cursor.execute(_UNREAD_ANSWERS, [org.pk, account_id])
        row = cursor.fetchone()
    return int(row[0]) if row else None


def conversation(thread: SupportThread) -> list[SupportMessage]:
    return list(thread.messages.select_related("author", "picture").defer("picture__sealed"))
