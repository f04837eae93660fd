"""Notifications: reading them, choosing what is sent, and sending it."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime, timedelta
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.domain.notices import When
from jemmo.rest_client.outward import check_address, post_json
from jemmo.store.models import (
    Delivery,
    MemberNotices,
    Membership,
    Notification,
    NotificationRead,
    OrganisationNotices,
    Role,
)
from jemmo.vault import Vault

ATTEMPTS = 8
FIRST_PAUSE = timedelta(minutes=1)
AT_A_TIME = 100
log = logging.getLogger(__name__)


def chat_context(org_id: Any) -> bytes:
    """What an organisation's chat address is bound to."""
    return b"chat:" + str(org_id).encode()


def allowed_hosts() -> frozenset[str]:
    """Hosts that the operator lets messages go to wherever they are: ``JEMMO_CHAT_HOSTS``."""
    given = os.environ.get("JEMMO_CHAT_HOSTS", "")
    return frozenset(one.strip().lower() for one in given.split(",") if one.strip())


def mark_read(membership: Membership, number: int | None = None) -> None:
    """Mark one as read, or all; what is not the organisation's own is not touched."""
    found = Notification.objects.filter(org_id=membership.org_id)
    if number is not None:
        found = found.filter(pk=number)
    NotificationRead.objects.bulk_create(
        [NotificationRead(notification=one, membership=membership) for one in found],
        ignore_conflicts=True,
    )


def choose_for_member(membership: Membership, *, email_when: str, toasts: bool) -> None:
    MemberNotices.objects.update_or_create(
        membership=membership, defaults={"email_when": When(email_when), "toasts": toasts}
    )


def choose_for_organisation(
    membership: Membership,
    *,
    every_success: bool,
    chat_when: str,
    chat_url: str = "",
    forget_chat: bool = False,
    vault: Vault,
) -> None:
    """An owner's or admin's choice. An empty ``chat_url`` keeps the present one. Raises ``ConfigError``."""
    if not Role(membership.role).manages:
        raise ConfigError("Only owners and admins choose for the organisation.", code="role")
    values: dict[str, Any] = {"every_success": every_success, "chat_when": When(chat_when)}
    if forget_chat:
        values |= {"sealed_chat_url": None, "chat_host": ""}
    elif chat_url:
        values["chat_host"] = check_address(chat_url, allowed_hosts())
        values["sealed_chat_url"] = vault.seal(chat_url.encode(), chat_context(membership.org_id))
    OrganisationNotices.objects.update_or_create(org_id=membership.org_id, defaults=values)


def send_due(*, vault: Vault, now: datetime | None = None) -> int:
    """Send what is due; how many arrived. What fails is tried again later, and kept with its reason in any case."""
    sent = 0
    for _ in range(AT_A_TIME):
        delivery = _claim(now or datetime.now(UTC))
        if delivery is None:
            break
        sent += _attempt(delivery, vault)
    return sent


def _claim(now: datetime) -> Delivery | None:
    """Take one delivery; its next attempt is set first, so a process that is killed only delays it."""
    with transaction.atomic():
        found = (
            Delivery.objects.select_for_update(skip_locked=True)
            .filter(next_try_at__lte=now)
            .order_by("next_try_at", "id")
            .first()
        )
        if found is not None:
            found.attempts += 1
            last = found.attempts >= ATTEMPTS
            found.next_try_at = None if last else now + FIRST_PAUSE * 2 ** (found.attempts - 1)
            found.save(update_fields=["attempts", "next_try_at"])
    return found


def _attempt(delivery: Delivery, vault: Vault) -> bool:
    try:
        (_mail if delivery.channel == "email" else _chat)(delivery, vault)
    except JemmoError as error:
        _failed(delivery, error.message, for_good=isinstance(error, ConfigError))
    except OSError as error:  # of the mail server: its answer may repeat an address
        _failed(delivery, f"The mail server did not take it ({type(error).__name__}).")
    else:
        Delivery.objects.filter(pk=delivery.pk).update(
            sent_at=datetime.now(UTC), next_try_at=None, error=""
        )
        return True
    return False


def _failed(delivery: Delivery, reason: str, *, for_good: bool = False) -> None:
    values: dict[str, Any] = {"error": reason[:500]}
    if for_good:
        values["next_try_at"] = None
    Delivery.objects.filter(pk=delivery.pk).update(**values)
    log.warning("notification not sent", extra={"channel": delivery.channel})


def _mail(delivery: Delivery, _vault: Vault) -> None:
    membership = delivery.membership
    if membership is None:
        raise ConfigError("The member left.", code="member_left")
    account = membership.account
    with translation.override(account.language or settings.LANGUAGE_CODE):
        text = render_to_string("notices/email.txt", _shown(delivery.notification)).strip()
    subject, _, body = text.partition("\n")
    EmailMessage(subject.strip(), body.strip() + "\n", to=[account.email]).send()


def _chat(delivery: Delivery, vault: Vault) -> None:
    org = delivery.notification.org
    chosen = OrganisationNotices.objects.filter(org=org).first()
    if chosen is None or chosen.sealed_chat_url is None:
        raise ConfigError("The chat was taken away.", code="chat_gone")
    url = vault.open(bytes(chosen.sealed_chat_url), chat_context(org.pk)).decode()
    with translation.override(settings.LANGUAGE_CODE):
        text = render_to_string("notices/chat.txt", _shown(delivery.notification)).strip()
    async_to_sync(post_json)(url, {"text": text}, allowed=allowed_hosts())


def _shown(notification: Notification) -> dict[str, Any]:
    return {"one": notification, "org": notification.org, "site": settings.SITE_URL}
