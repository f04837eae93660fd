"""What an answer other than 200 means.

Bodies are not read: those of refused reads are not documented.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from jemmo.connectors.jarvi.turns import used_up
from jemmo.domain.errors import (
    ConfigError,
    JemmoError,
    PermanentError,
    RateLimited,
    TransientError,
)
from jemmo.rest_client.client import Answer

UNTOLD_WAIT = 900.0  # seconds, where a 429 does not say how long
KEYS_PAGE = "Jarvi, Settings > API keys"


class Refused(PermanentError):
    """A request this account does not answer."""

    def __init__(self, message: str, *, status: int, code: str) -> None:
        super().__init__(message, code=code)
        self.status = status


def refusal(answer: Answer, *, now: Callable[[], datetime], patience: float) -> JemmoError:
    status = answer.status
    if status == 429:
        return _slow_down(answer.headers.get("Retry-After"), now(), patience)
    if status >= 500 or status == 408:
        return TransientError(
            f"Jarvi has a problem of its own (HTTP {status}).",
            code="ats_unavailable",
            next_step="Nothing to do: the next sync goes on where this one stopped.",
        )
    if status in {401, 403}:
        return ConfigError(
            f"Jarvi refused the API key ({status}). It was deleted or mistyped, or it is a public "
            "key, which may read published offers only.",
            code="key_refused",
            next_step=f"Create a private key ({KEYS_PAGE}) and replace the old one.",
        )
    if 300 <= status < 400:
        return ConfigError(
            f"The address redirects elsewhere (HTTP {status}); the key was not sent there.",
            code="redirected",
            next_step="Use the API's own address, https://functions.prod.jarvi.tech.",
        )
    return Refused(
        f"Jarvi refused a request (HTTP {status}).",
        status=status,
        code="not_found" if status == 404 else "request_refused",
    )


def _slow_down(given: str | None, now: datetime, patience: float) -> JemmoError:
    """A short wait is waited, a long one postpones the run.

    The budget of this hour is used, by us or by others.
    """
    wait = retry_after(given, now)
    if wait is None:
        wait = UNTOLD_WAIT
    if wait > patience:
        return used_up(now + timedelta(seconds=wait))
    return RateLimited("Jarvi asks us to slow down (429).", retry_after=wait + 0.1)


def retry_after(given: str | None, now: datetime) -> float | None:
    """Seconds to wait from ``Retry-After``, which is a number of seconds or a date.

    >>> retry_after("1260", datetime(2026, 1, 5, tzinfo=UTC))
    1260.0
    >>> retry_after("Mon, 05 Jan 2026 00:02:00 GMT", datetime(2026, 1, 5, tzinfo=UTC))
    120.0
    """
    if given is None:
        return None
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(given)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
