"""The sync icon: its state, and what a click does."""

from __future__ import annotations

from msgspec import Struct

from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.services.sync.manual import request_sync
from jemmo.store.connections.connections import PARTED
from jemmo.store.db import events
from jemmo.store.models import Connection, ConnectionState, Organisation


class OrgSyncRequest(Struct, frozen=True, kw_only=True):
    """The result of a click: how many connections sync, how many already did, and why others don't."""

    started: int
    joined: int
    refused: JemmoError | None = None


def request_org_sync(org: Organisation, only: str) -> OrgSyncRequest:
    """Request a sync of every connection of the organization, or join running and waiting ones.

    Raises ``ConfigError`` if none of them can be synced.
    """
    known = Connection.objects.filter(org=org).exclude(state__in=PARTED)
    connections = list(known.order_by("created_at"))
    if not connections:
        raise ConfigError("no_connection", variant="none")
    usable = [candidate for candidate in connections if candidate.state != ConnectionState.PAUSED]
    started = joined = 0
    refused: JemmoError | None = None
    for connection in usable:
        try:
            requested = request_sync(connection.id, only=only)
        except ConfigError as error:
            refused = error
            continue
        started, joined = started + (not requested.joined), joined + requested.joined
    if not started and not joined:
        raise refused or ConfigError("paused", variant="leaving" if org.deleted_at else "all")
    events.publish_to_organization(org.id, "sync_requested", only=only)
    return OrgSyncRequest(started=started, joined=joined, refused=refused)
