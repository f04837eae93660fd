"""When to remind of an API key: it grows old, it dies, or the one before it still works. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

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
    """``step`` names it: the same step of the same key is sent once. ``days`` old, or left."""

    about: About
    step: str
    days: int


def reminder(
    *, set_at: datetime, expires_at: datetime | None, old_key_works: bool, now: datetime
) -> Reminder | None:
    """The most urgent reminder for a key now, or ``None``.

    A key of 200 days gets the same reminder as at 90 days: every 90 days. For a key that expires only the latest step
    counts, so that after days without a worker there is one reminder, not three.
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
