"""Finds syncs that need attention in an organization, for the help bubble."""

from __future__ import annotations

from datetime import datetime

from jemmo.domain.diagnosis import ConnectionFacts, Finding, findings
from jemmo.services.sync.schedule import is_late, is_slow
from jemmo.store.connections.connections import PARTED, is_running
from jemmo.store.models import Connection, Organisation
from jemmo.store.sync import freshness


def health(org: Organisation, *, now: datetime) -> list[Finding]:
    """Return what needs attention and how to fix it. Disconnected ATSs need not sync."""
    present = org.connections.exclude(state__in=PARTED)
    listed = present.select_related("lease").order_by("created_at")
    return findings([_facts(connection, now) for connection in listed], now=now)


def _facts(connection: Connection, now: datetime) -> ConnectionFacts:
    last = connection.runs.exclude(finished_at=None).order_by("-started_at").first()
    state = freshness.freshness_of(freshness.ConnectionSnapshot(connection), now=now)
    return ConnectionFacts(
        id=str(connection.id),
        name=connection.display_name,
        state=connection.state,
        begun=state.begun,
        running=is_running(connection, now),
        late=is_late(connection, now),
        slow=is_slow(connection, now),
        last_success_at=state.synced_at,
        error=state.error,
        files_error=connection.files_error,
        since=last.finished_at if last and state.error == last.report.get("error") else None,
        decision=state.decision,
    )
