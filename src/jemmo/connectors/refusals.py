"""Interprets error responses of vendors that follow common practice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jemmo.domain.errors import (
    ConfigError,
    JemmoError,
    PermanentError,
    ScopeTooSmall,
    TransientError,
)
from jemmo.domain.validation import split_address
from jemmo.rest_client.client import Answer, rate_limited
from jemmo.rest_client.redaction import address

NOT_FOUND = frozenset({404, 410})
"""Statuses that prove that a record is gone."""
NOT_OFFERED = NOT_FOUND | {422}
"""Statuses, besides 403, with which an account refuses a whole list: it has none, or doesn't support the request."""
UNKNOWN_POSITION = frozenset({400, 404, 410, 422})
"""Statuses that answer a position in a list that is no longer known."""


class Refused(PermanentError):
    """A request that this account refuses, with the ``status`` of the response."""

    def __init__(self, *, status: int, reason: str | None = None, **facts: Any) -> None:
        code = "not_found" if status == 404 else "request_refused"
        answer = f"HTTP {status}: {reason}" if reason else f"HTTP {status}"
        super().__init__(code, answer=answer, **facts)
        self.status = status


Meaning = Callable[[Answer], JemmoError]


def refusals(
    label: str,
    *,
    key_help: str,
    status_page: str = "",
    instead: str = "",
    meanings: Mapping[int, Meaning] = {},
) -> Meaning:
    """Return the usual interpretation of refusals by status, without reading bodies.

    ``label`` is the ATS's name; ``instead`` is the address to use if this one redirects. ``meanings`` are statuses that
    this vendor uses differently.
    """

    def refusal(answer: Answer) -> JemmoError:
        status = answer.status
        if meaning := meanings.get(status):
            return meaning(answer)
        if status == 429:
            return rate_limited(answer)
        if status >= 500 or status == 408:
            return unavailable(label, status, status_page=status_page)
        if status == 401:
            return ConfigError("key_refused", ats=label, status=status, key_help=key_help)
        if status == 403:
            return ScopeTooSmall(path=asked_path(answer), key_help=key_help)
        if 300 <= status < 400:
            return redirected(status, instead)
        return Refused(ats=label, path=asked_path(answer), status=status)

    return refusal


def asked_path(answer: Answer) -> str:
    """Return the path of a request, without its query."""
    return split_address(address(answer.url)).path or "a request"


def unavailable(label: str, status: int, *, status_page: str = "") -> TransientError:
    """Return the error for an outage of the ATS."""
    return TransientError("ats_unavailable", ats=label, status=status, status_page=status_page)


def redirected(status: int, instead: str) -> ConfigError:
    """Return the error for a redirecting address; ``instead`` is the right one."""
    return ConfigError("redirected", status=status, instead=instead)
