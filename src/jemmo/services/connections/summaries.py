"""A connection's state, as its card shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from procrastinate.contrib.django.models import ProcrastinateJob

from jemmo.connectors.base import QUOTA_SHARE, Connector
from jemmo.connectors.registry import CONNECTORS
from jemmo.domain import numbers
from jemmo.domain.estimate import Progress
from jemmo.domain.freshness import PAGES, page_synced_at
from jemmo.domain.key_care import BEFORE_EXPIRY, KEY_REFUSALS, REPLACE_AFTER
from jemmo.domain.status import Colour
from jemmo.services.connections.history_limit import History
from jemmo.services.connections.status import Reread
from jemmo.services.sync.schedule import is_late, is_slow, next_sync_at
from jemmo.services.webhooks import endpoints
from jemmo.services.webhooks.endpoints import WebhookStatus
from jemmo.store.connections import paused_deletions
from jemmo.store.connections.connections import (
    PARTED,
    RUNS_SHOWN,
    history,
    is_running,
    listed,
    requests_since,
    without_applications,
)
from jemmo.store.connections.counts import visible_counts
from jemmo.store.models import Connection, ConnectionState, HeldDeletion, Organisation, SyncRun
from jemmo.store.sync import freshness, progress

DAY = timedelta(days=1)


class Key(Struct, frozen=True, kw_only=True):
    """A key's age in days. ``expires_in`` is in days too. ``due``: the key should be replaced."""

    age: int
    due: bool
    expires_in: int | None
    expires_soon: bool


class ConnectionSummary(Struct, frozen=True, kw_only=True):
    """Everything that a connection's card shows.

    ``runs`` are the latest runs, newest first. ``pages`` is when each page's data was last synced; ``synced_at`` is the
    oldest of these times. ``error`` is the latest failure since the last success, and ``decision`` is about paused
    deletions. ``late``: a sync is due and has not started. ``slow``: it takes much longer than earlier ones. Without a
    key (``parted``), nothing is synced, so there is no failure and no decision. While its data is being deleted
    (``leaving``), times and counts mean nothing.
    """

    connection: Connection
    connector: Connector | None
    colour: Colour | None
    synced_at: datetime | None
    pages: dict[str, datetime | None]
    next_sync_at: datetime | None
    counts: dict[str, int | None]
    reads_applications: bool
    key: Key
    runs: list[SyncRun]
    older: bool
    progress: Progress | None
    reread: Reread
    history: History | None
    error: Mapping[str, Any] | None
    decision: dict[str, Any] | None
    held: list[HeldDeletion]
    requests_today: int
    share: int
    waits_for_start: bool
    queued: bool
    late: bool
    slow: bool
    webhook: WebhookStatus

    @property
    def activity(self) -> str:
        """The activity in progress, which ends by itself: ``syncing``, ``queued`` or ``leaving``, or empty if none."""
        if self.leaving:
            return "leaving"
        return "syncing" if self.colour is Colour.LOADING else "queued" if self.queued else ""

    @property
    def changes_soon(self) -> bool:
        """Whether the page should poll again soon."""
        return bool(self.activity)

    @property
    def released(self) -> list[tuple[HeldDeletion, int]]:
        """The deletions that the next reconcile will apply, each with the number of records left."""
        rows = [row for row in self.held if row.released_at is not None]
        return [(row, paused_deletions.remaining(row)) for row in rows]

    @property
    def is_key_refused(self) -> bool:
        """Whether the error is that the ATS refuses the key."""
        return self.error is not None and self.error["code"] in KEY_REFUSALS

    @property
    def names_refusal(self) -> bool:
        """Whether the connection's state already shows that the key is refused."""
        is_refused = self.connection.state == ConnectionState.REFUSED and self.is_key_refused
        return is_refused and self.colour is Colour.RED and not self.queued

    @property
    def parted(self) -> bool:
        """Whether it is disconnected, with its data kept or being deleted."""
        return self.connection.state in PARTED

    @property
    def leaving(self) -> bool:
        return bool(self.connection.state == ConnectionState.LEAVING)


def connection_summaries(
    org: Organisation, *, now: datetime | None = None
) -> list[ConnectionSummary]:
    """Return a card for each connection of the organization."""
    snapshots = freshness.snapshots_of(org, listed(org))
    return [connection_summary(seen.connection, now=now, seen=seen) for seen in snapshots]


def connection_summary(
    connection: Connection,
    *,
    now: datetime | None = None,
    before: datetime | None = None,
    seen: freshness.ConnectionSnapshot | None = None,
) -> ConnectionSummary:
    """Return one connection's card. ``before`` starts its history further back; ``seen`` is what was already read."""
    now = now or datetime.now(UTC)
    runs = history(connection, before=before)
    running = is_running(connection, now)
    seen = seen or freshness.ConnectionSnapshot(connection)
    state = freshness.freshness_of(seen, now=now)
    parted = connection.state in PARTED
    return ConnectionSummary(
        connection=connection,
        connector=CONNECTORS.get(connection.provider),
        colour=None if parted else state.colour,
        synced_at=state.synced_at,
        pages={page: page_synced_at(page, seen.times) for page in PAGES},
        next_sync_at=next_sync_at(connection, now),
        counts=numbers.known(visible_counts(connection), seen.times),
        reads_applications=connection.id not in without_applications(connection.org),
        key=_key(connection, now),
        runs=runs[:-1] if len(runs) > RUNS_SHOWN else runs,
        older=len(runs) > RUNS_SHOWN,
        progress=progress.progress_of(connection, seen.running, now=now)
        if running and seen.running
        else None,
        reread=Reread.of(connection),
        history=History.of(connection),
        error=None if parted else state.error,
        decision=state.decision,
        held=[] if parted else _held(connection),
        requests_today=requests_since(connection, now - DAY),
        share=_share(connection),
        waits_for_start=connection.state == ConnectionState.PAUSED and not seen.begun,
        queued=not running and not parted and _queued(connection),
        late=is_late(connection, now),
        slow=is_slow(connection, now),
        webhook=endpoints.status(connection, now),
    )


def _held(connection: Connection) -> list[HeldDeletion]:
    return paused_deletions.in_order(
        HeldDeletion.objects.filter(connection=connection, closed_at=None)
    )


def _queued(connection: Connection) -> bool:
    """Whether a sync waits for a worker."""
    waiting = ProcrastinateJob.objects.filter(
        lock=f"sync:{connection.id}", task_name="sync_connection", status__in=("todo", "doing")
    )
    return bool(waiting.exists())


def _key(connection: Connection, now: datetime) -> Key:
    age = (now - connection.key_set_at).days
    expires = connection.key_expires_at
    expires_in = (expires - now).days if expires else None
    return Key(
        age=age,
        due=age >= REPLACE_AFTER,
        expires_in=expires_in,
        expires_soon=expires_in is not None and expires_in < max(BEFORE_EXPIRY),
    )


def _share(connection: Connection) -> int:
    share = str(connection.options.get(QUOTA_SHARE.name, QUOTA_SHARE.default))
    return int(share) if share.isdecimal() else 100
