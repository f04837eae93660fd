"""How Teamtailor is asked, and what its answers other than 200 mean."""

from __future__ import annotations

from jemmo.connectors.base import Config
from jemmo.connectors.jsonapi.refusals import UNDERSTOOD, asked_for, part_refused
from jemmo.connectors.pacing import pacer
from jemmo.connectors.refusals import refusals
from jemmo.domain.errors import ConfigError, ScopeTooSmall
from jemmo.rest_client import Answer, RestClient
from jemmo.rest_client.client import CONNECTIONS

KEYS_PAGE = "Teamtailor, Settings > Integrations > API keys"


def _key_refused(_: Answer) -> ConfigError:
    return ConfigError(
        "Teamtailor refused the API key (401). It was deleted, mistyped, or belongs to another region.",
        code="key_refused",
        next_step=f"Create a key with Admin scope and Read right ({KEYS_PAGE}); that page also shows the address of "
        "your region.",
    )


def _scope_too_small(answer: Answer) -> ScopeTooSmall:
    return ScopeTooSmall(
        f"The API key may not read {asked_for(answer)} (403): its scope is too small.",
        next_step=f"A key cannot be changed: create a new one with Admin scope and Read right ({KEYS_PAGE}) and "
        "replace the old one.",
    )


def _version_unknown(_: Answer) -> ConfigError:
    return ConfigError(
        "Teamtailor does not know the API version asked for (406).",
        code="api_version",
        next_step="Set the option api_version to a version your account accepts, for example 20240404.",
    )


refusal = refusals(
    "Teamtailor",
    key_help="",
    status_page="status.teamtailor.com",
    instead="for example https://api.teamtailor.com",
    meanings={401: _key_refused, 403: _scope_too_small, 406: _version_unknown}
    | dict.fromkeys(UNDERSTOOD, part_refused("Teamtailor")),
)


def client(config: Config, *, connections: int = CONNECTIONS) -> RestClient:
    options = config.options
    return RestClient(
        config.base_url,
        headers={
            "Authorization": f"Token token={config.api_key}",
            "X-Api-Version": options["api_version"],
            "Accept": "application/vnd.api+json",
        },
        refuse=refusal,
        pacer=pacer(config, int(options["rate_limit"]), float(options["rate_window"])),
        shared=config.pace,
        connections=connections,
        nothing=b'{"data":[]}',
    )
