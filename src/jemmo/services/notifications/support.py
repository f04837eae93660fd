"""Sends messages to support, and support's answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from jemmo.domain.disguise import Disguise
from jemmo.domain.errors import ConfigError
from jemmo.domain.key_shapes import without_keys
from jemmo.domain.masking import without_contacts
from jemmo.files.pictures import Picture
from jemmo.services.base.api_keys import open_key
from jemmo.services.base.contexts import picture_context
from jemmo.store.models import Account, Organisation, SupportMessage, SupportPicture, SupportThread
from jemmo.vault import Vault, VaultError

MAX_PICTURES = 20  # per conversation
MAX_LENGTH = 10_000  # characters of a message, and of an attachment


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
    vault: Vault,
    picture: Picture | None = None,
) -> SupportMessage:
    """Send a message. Raises ``ConfigError`` if it is empty.

    Contact details and keys in the message are masked, and attachments are anonymized before anything is stored, so
    support never sees them. A ``picture`` is stored unchanged, but encrypted: it can be attached only in screenshot
    mode.
    """
    if not body.strip():
        raise ConfigError("empty")
    thread, _ = SupportThread.objects.get_or_create(
        org=org,
        account=account,
        closed_at=None,
        defaults={"opened_at": now, "last_at": now, "read_at": now},
    )
    SupportThread.objects.filter(id=thread.id).update(last_at=now, waiting=True, language=language)
    own = list(_own_keys(org, vault))
    message = SupportMessage.objects.create(
        thread=thread,
        at=now,
        author=account,
        body=_kept(without_contacts(without_keys(body, own)) or ""),
        error=_kept(attachable(without_keys(error, own), org, account, disguise)),
        steps=_kept(attachable(without_keys(steps, own), org, account, disguise)),
    )
    if picture is not None:
        SupportPicture.objects.create(
            message=message,
            content_type=picture.content_type,
            sealed=vault.seal(picture.content, picture_context(message.id)),
        )
    return message


def has_room(org: Organisation, account: Account) -> bool:
    """Whether another picture fits into the open conversation."""
    threads = SupportThread.objects.filter(org=org, account=account, closed_at=None)
    return SupportPicture.objects.filter(message__thread__in=threads).count() < MAX_PICTURES


def own_picture(
    org: Organisation, account: Account, number: int, *, vault: Vault
) -> Picture | None:
    """Return the picture of a message in this person's own conversation."""
    threads = SupportThread.objects.filter(org=org, account=account)
    return _opened(SupportPicture.objects.filter(message__thread__in=threads), number, vault)


def picture_for_staff(thread_id: UUID, number: int, *, vault: Vault) -> Picture | None:
    """Return the picture of a message in this conversation, for the person who answers it."""
    return _opened(SupportPicture.objects.filter(message__thread=thread_id), number, vault)


def _opened(rows: QuerySet[SupportPicture], number: int, vault: Vault) -> Picture | None:
    row = rows.filter(message=number).first()
    if row is None:
        return None
    content = vault.open(bytes(row.sealed), picture_context(row.message_id))
    return Picture(content=content, content_type=row.content_type)


def _own_keys(org: Organisation, vault: Vault) -> Iterator[str]:
    """Yield the API keys of the organization's connections, to mask a pasted key whatever its format."""
    for connection in org.connections.exclude(sealed_key=b""):
        with suppress(VaultError):  # people who lost their encryption keys need support most
            yield open_key(connection, vault)


def attachable(text: str, org: Organisation, account: Account, disguise: Disguise) -> str:
    """Mask what identifies people in a text. Masking a text twice changes nothing further."""
    org.notice(disguise)
    account.notice(disguise)
    for connection in org.connections.all():
        connection.notice(disguise)
    return disguise.text(text)


@transaction.atomic
def answer(thread: SupportThread, *, staff: Account, body: str, now: datetime) -> SupportMessage:
    """Answer as support. This reopens a closed conversation, unless the person started another."""
    newer = SupportThread.objects.filter(
        org_id=thread.org_id, account_id=thread.account_id, closed_at=None
    ).exclude(id=thread.id)
    into = newer.first() or thread
    SupportThread.objects.filter(id=into.id).update(last_at=now, waiting=False, closed_at=None)
    return SupportMessage.objects.create(
        thread=into, at=now, by_support=True, author=staff, body=_kept(without_keys(body))
    )


def close(thread: SupportThread, *, now: datetime) -> None:
    SupportThread.objects.filter(id=thread.id, closed_at=None).update(closed_at=now, waiting=False)


def mark_read(thread: SupportThread, *, now: datetime) -> None:
    SupportThread.objects.filter(id=thread.id).update(read_at=now)


def _kept(text: str) -> str:
    return text.replace("\x00", "").strip()[:MAX_LENGTH]
