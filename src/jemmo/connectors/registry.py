"""Every connector we have. Adding one is its folder and a line here."""

from __future__ import annotations

from jemmo.connectors.base import Connector
from jemmo.connectors.flatchr.connector import FLATCHR
from jemmo.connectors.jarvi.connector import JARVI
from jemmo.connectors.teamtailor.connector import TEAMTAILOR
from jemmo.domain.errors import ConfigError

CONNECTORS: dict[str, Connector] = {
    connector.name: connector for connector in (FLATCHR, JARVI, TEAMTAILOR)
}


def connector_for(provider: str) -> Connector:
    """The connector of that name; raises ``ConfigError`` with the names there are."""
    try:
        return CONNECTORS[provider.lower()]
    except KeyError:
        raise ConfigError(
            f"There is no connector {provider!r}.",
            code="unknown_provider",
            next_step=f"Choose one of: {', '.join(sorted(CONNECTORS))}.",
        ) from None
