"""The sync icon: the last sync's outcome, the current one's progress, and why the icon is disabled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jemmo.domain import numbers
from jemmo.domain.estimate import Progress
from jemmo.domain.freshness import COVERED_BY, PAGES
from jemmo.domain.status import Colour
from jemmo.store.connections.connections import PARTED, is_running
from jemmo.store.db import task_queue
from jemmo.store.models import Connection, ConnectionState, Organisation
from jemmo.store.sync import freshness, progress
from jemmo.store.sync.freshness import ConnectionSnapshot, Failure


@dataclass(frozen=True, kw_only=True)
class SyncIcon:
    """What the sync icon shows.

    ``blocked`` is ``none`` (no ATS), ``paused``, ``not_started`` (nobody started the first sync), ``refused`` or empty.
    ``begun``: a first sync has started. ``several``: there are several connections, so they are named.
    ``skips_refused``: a click syncs only the connections whose key the ATS accepts.
    """

    colour: Colour | None
    synced_at: datetime | None
    begun: bool
    failures: tuple[Failure, ...]
    several: bool
    decisions: tuple[dict[str, Any], ...]
    files_error: dict[str, Any] | None
    blocked: str
    skips_refused: bool
    waiting: bool
    progress: Progress
    changed: int

    @property
    def loading(self) -> bool:
        return self.waiting or self.colour is Colour.LOADING


def icon(
    org: Organisation, page: str, *, now: datetime, seen: list[ConnectionSnapshot] | None = None
) -> SyncIcon:
    """Return the icon of a page, over all connections of an organization. ``seen`` are snapshots, if already read."""
    seen = freshness.connection_snapshots(org) if seen is None else seen
    seen = [each for each in seen if each.connection.state not in PARTED]
    state = freshness.overall(seen, page, now=now)
    scopes = COVERED_BY[page]
    connections = [each.connection for each in seen]
    running = [
        progress.progress_of(each.connection, each.running, now=now)
        for each in seen
        if is_running(each.connection, now) and each.running and each.running.scope in scopes
    ]
    return SyncIcon(
        colour=state.colour,
        synced_at=state.synced_at,
        begun=state.begun,
        failures=state.failures,
        several=len(connections) > 1,
        decisions=state.decisions,
        files_error=state.files_error,
        blocked=_blocked(connections, begun=state.begun),
        skips_refused=any(each.state == ConnectionState.REFUSED for each in connections),
        waiting=state.colour is not Colour.LOADING
        and task_queue.is_sync_due([str(connection.id) for connection in connections], scopes),
        progress=_together(running),
        changed=sum(_changed(each, page) for each in seen),
    )


def _changed(seen: ConnectionSnapshot, page: str) -> int:
    """Count the page's records that the last sync of its streams changed."""
    run = seen.latest_of(page)
    return numbers.numbers_of(run.report.get("streams", {}), PAGES[page]).changed if run else 0


def _blocked(connections: list[Connection], *, begun: bool) -> str:
    states = {connection.state for connection in connections}
    if not states:
        return "none"
    if ConnectionState.ACTIVE in states:
        return ""
    if ConnectionState.REFUSED in states:
        return "refused"
    return "paused" if begun else "not_started"


def _together(parts: list[Progress]) -> Progress:
    """Combine the progress of several syncs into that of one that ends with the last of them."""
    totals = [part.total for part in parts if part.total is not None]
    lefts = [part.left for part in parts if part.left is not None]
    return Progress(
        seen=sum(part.seen for part in parts),
        total=sum(totals) if parts and len(totals) == len(parts) else None,
        left=max(lefts) if len(lefts) == len(parts) and lefts else None,
        recent_ready=bool(parts) and all(part.recent_ready for part in parts),
    )
