"""All connectors. To add one, create its folder and list its name here."""

from __future__ import annotations

from jemmo.connectors.base import Connector
from jemmo.connectors.flatchr.connector import FLATCHR
from jemmo.connectors.greenhouse.connector import GREENHOUSE
from jemmo.connectors.jarvi.connector import JARVI
from jemmo.connectors.teamtailor.connector import TEAMTAILOR
from jemmo.connectors.template.connector import TEMPLATE
from jemmo.domain.errors import ConfigError

OFFERED: tuple[Connector, ...] = (FLATCHR, GREENHOUSE, JARVI, TEAMTAILOR)

CONNECTORS: dict[str, Connector] = {connector.name: connector for connector in OFFERED}
"""The connectors that customers can choose."""

_PRACTICE = {TEMPLATE.name: TEMPLATE}
"""Available by name but not offered, so that the template can run like any other."""


def connector_for(provider: str) -> Connector:
    """Return the connector of that name. Raises ``ConfigError`` with the known names."""
    try:
        return (CONNECTORS | _PRACTICE)[provider.lower()]
    except KeyError:
        raise ConfigError(
            "unknown_provider", provider=provider, providers=", ".join(sorted(CONNECTORS))
        ) from None
