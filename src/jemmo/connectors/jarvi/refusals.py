"""What an answer other than 200 means.

Bodies are not read: those of refused reads are not documented.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from jemmo.connectors.jarvi.turns import used_up
from jemmo.connectors.refusals import Refused, asked_path, redirected, unavailable
from jemmo.domain.errors import (
    ConfigError,
    JemmoError,
    RateLimited,
)
from jemmo.rest_client.client import Answer
from jemmo.rest_client.headers import retry_after

UNTOLD_WAIT = 900.0  # seconds, where a 429 does not say how long
KEYS_PAGE = "Jarvi, Settings > API keys"


def refusal(answer: Answer, *, now: Callable[[], datetime], patience: float) -> JemmoError:
    status = answer.status
    if status == 429:
        return _slow_down(answer.headers.get("Retry-After"), now(), patience)
    if status >= 500 or status == 408:
        return unavailable("Jarvi", status)
    if status in {401, 403}:
        return ConfigError(
            f"Jarvi refused the API key ({status}). It was deleted or mistyped, or it is a public "
            "key, which may read published offers only.",
            code="key_refused",
            next_step=f"Create a private key ({KEYS_PAGE}) and replace the old one.",
        )
    if 300 <= status < 400:
        return redirected(status, "https://functions.prod.jarvi.tech")
    return Refused(f"Jarvi refused {asked_path(answer)} (HTTP {status}).", status=status)


def _slow_down(given: str | None, now: datetime, patience: float) -> JemmoError:
    """A short wait is waited, a long one postpones the run.

    The budget of this hour is used, by us or by others.
    """
    wait = retry_after(given, now.timestamp())
    if wait is None:
        wait = UNTOLD_WAIT
    if wait > patience:
        return used_up(now + timedelta(seconds=wait))
    return RateLimited("Jarvi asks us to slow down (429).", retry_after=wait + 0.1)
