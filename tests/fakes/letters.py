"""E-mails that pages have queued, sent as a worker does."""

from __future__ import annotations

from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection

from jemmo.services.notifications import outbox
from jemmo.vault import default_vault

_TAKE = """
    DELETE FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo'
    RETURNING id, args->>'sealed'"""


def sent() -> list[EmailMessage]:
    """Send what is queued, and return everything that Django's test backend has received."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [outbox.SEND])
        queued = sorted(cursor.fetchall())
    for _, sealed in queued:
        outbox.deliver(sealed, vault=default_vault())
    letters: list[EmailMessage] = getattr(mail, "outbox", [])
    return letters
