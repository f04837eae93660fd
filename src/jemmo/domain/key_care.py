"""Decides when to remind people of an API key that is old, about to expire, or replaced but still valid. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

KEY_REFUSALS = frozenset(("key_refused", "key_expired", "scope_too_small"))
"""The errors with which an ATS refuses a key, so that every sync fails until someone acts."""

REPLACE_AFTER = 90  # days
BEFORE_EXPIRY = (30, 7, 1)  # days
REVOKE_AFTER = timedelta(days=1)


class About(StrEnum):
    """What a reminder is about."""

    OLD = "old"
    EXPIRES = "expires"
    EXPIRED = "expired"
    REVOKE = "revoke"


class Reminder(Struct, frozen=True):
    """A reminder, sent once per ``step`` and key. ``days`` is the key's age, or the time left until it expires."""

    about: About
    step: str
    days: int


def reminder(
    *, set_at: datetime, expires_at: datetime | None, old_key_works: bool, now: datetime
) -> Reminder | None:
    """Return the most urgent reminder for a key now, or ``None``.

    Reminders about age repeat every 90 days. For an expiring key only the latest step counts, so that a worker that was
    down for days sends one reminder, not three.
    """
    if expires_at is not None:
        if expires_at <= now:
            return Reminder(About.EXPIRED, "expired", (expires_at - now).days)
        days = (expires_at - now).days
        near = [limit for limit in BEFORE_EXPIRY if expires_at - now <= timedelta(days=limit)]
        if near:
            return Reminder(About.EXPIRES, f"expires:{min(near)}", days)
    age = (now - set_at).days
    if old_key_works and now - set_at >= REVOKE_AFTER:
        return Reminder(About.REVOKE, "revoke", age)
    rounds = age // REPLACE_AFTER
    return Reminder(About.OLD, f"old:{rounds * REPLACE_AFTER}", age) if rounds else None
