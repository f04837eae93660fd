"""Marks notifications as read, saves what is sent to whom, and sends it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation

from jemmo.domain.errors import ConfigError, JemmoError, TransientError, Unexpected
from jemmo.domain.notices import When
from jemmo.domain.typed_values import zone_or_none
from jemmo.domain.validation import one_line
from jemmo.environment import hosts
from jemmo.rest_client.outward import check_address, post_json
from jemmo.services.base.contexts import chat_context
from jemmo.services.notifications import mailing
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
MAX_DUE = 1000  # due deliveries per turn
PER_MESSAGE = 50  # notifications per message
HOUR = timedelta(hours=1)
SINGLY, GATHERED = 3, timedelta(minutes=15)
RECEIVER = ("channel", "membership_id", "notification__org_id")
log = logging.getLogger(__name__)


def allowed_hosts() -> frozenset[str]:
    """Return the hosts that may receive messages even inside our own network (``JEMMO_CHAT_HOSTS``)."""
    return hosts("JEMMO_CHAT_HOSTS")


def mark_read(membership: Membership, number: int | None = None) -> None:
    """Mark one notification of this organization as read, or all of them."""
    notifications = Notification.objects.filter(org_id=membership.org_id)
    if number is not None:
        notifications = notifications.filter(pk=number)
    NotificationRead.objects.bulk_create(
        [
            NotificationRead(notification=notification, membership=membership)
            for notification in notifications
        ],
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
    """Save an owner's or admin's choice. An empty ``chat_url`` keeps the current one. Raises ``ConfigError``."""
    if not Role(membership.role).manages:
        raise ConfigError("not_allowed")
    values: dict[str, Any] = {"every_success": every_success, "chat_when": When(chat_when)}
    if forget_chat:
        values |= {"sealed_chat_url": None, "chat_host": ""}
    elif chat_url:
        values["chat_host"] = check_address(chat_url, allowed_hosts())
        values["sealed_chat_url"] = vault.seal(chat_url.encode(), chat_context(membership.org_id))
    OrganisationNotices.objects.update_or_create(org_id=membership.org_id, defaults=values)


def send_due(*, vault: Vault, now: datetime | None = None) -> int:
    """Send what is due and return the number delivered. For failed messages, store the reason and retry later.

    Notifications due to one receiver at the same time become one message. After ``SINGLY`` messages within an hour, a
    receiver gets the rest combined, one message every ``GATHERED``.
    """
    sent, moment = 0, now or datetime.now(UTC)
    for _attempted in range(AT_A_TIME):
        together = _claim(moment)
        if not together:
            break
        sent += _attempt(together, vault, moment)
    return sent


def _claim(now: datetime) -> list[Delivery]:
    """Claim what is due to one receiver. The next attempt is set first, so that a killed process only delays it."""
    due = Delivery.objects.filter(next_try_at__lte=now).order_by("next_try_at", "id")
    waiting = due.values_list(*RECEIVER)[:MAX_DUE]
    full = _full(now)
    receiver = next((candidate for candidate in waiting if candidate not in full), None)
    if receiver is None:
        return []
    with transaction.atomic():
        same = due.filter(**dict(zip(RECEIVER, receiver, strict=True)))
        deliveries = list(same.select_for_update(skip_locked=True, of=("self",))[:PER_MESSAGE])
        for delivery in deliveries:
            delivery.attempts += 1
            last = delivery.attempts >= ATTEMPTS
            delivery.next_try_at = (
                None if last else now + FIRST_PAUSE * 2 ** (delivery.attempts - 1)
            )
            delivery.save(update_fields=["attempts", "next_try_at"])
    return deliveries


def _full(now: datetime) -> set[tuple[Any, ...]]:
    """Return the receivers who recently got so many messages that the rest is combined."""
    recent = Delivery.objects.filter(sent_at__gt=now - HOUR).values_list(*RECEIVER)
    counted = recent.annotate(messages=Count("sent_at", distinct=True), last=Max("sent_at"))
    return {
        tuple(receiver)
        for *receiver, messages, last in counted
        if messages >= SINGLY and last > now - GATHERED
    }


def _attempt(together: list[Delivery], vault: Vault, now: datetime) -> int:
    try:
        (_mail if together[0].channel == "email" else _chat)(together, vault)
    except JemmoError as error:
        _failed(together, error)
    except OSError as error:  # the mail server's answer may repeat an address
        _failed(together, TransientError("mail_refused"), detail=type(error).__name__)
    except Exception as error:  # noqa: BLE001 - one message must not hold up those behind it
        _failed(together, Unexpected(), detail=type(error).__name__)
    else:
        return _of(together).update(sent_at=now, next_try_at=None, error="")
    return 0


def _failed(together: list[Delivery], error: JemmoError, *, detail: str = "") -> None:
    """Store why nothing was sent. The log names only the error's code: its text may name a receiver's host."""
    values: dict[str, Any] = {"error": error.message[:500]}
    if isinstance(error, ConfigError):  # retrying is pointless
        values["next_try_at"] = None
    _of(together).update(**values)
    code = f"{error.code}/{error.variant}" if error.variant else error.code
    reason = f"{code}:{detail}" if detail else code
    log.warning("notification not sent", extra={"channel": together[0].channel, "reason": reason})


def _of(together: list[Delivery]) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk__in=[delivery.pk for delivery in together])


def _mail(together: list[Delivery], _vault: Vault) -> None:
    if not mailing.is_set_up():
        raise ConfigError("email_not_set_up")
    membership = together[0].membership
    if membership is None:
        raise ConfigError("member_left")
    account = membership.account
    with translation.override(account.language or settings.LANGUAGE_CODE):
        text = _text("email", together)
    subject, _newline, body = text.partition("\n")
    EmailMessage(one_line(subject), body.strip() + "\n", to=[account.email]).send()


def _chat(together: list[Delivery], vault: Vault) -> None:
    org = together[0].notification.org
    chosen = OrganisationNotices.objects.filter(org=org).first()
    if chosen is None or chosen.sealed_chat_url is None:
        raise ConfigError("chat_gone")
    url = vault.open(bytes(chosen.sealed_chat_url), chat_context(org.pk)).decode()
    with translation.override(settings.LANGUAGE_CODE):
        text = _text("chat", together)
    async_to_sync(post_json)(url, {"text": text}, allowed=allowed_hosts())


def _text(channel: str, together: list[Delivery]) -> str:
    """Return what is sent about notifications of one organization, with days in its time zone, as on pages."""
    notifications = [delivery.notification for delivery in together]
    org = notifications[0].org
    shown = {
        "one": notifications[0],
        "all": notifications,
        "org": org,
        "site": settings.SITE_URL,
        "membership": together[0].membership,
    }
    name = channel if len(notifications) == 1 else f"{channel}_digest"
    with timezone.override(zone_or_none(org.time_zone)):
        return render_to_string(f"notices/{name}.txt", shown).strip()
