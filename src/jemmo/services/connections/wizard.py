"""The connect wizard: the available ATSs, the plan of a first sync, and its start."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from jemmo.connectors.base import Connector, check_address
from jemmo.connectors.registry import CONNECTORS
from jemmo.domain.estimate import FirstSync, first_sync
from jemmo.domain.streams import AccessReport
from jemmo.services.connections import connections, key_tests
from jemmo.services.connections.ats_access import PATIENCE, check_public
from jemmo.services.connections.connections import Connected
from jemmo.services.connections.history_limit import History
from jemmo.services.sync.manual import request_sync
from jemmo.services.sync.schedule import plan_of
from jemmo.store.models import Connection, ConnectionState, Organisation
from jemmo.vault import Vault


class Plan(Struct, frozen=True, kw_only=True):
    """The estimate for a first sync, based on the ATS's current counts, and when the next night begins."""

    report: AccessReport
    expected: FirstSync
    tonight: datetime
    recent_first: bool
    history: History | None


def choices() -> list[Connector]:
    """Return the available ATSs, by name."""
    return sorted(CONNECTORS.values(), key=lambda connector: connector.label)


def connect(
    org: Organisation,
    provider: str,
    api_key: str,
    *,
    vault: Vault,
    new_id: UUID,
    label: str,
    base_url: str,
    options: Mapping[str, str],
    allowed_hosts: Collection[str],
    hides_ok: bool = False,
) -> Connected:
    """Connect from the browser: like ``connections.connect``, but a person chooses when the first sync starts.

    Raises ``KnownAccount`` if the account is already connected. An address inside this network is refused.
    """
    if base_url:
        check_public(check_address(base_url), allowed_hosts)
    return connections.connect(
        org,
        provider,
        api_key,
        vault=vault,
        base_url=base_url or None,
        options=options,
        label=label,
        new_id=new_id,
        refuse_known=True,
        patience=PATIENCE,
        hides_ok=hides_ok,
    )


def plan(connection: Connection, *, vault: Vault, now: datetime) -> Plan:
    """Ask the ATS for its counts and estimate the first sync. Raises an error if the ATS refuses the key."""
    connector = CONNECTORS[connection.provider]
    report = key_tests.check_key(connection, vault, patience=PATIENCE)
    pace = connector.pace(connector.settled(connection.options)) if connector.pace else None
    history = History.of(connection)
    return Plan(
        report=report,
        expected=first_sync(report.within, pace),
        tonight=plan_of(connection.org).tonight(now),
        recent_first=connector.capabilities.recent_first
        and (history is None or connector.recent_with_history),
        history=history,
    )


def sync_again(connection: Connection) -> bool:
    """Request a sync of an account that was just connected again. ``False`` if it stays paused."""
    active = connection.state == ConnectionState.ACTIVE
    if active:
        request_sync(connection.id)
    return active


def start(connection: Connection, *, at_night: bool, now: datetime) -> datetime | None:
    """Start the first sync now, or tonight and return that time.

    Raises ``ConfigError`` if it cannot start. Calling this twice starts only one sync.
    """
    begins = plan_of(connection.org).tonight(now) if at_night else None
    connections.resume(connection, not_before=begins)
    if begins is not None and begins > now:
        return begins
    request_sync(connection.id)
    return None


def connector_named(provider: str) -> Connector | None:
    """Return the connector named in a page's address; ``None`` if there is no such ATS."""
    return CONNECTORS.get(provider)
