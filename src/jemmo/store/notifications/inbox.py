"""Notifications as a member sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef

from jemmo.domain.notices import FOR_MANAGERS, When
from jemmo.store.db import plans
from jemmo.store.db.query import fetch_row
from jemmo.store.models import (
    Delivery,
    MemberNotices,
    Membership,
    Notification,
    NotificationRead,
    OrganisationNotices,
    Role,
)
from jemmo.store.notifications.support import UNREAD_ANSWERS

SHOWN = 100
MAX_COUNTED = 100

_UNREAD = """
    SELECT count(*) FROM (
        SELECT FROM notification n WHERE n.org_id = %s AND n.last_at >= %s AND n.kind <> ALL(%s)
        AND NOT EXISTS (
            SELECT FROM notification_read r WHERE r.notification_id = n.id AND r.membership_id = %s)
        LIMIT %s) AS counted"""
_UNREAD_OF_BOTH = f"SELECT ({_UNREAD}), ({UNREAD_ANSWERS})"
"""Raw SQL, because every page needs it and building the statement takes longer than running it."""


@dataclass(frozen=True, kw_only=True)
class Unread:
    """The numbers of unread notifications, counted up to a hundred, and of unread answers from support.

    ``answers`` is ``None`` if the member's latest conversation is closed and read, or if there is none.
    """

    notices: int
    answers: int | None


def _of(membership: Membership) -> Any:
    """Notifications since the member joined the organization."""
    read = NotificationRead.objects.filter(notification=OuterRef("pk"), membership=membership)
    notices = Notification.objects.filter(
        org_id=membership.org_id, last_at__gte=membership.created_at
    ).exclude(kind__in=_not_for(membership))
    return notices.annotate(is_read=Exists(read)).select_related("connection")


def _not_for(membership: Membership) -> list[str]:
    """The kinds of notifications that this member does not see."""
    return [] if Role(membership.role).manages else sorted(FOR_MANAGERS)


def latest(membership: Membership, limit: int = SHOWN) -> list[Any]:
    """The latest notifications, newest first, each with ``is_read``."""
    return list(_of(membership).order_by("-last_at", "-id")[:limit])


@plans.kept()
def unread(membership: Membership) -> Unread:
    """The numbers in the frame of every page."""
    org, since, own = membership.org_id, membership.created_at, membership.pk
    notices, answers = fetch_row(
        _UNREAD_OF_BOTH,
        [org, since, _not_for(membership), own, MAX_COUNTED, org, membership.account_id],
    )
    return Unread(notices=notices, answers=answers)


def find_notification(membership: Membership, number: int) -> Any:
    """One notification, or ``None``."""
    return _of(membership).filter(pk=number).first()


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The choices of a member and the organization, and recent failed deliveries."""

    email_when: str
    toasts: bool
    every_success: bool
    chat_host: str
    chat_when: str
    failed: list[Delivery]


def choices(membership: Membership) -> Choices:
    mine = MemberNotices.objects.filter(membership=membership).first()
    ours = OrganisationNotices.objects.filter(org_id=membership.org_id).first()
    manages = Role(membership.role).manages
    failed = Delivery.objects.filter(
        notification__org_id=membership.org_id, sent_at=None, attempts__gt=0
    ).select_related("notification", "membership__account")
    return Choices(
        email_when=mine.email_when if mine else (When.TROUBLE if manages else When.NEVER),
        toasts=mine.toasts if mine else True,
        every_success=ours.every_success if ours else False,
        chat_host=ours.chat_host if ours else "",
        chat_when=ours.chat_when if ours else When.TROUBLE,
        failed=list(failed.order_by("-id")[:20]) if manages else [],
    )
