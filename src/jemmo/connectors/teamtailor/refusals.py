"""What an answer other than 200 means. Bodies are only read for a 400's code: the others' are not documented."""

from __future__ import annotations

from jemmo.connectors.refusals import redirected, unanswered, unavailable
from jemmo.connectors.teamtailor.queries import REFUSALS
from jemmo.connectors.teamtailor.wire import error_code
from jemmo.domain.errors import ConfigError, JemmoError, PermanentError
from jemmo.rest_client.client import Answer, rate_limited

KEYS_PAGE = "Teamtailor, Settings > Integrations > API keys"


class Refused(PermanentError):
    """A request this account does not answer: ``part`` is what to leave out, where the ATS says so."""

    def __init__(self, message: str, *, status: int, part: str | None) -> None:
        super().__init__(message, **unanswered(status))
        self.status = status
        self.part = part


def refusal(answer: Answer) -> JemmoError:
    status = answer.status
    if status == 429:
        return rate_limited(answer)
    if status >= 500 or status == 408:
        return unavailable("Teamtailor", status, see="status.teamtailor.com")
    if status == 401:
        return ConfigError(
            "Teamtailor refused the API key (401). It was deleted, mistyped, "
            "or belongs to another region.",
            code="key_refused",
            next_step=f"Create a key with Admin scope and Read right ({KEYS_PAGE}); that page also "
            "shows the address of your region.",
        )
    if status == 403:
        return ConfigError(
            "The API key may not read this (403): its scope is too small.",
            code="scope_too_small",
            next_step=f"A key cannot be changed: create a new one with Admin scope and Read right "
            f"({KEYS_PAGE}) and replace the old one.",
        )
    if status == 406:
        return ConfigError(
            "Teamtailor does not know the API version asked for (406).",
            code="api_version",
            next_step="Set the option api_version to a version your account accepts, "
            "for example 20240404.",
        )
    if 300 <= status < 400:
        return redirected(status, "for example https://api.teamtailor.com")
    return Refused(
        f"Teamtailor refused a request (HTTP {status}).",
        status=status,
        part=REFUSALS.get(error_code(answer.body) or "") if status == 400 else None,
    )
