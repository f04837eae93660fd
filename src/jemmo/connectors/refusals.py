"""What an answer other than 200 means, where a vendor means by it what most do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
"""Answers that prove that a record is gone."""


class Refused(PermanentError):
    """A request that this account does not answer, with the ``status`` it was refused with."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message, **unanswered(status))
        self.status = status


def unanswered(status: int) -> dict[str, str]:
    """Code and next step of a request that was refused for no reason of the key's."""
    if status == 404:
        next_step = (
            "Check the connection's address, or leave it out to use the vendor's own. If it is right, send this "
            "message to support."
        )
        return {"code": "not_found", "next_step": next_step}
    return {"code": "request_refused"}


Meaning = Callable[[Answer], JemmoError]


def refusals(
    label: str,
    *,
    key_help: str,
    status_page: str = "",
    instead: str = "or leave the address out",
    meanings: Mapping[int, Meaning] = {},
) -> Meaning:
    """The usual meanings of a refusal, which does not read bodies. ``meanings`` are this vendor's own, by status.

    ``label`` and the texts tell the customer what to do; ``instead`` ends the sentence about an address that redirects.
    """

    def refusal(answer: Answer) -> JemmoError:
        status = answer.status
        if meaning := meanings.get(status):
            return meaning(answer)
        if status == 429:
            return rate_limited(answer)
        if status >= 500 or status == 408:
            return unavailable(label, status, see=status_page)
        if status == 401:
            return ConfigError(
                f"{label} refused the API key (401). It was deleted, mistyped or has expired.",
                code="key_refused",
                next_step=f"Create a new key and replace the old one. {key_help}",
            )
        if status == 403:
            return ScopeTooSmall(
                f"The API key may not read {asked_path(answer)} (403): it lacks a right.",
                next_step=f"Give the key that right, or create one that has it. {key_help}",
            )
        if 300 <= status < 400:
            return redirected(status, instead)
        return Refused(f"{label} refused {asked_path(answer)} (HTTP {status}).", status=status)

    return refusal


def asked_path(answer: Answer) -> str:
    """The path of a request, without its query."""
    return split_address(address(answer.url)).path or "a request"


def unavailable(label: str, status: int, *, see: str = "") -> TransientError:
    """The ATS failed by itself; ``see`` is its status page."""
    return TransientError(
        f"{label} has a problem of its own (HTTP {status}).",
        code="ats_unavailable",
        next_step="No action needed: the next sync continues where this one stopped."
        + (f" See {see} if it lasts." if see else ""),
    )


def redirected(status: int, instead: str) -> ConfigError:
    """The address leads elsewhere; ``instead`` ends the sentence of what to do."""
    return ConfigError(
        f"The address redirects elsewhere (HTTP {status}); the key was not sent there.",
        code="redirected",
        next_step=f"Use the API's own address, {instead}.",
    )
