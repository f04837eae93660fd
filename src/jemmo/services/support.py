"""Writing to support, and answering."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from jemmo.domain.errors import ConfigError
from jemmo.domain.masking import Disguise, without_contacts
from jemmo.store.models import Account, Organisation, SupportMessage, SupportThread

LONGEST = 10_000  # characters of a message; of what is attached, the same


@transaction.atomic
def write(
    org: Organisation,
    account: Account,
    *,
    body: str,
    error: str,
    steps: str,
    language: str,
    now: datetime,
    disguise: Disguise,
) -> SupportMessage:
    """Send a message; what is attached is made generic first. Raises ``ConfigError`` for an empty one.

    Addresses and numbers in the message are not even kept: support does not get to see them.
    """
    if not body.strip():
        raise ConfigError("The message is empty.", code="empty", next_step="Say what is wrong.")
    thread, _ = SupportThread.objects.get_or_create(
        org=org,
        account=account,
        closed_at=None,
        defaults={"opened_at": now, "last_at": now, "read_at": now},
    )
    SupportThread.objects.filter(id=thread.id).update(last_at=now, waiting=True, language=language)
    return SupportMessage.objects.create(
        thread=thread,
        at=now,
        author=account,
        body=_kept(without_contacts(body) or ""),
        error=_kept(attachable(error, org, account, disguise)),
        steps=_kept(attachable(steps, org, account, disguise)),
    )


def attachable(text: str, org: Organisation, account: Account, disguise: Disguise) -> str:
    """A text without what tells who is meant; masking it again changes nothing."""
    org.notice(disguise)
    account.notice(disguise)
    for one in org.connections.all():
        one.notice(disguise)
    return disguise.text(text)


@transaction.atomic
def answer(thread: SupportThread, *, staff: Account, body: str, now: datetime) -> SupportMessage:
    """Answer as support. An answer to a closed conversation opens it again, unless the person began another."""
    newer = SupportThread.objects.filter(
        org_id=thread.org_id, account_id=thread.account_id, closed_at=None
    ).exclude(id=thread.id)
    into = newer.first() or thread
    SupportThread.objects.filter(id=into.id).update(last_at=now, waiting=False, closed_at=None)
    return SupportMessage.objects.create(
        thread=into, at=now, by_support=True, author=staff, body=_kept(body)
    )


def close(thread: SupportThread, *, now: datetime) -> None:
    SupportThread.objects.filter(id=thread.id, closed_at=None).update(closed_at=now, waiting=False)


def mark_read(thread: SupportThread, *, now: datetime) -> None:
    SupportThread.objects.filter(id=thread.id).update(read_at=now)


def _kept(text: str) -> str:
    return text.replace("\x00", "").strip()[:LONGEST]
