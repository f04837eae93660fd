"""The time zones in which an organization's ATSs report dates without a time of day."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from jemmo.connectors.registry import CONNECTORS
from jemmo.domain.typed_values import zone_or_none
from jemmo.store.connections.connections import listed
from jemmo.store.models import Connection, Organisation


def day_zones(org: Organisation) -> frozenset[ZoneInfo]:
    """Return the time zones in which these dates are stored as midnight."""
    return frozenset(zone for connection in listed(org) if (zone := _zone_of(connection)))


def _zone_of(connection: Connection) -> ZoneInfo | None:
    connector = CONNECTORS.get(connection.provider)
    if connector is None or not connector.day_zone:
        return None
    return zone_or_none(connector.with_defaults(connection.options)[connector.day_zone])
