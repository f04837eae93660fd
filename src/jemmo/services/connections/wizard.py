"""The connect wizard: the available ATSs, the plan of a first sync, and when it starts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from jemmo.connectors.base import Connector, check_address
from jemmo.connectors.registry import CONNECTORS
from jemmo.domain.estimate import FirstSync, first_sync
from jemmo.domain.streams import AccessReport
from jemmo.services.connections import connections
from jemmo.services.connections.ats_access import PATIENCE, check_public
from jemmo.services.connections.connections import Connected
from jemmo.services.connections.history_limit import History
from jemmo.services.sync.manual import request_sync
from jemmo.services.sync.schedule import plan_of
from jemmo.store.models import Connection, Organisation, SyncRun
from jemmo.vault import Vault


class Plan(Struct, frozen=True, kw_only=True):
    """The estimate of a connection's first sync, from the ATS's current counts, and when the next night begins."""

    report: AccessReport
    expected: FirstSync
    tonight: datetime
    recent_first: bool
    history: History | None


def choices() -> list[Connector]:
    """The ATSs there are, by name."""
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
    """Connect from the browser: like ``connections.connect``, but no sync starts until a person chooses when.

    An account that is connected already is a ``KnownAccount``; an address within this network is refused.
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
    """Ask the ATS what it holds and estimate the first sync. Raises the error that the ATS's refusal means."""
    connector = CONNECTORS[connection.provider]
    report = connections.test(connection, vault, patience=PATIENCE)
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


def has_begun(connection: Connection) -> bool:
    """Whether the first sync of a connection has started, however it ended."""
    return bool(SyncRun.objects.filter(connection=connection).exists())


def start(connection: Connection, *, at_night: bool, now: datetime) -> datetime | None:
    """Let the first sync start now, or tonight; then the time is answered.

    Raises ``ConfigError`` when it cannot start. Saying so twice starts one sync.
    """
    begins = plan_of(connection.org).tonight(now) if at_night else None
    connections.resume(connection, not_before=begins)
    if begins is not None and begins > now:
        return begins
    request_sync(connection.id)
    return None


def connector_named(provider: str) -> Connector | None:
    """The connector of an address; ``None`` if there is no such ATS."""
    return CONNECTORS.get(provider)
