"""Notifications that don't come from a sync run. They are stored with their cause and sent like the others."""

from __future__ import annotations

from typing import Any

from jemmo.domain.notices import FOR_MANAGERS, Kind, When
from jemmo.store.db import events
from jemmo.store.models import (
    Connection,
    Delivery,
    MemberNotices,
    Membership,
    Notification,
    Organisation,
    OrganisationNotices,
    Role,
)


def notify(
    org: Organisation,
    kind: Kind,
    *,
    connection: Connection | None = None,
    fold: str | None = None,
    **facts: Any,
) -> Notification:
    """Store a notification for everyone who may see it and queue it for those who want failures.

    ``facts`` hold no personal data.

    With ``fold`` it stays open until a sync of the connection ends.
    """
    notification = Notification.objects.create(
        org=org, connection=connection, kind=kind, fold=fold, facts=facts
    )
    chosen = dict(
        MemberNotices.objects.filter(membership__org=org).values_list("membership", "email_when")
    )
    for membership in Membership.objects.filter(org=org, account__is_active=True):
        manages = Role(membership.role).manages
        if kind in FOR_MANAGERS and not manages:
            continue
        usual = When.TROUBLE if manages else When.NEVER
        if chosen.get(membership.pk, usual) != When.NEVER:
            Delivery.objects.create(
                notification=notification, channel="email", membership=membership
            )
    chat = OrganisationNotices.objects.filter(org=org, sealed_chat_url__isnull=False).first()
    if chat is not None and chat.chat_when != When.NEVER:
        Delivery.objects.create(notification=notification, channel="chat")
    events.publish_to_organization(org.pk, "notification", notification=notification.pk)
    return notification
