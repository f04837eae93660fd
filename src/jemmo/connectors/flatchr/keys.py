"""When an API key dies. Flatchr's keys are JWTs that live for 365 days; they are read, not verified."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from jemmo.domain.validation import utc

WARN_BEFORE = timedelta(days=15)


class _Payload(Struct):
    exp: float


def expiry(key: str) -> datetime | None:
    """The moment after which the key is refused; ``None`` when it does not say."""
    parts = key.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        seconds = msgspec.json.decode(payload, type=_Payload).exp
        return utc(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError, msgspec.DecodeError):
        return None


def dies_soon(dies_at: datetime | None, now: datetime) -> bool:
    return dies_at is not None and dies_at - now < WARN_BEFORE
