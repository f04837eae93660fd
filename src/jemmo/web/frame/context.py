"""The data for the frame of every page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from jemmo.domain.freshness import PAGES
from jemmo.services.notifications import mailing
from jemmo.store.models import Organisation, Role
from jemmo.store.notifications import inbox
from jemmo.store.sync import freshness, sync_status
from jemmo.store.sync.freshness import ConnectionSnapshot

THEMES = ("system", "light", "dark")


def chosen_theme(request: HttpRequest) -> str:
    theme = request.COOKIES.get("theme", "system")
    return theme if theme in THEMES else "system"


def frame(request: HttpRequest) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "theme": chosen_theme(request),
        "mail_leaves": mailing.is_set_up(),
        "support_email": settings.SUPPORT_EMAIL,
        "is_demo": settings.JEMMO_DEMO,
        "screenshot_mode": getattr(request, "screenshot_mode", False),
    }
    membership = getattr(request, "membership", None)
    if membership is not None:
        shown["organisation"] = membership.org
        shown["membership"] = membership
        shown["is_manager"] = Role(membership.role).manages
        shown["sees_confidential"] = membership.sees_confidential
        shown["sees_notes"] = membership.sees_notes
        shown["may_sync"] = Role(membership.role).syncs
        shown["memberships"] = request.memberships  # type: ignore[attr-defined]
        seen = cache(lambda: freshness.connection_snapshots(membership.org))
        shown["sync"] = SimpleLazyObject(
            lambda: freshness.overall(seen(), *PAGES, now=datetime.now(UTC))
        )
        # Loaded once, when it is shown. A lazy object could not stand for ``None``.
        unread = cache(lambda: inbox.unread(membership))
        shown["help_unread"] = lambda: unread().answers
        shown["icons"] = {page: _icon(membership.org, page, seen) for page in PAGES}
        shown["unread_notices"] = SimpleLazyObject(lambda: unread().notices)
    return shown


def _icon(org: Organisation, page: str, seen: Callable[[], list[ConnectionSnapshot]]) -> Any:
    return SimpleLazyObject(lambda: sync_status.icon(org, page, now=datetime.now(UTC), seen=seen()))
