"""Help > Guides: when syncs start, what statuses mean, and where to change things."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from msgspec import Struct

from jemmo.connectors.base import Connector
from jemmo.connectors.registry import CONNECTORS, connector_for
from jemmo.domain.estimate import FIRST_SYNCS
from jemmo.domain.status import Colour
from jemmo.domain.webhooks import Health
from jemmo.services.sync.schedule import next_sync_at
from jemmo.services.webhooks import endpoints
from jemmo.store.connections.connections import PARTED, display_names, listed
from jemmo.store.models import Connection
from jemmo.web.frame.access import MemberRequest, member

TERMS = (
    (_("ATS"), _("Applicant tracking system. The recruiting software that your company uses.")),
    (_("Sync"), _("Jemmo reads jobs and talents from the ATS and never writes to it.")),
    (
        _("Initial sync"),
        _("The first sync of a connection, which reads all records within its history."),
    ),
    (_("Incremental sync"), _("A sync that reads only what has changed since the previous sync.")),
    (
        _("Full comparison"),
        _(
            "A sync that compares every record with the ATS. Jemmo reads missing records and deletes "
            "those that were deleted in the ATS."
        ),
    ),
    (_("Upsert"), _("Jemmo updates the record if it already exists. Otherwise, Jemmo creates it.")),
    (_("Webhook"), _("A message that the ATS sends as soon as something changes.")),
    (_("Rate limit"), _("The number of requests that an ATS accepts in a given period.")),
    (
        _("Excluded"),
        _(
            "Records, such as archived jobs, that Jemmo stores but doesn't show because of your "
            "rules."
        ),
    ),
    (
        _("Rejected"),
        _("Records that the ATS sent but Jemmo couldn't use. To see why, open Settings > Logs."),
    ),
)


class Schedule(Struct, frozen=True, kw_only=True):
    """When a connection is synced. ``announces``: webhooks bring its changes as they happen."""

    connection: Connection
    name: str
    next_sync_at: datetime | None
    announces: bool


@member
def guides(request: MemberRequest) -> HttpResponse:
    connected = [
        connection for connection in listed(request.organisation) if connection.state not in PARTED
    ]
    shown = {
        "schedules": _schedules(connected, datetime.now(UTC)),
        "first_syncs": FIRST_SYNCS,
        "colours": list(Colour),
        "connectors": _connectors(connected),
        "terms": TERMS,
        "section": "help",
    }
    return render(request, "frame/guides.html", shown)


def _schedules(connections: list[Connection], now: datetime) -> list[Schedule]:
    names = display_names(connections)
    return [
        Schedule(
            connection=connection,
            name=names[connection.id],
            next_sync_at=next_sync_at(connection, now),
            announces=_announces(connection, now),
        )
        for connection in connections
    ]


def _announces(connection: Connection, now: datetime) -> bool:
    """Whether webhooks are arriving, and not only for new records."""
    rules = connector_for(connection.provider).webhooks
    arriving = endpoints.status(connection, now).health is Health.HEALTHY
    return arriving and rules is not None and not rules.only_new


def _connectors(connections: Iterable[Connection]) -> list[Connector]:
    """The organization's ATSs, or all of them before one is connected."""
    used = {connection.provider for connection in connections}
    return [connector for name, connector in sorted(CONNECTORS.items()) if name in used or not used]
