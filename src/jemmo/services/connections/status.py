"""The state of every connection, at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from jemmo.domain.key_care import Reminder
from jemmo.domain.status import Colour
from jemmo.domain.streams import REREAD_WITHIN
from jemmo.services.connections import key_care
from jemmo.services.connections.history_limit import History
from jemmo.services.sync.schedule import is_late, is_slow, next_sync_at
from jemmo.store.connections.connections import PARTED
from jemmo.store.connections.counts import visible_counts
from jemmo.store.files import stored_files
from jemmo.store.models import Connection, ConnectionState, Organisation, SyncRun
from jemmo.store.sync import freshness, refused_requests

ABOUT_ALL = frozenset(("clock_off", "clock_ahead", "quota_used", "lookup_refused"))
"""Warnings of a sync that concern the connection as a whole."""


class Reread(Struct, frozen=True, kw_only=True):
    """How often every record's content is read again, and when that last happened.

    ``last_at`` is when the least recently reread stream was last read completely; ``None`` before the first time.
    """

    within_days: int
    last_at: datetime | None

    @classmethod
    def of(cls, connection: Connection) -> Reread:
        return cls(within_days=REREAD_WITHIN.days, last_at=freshness.reread_at(connection.id))


class Refused(Struct, frozen=True, kw_only=True):
    """Requests for a list (``path``) that the ATS refused for this account, and when.

    ``part`` is the part of the requests that is refused, or ``list`` for all of them. ``names`` are the refused
    includes, for example. If there are none, the whole part is refused.
    """

    path: str
    part: str
    names: tuple[str, ...]
    at: datetime


def refused_by(connection: Connection) -> list[Refused]:
    """Return the requests that an account last refused with its current key."""
    kept = refused_requests.read(msgspec.json.encode(connection.refused).decode())
    return [
        Refused(path=refusal.path, part=refusal.part, names=refusal.names, at=refusal.at)
        for refusal in sorted(
            kept.refusals, key=lambda refusal: (refusal.path, refusal.part, refusal.names)
        )
        if refusal.at >= connection.key_set_at
    ]


class ConnectionStatus(Struct, frozen=True, kw_only=True):
    """A connection's status, as in ``jemmo status --json``. Counts don't include records that rules exclude.

    Jemmo has every change made in the ATS before ``last_success_at``. ``synced_at`` is the same time for each stream
    (docs/counts-and-times.md). ``reread`` is how often, in days, the content of every record is read again, and when
    this was last completed. ``late`` means that a sync is due but has not started, and ``slow`` that a running sync
    is taking much longer than earlier ones. ``failures`` is the number of consecutive failures. ``key_reminder`` is
    the next step for the key, ``files_error`` is the error that stops file downloads, and ``decision`` lists the
    deletions that await a decision by an owner or admin. ``warnings`` are the last sync's warnings about the whole
    connection that still apply, each with its code and message. ``history`` is how many years are read and the day on
    which they begin, or ``null`` if everything is read. ``recent_ready`` means that changes from the 30 days before
    the first sync are stored, while older records may still be missing. ``refused`` lists requests that the ATS
    refuses for this account. Jemmo retries them only once a day. ``org_deleted_at`` is when the organization will be
    deleted, or ``null`` if nobody requested it. The ``colour`` of a disconnected connection is yellow, because its data
    is not kept up to date, but nothing is failing.
    """

    id: UUID
    org: str
    provider: str
    state: str
    colour: str
    last_success_at: datetime | None
    synced_at: dict[str, datetime | None]
    reread: Reread
    next_sync_at: datetime | None
    key_age_days: int | None
    key_expires_at: datetime | None
    key_reminder: Reminder | None
    history: History | None
    recent_ready: bool
    late: bool
    slow: bool
    failures: int
    error: Mapping[str, Any] | None
    decision: dict[str, Any] | None
    warnings: list[dict[str, str]]
    counts: dict[str, int]
    refused: list[Refused]
    files: stored_files.FileCounts
    files_error: dict[str, str] | None
    org_deleted_at: datetime | None


def overview(org: Organisation | None = None) -> list[ConnectionStatus]:
    """Return the status of every connection, or of one organization's."""
    connections = Connection.objects.select_related("org", "lease").order_by(
        "org__slug", "created_at"
    )
    if org is not None:
        connections = connections.filter(org=org)
    now = datetime.now(UTC)
    return [status_of(connection, now) for connection in connections]


def status_of(connection: Connection, now: datetime) -> ConnectionStatus:
    """Return the status of one connection, with its organization loaded."""
    seen = freshness.ConnectionSnapshot(connection)
    state = freshness.freshness_of(seen, now=now)
    parted = connection.state in PARTED
    return ConnectionStatus(
        id=connection.id,
        org=connection.org.slug,
        provider=connection.provider,
        state=connection.state,
        colour=str(Colour.YELLOW if parted else state.colour),
        last_success_at=state.synced_at,
        synced_at=seen.times,
        reread=Reread.of(connection),
        next_sync_at=next_sync_at(connection, now),
        key_age_days=None if parted else (now - connection.key_set_at).days,
        key_expires_at=connection.key_expires_at,
        key_reminder=key_care.key_reminder_of(connection, now),
        history=History.of(connection),
        recent_ready=state.synced_at is not None or _recent_ready(seen),
        late=is_late(connection, now),
        slow=is_slow(connection, now),
        failures=0 if parted else connection.failures,
        error=None if parted else state.error,
        decision=state.decision,
        warnings=_warnings(connection, seen.latest, now),
        counts=visible_counts(connection),
        refused=refused_by(connection),
        files=stored_files.counts_of(connection),
        files_error=None if parted else connection.files_error,
        org_deleted_at=connection.org.deleted_at,
    )


def _recent_ready(seen: freshness.ConnectionSnapshot) -> bool:
    return any(run.recent_ready for run in (seen.running, seen.latest) if run is not None)


def _warnings(
    connection: Connection, latest: SyncRun | None, now: datetime
) -> list[dict[str, str]]:
    """Return the last sync's warnings that still apply. One about the quota announces the next sync."""
    resumes = connection.state == ConnectionState.ACTIVE and connection.due_at > now
    outdated = ABOUT_ALL if connection.state in PARTED else set() if resumes else {"quota_used"}
    warnings = latest.report.get("warnings", []) if latest is not None else []
    return [
        {"code": warning["code"], "message": warning["message"]}
        for warning in warnings
        if warning["code"] in ABOUT_ALL - outdated
    ]
