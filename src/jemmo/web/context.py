"""What the frame around every page shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from jemmo.store.selectors import connections, notifications, syncing

THEMES = ("system", "light", "dark")


def chosen_theme(request: HttpRequest) -> str:
    theme = request.COOKIES.get("theme", "system")
    return theme if theme in THEMES else "system"


def frame(request: HttpRequest) -> dict[str, Any]:
    shown: dict[str, Any] = {"theme": chosen_theme(request)}
    membership = getattr(request, "membership", None)
    if membership is not None:
        shown["organisation"] = membership.org
        shown["membership"] = membership
        shown["memberships"] = request.memberships  # type: ignore[attr-defined]
        shown["sync"] = SimpleLazyObject(
            lambda: connections.health(membership.org, now=datetime.now(UTC))
        )
        shown["icon"] = SimpleLazyObject(
            lambda: syncing.icon(membership.org, now=datetime.now(UTC))
        )
        shown["unread_notices"] = SimpleLazyObject(lambda: notifications.unread(membership))
    return shown
