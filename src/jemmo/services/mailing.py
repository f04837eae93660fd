"""Whether e-mail can leave this installation."""

from __future__ import annotations

from django.conf import settings

CONSOLE = "django.core.mail.backends.console.EmailBackend"


def is_set_up() -> bool:
    """Whether there is a mail server (``JEMMO_EMAIL_URL``). Without one, e-mails are printed on the console."""
    return settings.EMAIL_BACKEND != CONSOLE


def server() -> str:
    """The mail server's host, empty without one."""
    return settings.EMAIL_HOST if is_set_up() else ""
