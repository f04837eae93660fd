"""What an answer other than 200 means. How Flatchr's error bodies look is unknown, so only the status counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from jemmo.connectors.flatchr.keys import expiry
from jemmo.connectors.refusals import Refused, redirected
from jemmo.domain.errors import ConfigError, JemmoError, TransientError
from jemmo.rest_client.client import Answer, rate_limited

KEYS_PAGE = "Flatchr, advanced settings > API"


def refusals(api_key: str) -> Callable[[Answer], JemmoError]:
    """The meaning of refusals for this key, whose age tells a dead key from a wrong one."""
    dies_at = expiry(api_key)

    def refusal(answer: Answer) -> JemmoError:
        status = answer.status
        if status == 429:
            return rate_limited(answer)
        if status >= 500 or status == 408:
            return TransientError(
                f"Flatchr has a problem of its own (HTTP {status}).", code="ats_unavailable"
            )
        if status in {401, 403}:
            return _key(status, dies_at)
        if 300 <= status < 400:
            return redirected(status, "https://api.flatchr.io")
        return Refused(f"Flatchr refused a request (HTTP {status}).", status=status)

    return refusal


def _key(status: int, dies_at: datetime | None) -> ConfigError:
    if dies_at is not None and dies_at <= datetime.now(UTC):
        return ConfigError(
            f"The API key expired on {dies_at:%Y-%m-%d}: Flatchr's keys live for a year.",
            code="key_expired",
            next_step=f"Make a new key ({KEYS_PAGE}) and replace the old one.",
        )
    return ConfigError(
        f"Flatchr refused the API key ({status}). It was deleted, mistyped, or is over a year old.",
        code="key_refused",
        next_step=f"Make a new key ({KEYS_PAGE}) and replace the old one.",
    )
