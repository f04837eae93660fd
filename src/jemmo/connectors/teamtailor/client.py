"""Requests to Teamtailor, and the meaning of its error responses."""

from __future__ import annotations

from jemmo.connectors.base import Config
from jemmo.connectors.jsonapi.refusals import UNDERSTOOD, asked_for, part_refused
from jemmo.connectors.pacing import pacer
from jemmo.connectors.refusals import refusals
from jemmo.domain.errors import ConfigError, ScopeTooSmall
from jemmo.rest_client import Answer, RestClient
from jemmo.rest_client.client import CONNECTIONS


def _key_refused(_: Answer) -> ConfigError:
    return ConfigError("key_refused", variant="teamtailor", ats="Teamtailor", status=401)


def _scope_too_small(answer: Answer) -> ScopeTooSmall:
    return ScopeTooSmall(variant="teamtailor", path=asked_for(answer))


def _version_unknown(_: Answer) -> ConfigError:
    return ConfigError("api_version", ats="Teamtailor", status=406)


refusal = refusals(
    "Teamtailor",
    key_help="",
    status_page="status.teamtailor.com",
    instead="https://api.teamtailor.com",
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
