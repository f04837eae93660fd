"""A connection's state as its card shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec import Struct
from procrastinate.contrib.django.models import ProcrastinateJob

from jemmo.connectors.base import QUOTA_SHARE, Connector
from jemmo.connectors.registry import CONNECTORS
from jemmo.domain.estimate import left
from jemmo.domain.status import Colour, colour
from jemmo.services import webhooks
from jemmo.services.schedule import is_late, is_slow, next_sync_at
from jemmo.services.status import counts_of
from jemmo.services.webhooks import WebhookStatus
from jemmo.store.models import (
    Connection,
    ConnectionState,
    HeldDeletion,
    Organisation,
    StreamCheckpoint,
    SyncRun,
)
from jemmo.store.selectors.connections import (
    PARTED,
    RUNS_SHOWN,
    history,
    is_running,
    listed,
    requests_since,
)

ROTATE_AFTER = 90  # days
EXPIRY_WARNING = 30  # days
DAY = timedelta(days=1)


class Progress(Struct, frozen=True, kw_only=True):
    """How far the sync under way is: records seen of those the ATS counts, and what is left of its time."""

    run: SyncRun
    read: int
    total: int | None
    left: timedelta | None


class Key(Struct, frozen=True, kw_only=True):
    """The age of a key in days; ``due`` says that it should be replaced, ``expires_in`` is in days too."""

    age: int
    due: bool
    expires_in: int | None
    expires_soon: bool


class Card(Struct, frozen=True, kw_only=True):
    """All that a connection's card shows. ``runs`` are the latest, newest first.

    ``late`` says that a sync is due and none has started, ``slow`` that one takes much longer than those before.
    """

    connection: Connection
    connector: Connector | None
    colour: Colour | None
    next_sync_at: datetime | None
    counts: dict[str, int]
    key: Key
    runs: list[SyncRun]
    older: bool
    progress: Progress | None
    held: list[HeldDeletion]
    requests_today: int
    share: int
    waits_for_start: bool
    queued: bool
    late: bool
    slow: bool
    webhook: WebhookStatus

    @property
    def changes_soon(self) -> bool:
        """Whether to look again in a moment."""
        return self.colour is Colour.LOADING or self.queued or self.leaving

    @property
    def leaving(self) -> bool:
        return bool(self.connection.state == ConnectionState.LEAVING)


def of(org: Organisation, *, now: datetime | None = None) -> list[Card]:
    """A card for each connection of the organisation."""
    return [card(one, now=now) for one in listed(org)]


def card(
    connection: Connection, *, now: datetime | None = None, before: datetime | None = None
) -> Card:
    """One connection's card; ``before`` begins its history further back."""
    now = now or datetime.now(UTC)
    runs = history(connection, before=before)
    running = is_running(connection, now)
    parted = connection.state in PARTED
    return Card(
        connection=connection,
        connector=CONNECTORS.get(connection.provider),
        colour=None if parted else _colour(connection, running, now),
        next_sync_at=next_sync_at(connection, now),
        counts=counts_of(connection),
        key=_key(connection, now),
        runs=runs[:-1] if len(runs) > RUNS_SHOWN else runs,
        older=len(runs) > RUNS_SHOWN,
        progress=_progress(connection, now) if running else None,
        held=list(HeldDeletion.objects.filter(connection=connection).order_by("stream")),
        requests_today=requests_since(connection, now - DAY),
        share=_share(connection),
        waits_for_start=connection.state == ConnectionState.PAUSED
        and not SyncRun.objects.filter(connection=connection).exists(),
        queued=not running and not parted and _queued(connection),
        late=is_late(connection, now),
        slow=is_slow(connection, now),
        webhook=webhooks.status(connection, now),
    )


def _queued(connection: Connection) -> bool:
    """Whether a sync waits for a worker to take it up."""
    waiting = ProcrastinateJob.objects.filter(
        lock=f"sync:{connection.id}", task_name="sync_connection", status__in=("todo", "doing")
    )
    return bool(waiting.exists())


def _colour(connection: Connection, running: bool, now: datetime) -> Colour:
    return colour(
        last_success_at=connection.last_success_at,
        last_error=connection.last_error,
        running=running,
        now=now,
    )


def _key(connection: Connection, now: datetime) -> Key:
    age = (now - connection.key_set_at).days
    expires = connection.key_expires_at
    expires_in = (expires - now).days if expires else None
    return Key(
        age=age,
        due=age >= ROTATE_AFTER,
        expires_in=expires_in,
        expires_soon=expires_in is not None and expires_in < EXPIRY_WARNING,
    )


def _progress(connection: Connection, now: datetime) -> Progress | None:
    run = connection.runs.filter(status="running").order_by("-started_at").first()
    if run is None:
        return None
    points = list(StreamCheckpoint.objects.filter(connection=connection).exclude(mode=None))
    seen = sum(one.seen for one in points)
    totals = [one.total for one in points if one.total is not None]
    total = sum(totals) if totals and len(totals) == len(points) else None
    fetched = sum(one.get("fetched", 0) for one in run.report.get("streams", {}).values())
    return Progress(
        run=run,
        read=fetched,
        total=total,
        left=left((now - run.started_at).total_seconds(), seen, total),
    )


def _share(connection: Connection) -> int:
    given = str(connection.options.get(QUOTA_SHARE.name, QUOTA_SHARE.default))
    return int(given) if given.isdecimal() else 100
