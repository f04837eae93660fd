"""What the frame around every page shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from jemmo.store.selectors import connections

THEMES = ("system", "light", "dark")


def frame(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme", "system")
    shown: dict[str, Any] = {"theme": theme if theme in THEMES else "system", "themes": THEMES}
    membership = getattr(request, "membership", None)
    if membership is not None:
        shown["organisation"] = membership.org
        shown["membership"] = membership
        shown["sync"] = connections.health(membership.org, now=datetime.now(UTC))
    return shown
