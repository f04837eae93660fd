"""Requests to Jarvi, one at a time and within its time budget."""

from __future__ import annotations

from jemmo.connectors.base import Config
from jemmo.connectors.by_offset.lists import OffsetLists
from jemmo.connectors.jarvi.settings import Settings
from jemmo.connectors.jarvi.time_budget import TimeBudget
from jemmo.connectors.refusals import Meaning, refusals
from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.domain.validation import split_address
from jemmo.rest_client import Answer, RestClient

HOST = "https://functions.prod.jarvi.tech"
SORTED_LIMIT = 100  # larger sorted pages cause an HTTP 500


def client_of(
    config: Config, budget: TimeBudget, *, accept: str = "application/json"
) -> RestClient:
    return RestClient(
        api_address(config),
        headers={"Accept": accept, **key_of(config)},
        refuse=refusal(budget),
        pacer=None,
        connections=1,
        turn=budget.turn,
    )


def key_of(config: Config) -> dict[str, str]:
    return {"X-API-KEY": config.api_key}


def lists_of(client: RestClient, settings: Settings) -> OffsetLists:
    return OffsetLists(
        client,
        label="Jarvi",
        order=settings.order,
        page_size=settings.page_size,
        sorted_limit=SORTED_LIMIT,
        incremental=settings.incremental,
    )


def api_address(config: Config) -> str:
    """Return the API's address, adding the usual path if there is none."""
    if split_address(config.base_url).path.strip("/"):
        return config.base_url
    return f"{config.base_url}/{config.options['api_path'].strip('/')}"


def refusal(budget: TimeBudget) -> Meaning:
    meanings: dict[int, Meaning] = {429: budget.slow_down, 401: _key_refused, 403: _key_refused}
    return refusals("Jarvi", key_help="", instead=HOST, meanings=meanings)


def _key_refused(answer: Answer) -> JemmoError:
    return ConfigError("key_refused", variant="jarvi", ats="Jarvi", status=answer.status)
