"""Reads the expiry date of an API key that is a JWT. The signature is not verified."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from jemmo.connectors.refusals import Meaning
from jemmo.domain.errors import ConfigError
from jemmo.domain.spans import utc_text
from jemmo.domain.validation import utc
from jemmo.rest_client import Answer

WARN_BEFORE = timedelta(days=15)


class _Payload(Struct):
    exp: float


def expiry(key: str) -> datetime | None:
    """Return when the key expires; ``None`` if it doesn't say."""
    parts = key.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        seconds = msgspec.json.decode(payload, type=_Payload).exp
        return utc(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError, msgspec.DecodeError):
        return None


def expires_soon(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and expires_at - now < WARN_BEFORE


def key_refusals(label: str, api_key: str, *, variant: str = "") -> Mapping[int, Meaning]:
    """Interpret 401 and 403 for a key without permissions of its own: it is wrong or has expired.

    ``variant`` selects the texts for this ATS in the error catalog.
    """
    expires_at = expiry(api_key)

    def refused(answer: Answer) -> ConfigError:
        if expires_at is not None and expires_at <= datetime.now(UTC):
            day = utc_text(expires_at)
            return ConfigError("key_expired", variant=variant, ats=label, day=day)
        return ConfigError("key_refused", variant=variant, ats=label, status=answer.status)

    return {401: refused, 403: refused}
