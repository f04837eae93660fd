"""What the frame around every page shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from jemmo.store.selectors import connections, notifications, support, syncing

THEMES = ("system", "light", "dark")


def chosen_theme(request: HttpRequest) -> str:
    theme = request.COOKIES.get("theme", "system")
    return theme if theme in THEMES else "system"


def frame(request: HttpRequest) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "theme": chosen_theme(request),
        "screenshot_mode": getattr(request, "screenshot_mode", False),
    }
    membership = getattr(request, "membership", None)
    if membership is not None:
        shown["organisation"] = membership.org
        shown["membership"] = membership
        shown["memberships"] = request.memberships  # type: ignore[attr-defined]
        shown["sync"] = SimpleLazyObject(
            lambda: connections.health(membership.org, now=datetime.now(UTC))
        )
        shown["help_unread"] = _once(lambda: _unread(request))
        shown["icon"] = SimpleLazyObject(
            lambda: syncing.icon(membership.org, now=datetime.now(UTC))
        )
        shown["unread_notices"] = SimpleLazyObject(lambda: notifications.unread(membership))
    return shown


def _once(asked: Callable[[], Any]) -> Callable[[], Any]:
    """For templates: asked when it is shown, and once. A lazy object could not stand for ``None``."""
    return cache(asked)


def _unread(request: HttpRequest) -> int | None:
    """How many answers of support are new; ``None`` when nothing was asked."""
    thread = support.open_thread(request.organisation, request.user.pk)  # type: ignore[attr-defined]
    return support.unread(thread) if thread else None
