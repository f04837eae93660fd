"""What an answer other than 200 means. Bodies are only read for a 400's errors: the others' are not documented."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from jemmo.connectors.refusals import asked_path, redirected, unanswered, unavailable
from jemmo.connectors.teamtailor.queries import REFUSALS
from jemmo.connectors.teamtailor.wire import errors_of
from jemmo.domain.errors import ConfigError, JemmoError, PermanentError, ScopeTooSmall
from jemmo.domain.validation import split_address, text
from jemmo.rest_client.client import Answer, rate_limited

UNDERSTOOD = frozenset({400, 404, 422})
WORD = re.compile(r"[\w.-]+")
NOTHING: frozenset[str] = frozenset()
KEYS_PAGE = "Teamtailor, Settings > Integrations > API keys"


class Refused(PermanentError):
    """A request this account does not answer.

    ``part`` is what to leave out and ``words`` are those of the explanation, where the ATS says so.
    """

    def __init__(
        self, message: str, *, status: int, part: str | None = None, words: frozenset[str] = NOTHING
    ) -> None:
        super().__init__(message, **unanswered(status))
        self.status = status
        self.part = part
        self.words = words


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
        return ScopeTooSmall(
            f"The API key may not read {_asked(answer)} (403): its scope is too small.",
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
    errors = errors_of(answer.body) if status in UNDERSTOOD else []
    details = [found[:200] for one in errors if (found := text(one.detail) or text(one.title))]
    because = f": {details[0].rstrip('.')}" if details else ""
    parts = [REFUSALS.get(str(one.code)) for one in errors]
    return Refused(
        f"Teamtailor refused {_asked(answer)} (HTTP {status}{because}).",
        status=status,
        part=next((one for one in parts if one), None),
        words=frozenset(word.strip(".") for one in details for word in WORD.findall(one)),
    )


def _asked(answer: Answer) -> str:
    """The request, as support needs it: its path, and what it asked to come along."""
    pairs = parse_qsl(split_address(answer.url).query)
    asked = [name if "filter" in name else f"{name}={value}" for name, value in pairs]
    asked = [one for one in asked if not one.startswith("page[")]
    return f"{asked_path(answer)}?{'&'.join(asked)}"[:400].rstrip("?")
