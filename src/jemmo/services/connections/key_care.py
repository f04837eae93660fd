"""Sends API key reminders, one for each step of each key, to the people who manage the connection."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from jemmo.domain.key_care import Reminder, reminder
from jemmo.domain.notices import Kind, Notice, When, sends
from jemmo.domain.stored_values import enum_of
from jemmo.store.connections.connections import PARTED
from jemmo.store.db import events
from jemmo.store.models import (
    Connection,
    Delivery,
    MemberNotices,
    Membership,
    Notification,
    OrganisationNotices,
    Role,
)

NOTICE = Notice(kind=Kind.KEY)


def key_reminder_of(connection: Connection, now: datetime) -> Reminder | None:
    """Return the reminder about a connection's key that its card shows."""
    if not connection.sealed_key:
        return None
    return reminder(
        set_at=connection.key_set_at,
        expires_at=connection.key_expires_at,
        old_key_works=bool(connection.old_key_hint),
        now=now,
    )


def queue_key_reminders(now: datetime) -> int:
    """Store new reminders and queue their delivery. Return their number."""
    connections = Connection.objects.exclude(state__in=PARTED).exclude(sealed_key=b"")
    return sum(_remind(number, now) for number in connections.values_list("id", flat=True))


def _remind(number: Any, now: datetime) -> bool:
    with transaction.atomic():
        held = Connection.objects.select_for_update().filter(id=number).first()
        if held is None or (reminder := key_reminder_of(held, now)) is None:
            return False
        before = Notification.objects.filter(
            connection=held,
            kind=Kind.KEY,
            facts__step=reminder.step,
            created_at__gte=held.key_set_at,
        )
        if before.exists():
            return False
        facts = {"step": reminder.step, "about": str(reminder.about), "days": reminder.days}
        # Of the key that the reminder is about, since a later key has its own.
        if held.key_expires_at:
            facts["expires_at"] = held.key_expires_at.isoformat()
        notification = Notification.objects.create(
            org_id=held.org_id,
            connection=held,
            kind=Kind.KEY,
            facts=facts,
            created_at=now,
            last_at=now,
        )
        _queue(notification)
        events.publish_to_organization(held.org_id, "notification", notification=notification.pk)
    return True


def _queue(notification: Notification) -> None:
    """Queue a reminder for managers, since only they can act, and for the chat, by their preferences for failures."""
    org = notification.org_id
    chosen = dict(
        MemberNotices.objects.filter(membership__org=org).values_list("membership_id", "email_when")
    )
    managers = Membership.objects.filter(org=org, account__is_active=True).filter(
        Q(role=Role.OWNER) | Q(role=Role.ADMIN)
    )
    receivers: list[tuple[str, Membership | None, str]] = [
        ("email", manager, chosen.get(manager.pk, When.TROUBLE)) for manager in managers
    ]
    chat = OrganisationNotices.objects.filter(org=org, sealed_chat_url__isnull=False).first()
    if chat is not None:
        receivers.append(("chat", None, chat.chat_when))
    Delivery.objects.bulk_create(
        Delivery(notification=notification, channel=channel, membership=to)
        for channel, to, when in receivers
        if sends(NOTICE, when=enum_of(when, When, When.TROUBLE), failure=None, times=1)
    )
