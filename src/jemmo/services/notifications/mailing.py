"""Whether this installation can send e-mail."""

from __future__ import annotations

from django.conf import settings

UNSENT = frozenset(
    f"django.core.mail.backends.{kind}.EmailBackend" for kind in ("console", "dummy")
)


def is_set_up() -> bool:
    """Whether a mail server is configured (``JEMMO_EMAIL_URL``)."""
    return settings.EMAIL_BACKEND not in UNSENT


def server() -> str:
    """The mail server's host; empty without one."""
    return settings.EMAIL_HOST if is_set_up() else ""
