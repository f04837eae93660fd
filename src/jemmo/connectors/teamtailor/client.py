"""How Teamtailor is asked: the headers, the version and the pace of every request."""

from __future__ import annotations

from jemmo.connectors.base import Config
from jemmo.connectors.pacing import pacer
from jemmo.connectors.teamtailor.refusals import refusal
from jemmo.rest_client import RestClient
from jemmo.rest_client.client import CONNECTIONS


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
