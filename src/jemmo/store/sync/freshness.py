"""The age of each page's data and its status dot, derived from what was actually read of its streams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from jemmo.domain import brake, freshness, numbers
from jemmo.domain.freshness import COVERED_BY, PAGES
from jemmo.domain.key_care import KEY_REFUSALS
from jemmo.domain.status import Colour, colour
from jemmo.domain.stored_values import report_of
from jemmo.store.connections import paused_deletions
from jemmo.store.connections.connections import PARTED, is_running
from jemmo.store.db import plans
from jemmo.store.db.query import fetch_rows, fetch_value
from jemmo.store.models import Connection, ConnectionState, HeldDeletion, Organisation, SyncRun
from jemmo.store.sync.checkpoints import FIRST, LAST

_SYNCED_AT = """
    SELECT stream, CASE WHEN synced_at BETWEEN %s AND %s THEN synced_at END
    FROM checkpoint WHERE connection_id = %s"""

_REREAD_AT = """
    SELECT CASE WHEN count(*) = count(at) THEN min(at) END
    FROM (SELECT CASE WHEN reread_at BETWEEN %s AND %s THEN reread_at END AS at
        FROM checkpoint WHERE connection_id = %s AND stream = ANY(%s)) streams"""

_ENDED = ("id", "scope", "report")
_RUNNING = ("id", "scope", "mode", "report", "started_at")

_FACTS = f"""
    SELECT c.id,
        ARRAY(SELECT p.stream FROM checkpoint p WHERE p.connection_id = c.id ORDER BY p.stream),
        ARRAY(SELECT CASE WHEN p.synced_at BETWEEN %s AND %s THEN p.synced_at END
            FROM checkpoint p WHERE p.connection_id = c.id ORDER BY p.stream),
        {", ".join(f"ended.{name}" for name in _ENDED)},
        {", ".join(f"running.{name}" for name in _RUNNING)},
        EXISTS (SELECT FROM held_deletion h
            WHERE h.connection_id = c.id AND h.closed_at IS NULL AND h.released_at IS NULL)
    FROM connection c LEFT JOIN LATERAL (
        SELECT {", ".join(_ENDED)} FROM sync_run r
        WHERE r.connection_id = c.id AND r.status <> 'running' ORDER BY r.started_at DESC LIMIT 1
    ) ended ON true LEFT JOIN LATERAL (
        SELECT {", ".join(_RUNNING)} FROM sync_run r
        WHERE r.connection_id = c.id AND r.status = 'running' ORDER BY r.started_at DESC LIMIT 1
    ) running ON true
    WHERE c.org_id = %s"""
"""What every page shows about the connections, in one statement instead of four per connection."""

RESUMED = frozenset(("cancelled", "interrupted"))
"""Errors of a sync that was stopped. They no longer matter while the next sync, which continues it, is running."""

WORST_FIRST = (Colour.LOADING, Colour.RED, Colour.YELLOW, Colour.GREEN)


@dataclass(frozen=True)
class Failure:
    """The error of a connection's last sync, or a refusal of its key that something else noticed."""

    name: str
    error: Mapping[str, Any]

    @property
    def is_key_refused(self) -> bool:
        """Whether the ATS refuses the key, whatever noticed it. The last sync may still have succeeded."""
        return self.error["code"] in KEY_REFUSALS


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """The state of a page's data, for one connection or for all.

    ``colour`` is ``None`` if no ATS is connected. ``failures`` are those of all connections. ``read`` counts the
    records read by the running syncs; ``synced_at`` is ``None`` before the first sync, and ``begun`` says whether that
    has started. ``decisions`` wait for an owner or admin, one per connection, in the shape of
    ``jemmo.domain.brake.decision``.
    """

    colour: Colour | None
    synced_at: datetime | None
    failures: tuple[Failure, ...] = ()
    files_error: dict[str, Any] | None = None
    read: int = 0
    begun: bool = False
    decisions: tuple[dict[str, Any], ...] = ()

    @property
    def error(self) -> Mapping[str, Any] | None:
        """The error, for one connection."""
        return next((failure.error for failure in self.failures), None)

    @property
    def is_key_refused(self) -> bool:
        """Whether refused keys are the only failures."""
        return bool(self.failures) and all(failure.is_key_refused for failure in self.failures)

    @property
    def decision(self) -> dict[str, Any] | None:
        """The pending decision, for one connection."""
        return next(iter(self.decisions), None)


class ConnectionSnapshot:
    """A connection with the facts that determine its state. Each is read at most once, or set in advance."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @cached_property
    def times(self) -> dict[str, datetime | None]:
        return synced_at(self.connection.id)

    @cached_property
    def running(self) -> SyncRun | None:
        return self.connection.runs.filter(status="running").order_by("-started_at").first()

    @cached_property
    def latest(self) -> SyncRun | None:
        """The last sync that ended."""
        return _ended(self.connection).first()

    @property
    def begun(self) -> bool:
        """Whether the first sync has started, whatever its outcome."""
        return bool(self.running or self.latest or any(self.times.values()))

    @cached_property
    def waiting(self) -> list[HeldDeletion]:
        return paused_deletions.waiting(self.connection)

    def decision_of(self, pages: Sequence[str]) -> dict[str, Any] | None:
        """The pending decision about these pages' streams, or about the whole connection if they cover it."""
        streams = {stream for page in pages for stream in PAGES[page]}
        whole = set(PAGES) <= set(pages)
        rows = [row for row in self.waiting if whole or row.stream in streams]
        return paused_deletions.decision(self.connection, rows)

    def latest_of(self, page: str) -> SyncRun | None:
        """The last sync of the page's streams that has ended."""
        if self.latest is None or _covers(self.latest, page):
            return self.latest
        return _ended(self.connection).filter(scope__in=COVERED_BY[page]).first()


def connection_snapshots(org: Organisation) -> list[ConnectionSnapshot]:
    """Return snapshots of all connections of an organization, for use on several pages."""
    return snapshots_of(org, org.connections.select_related("lease"))


@plans.kept()
def snapshots_of(org: Organisation, connections: Iterable[Connection]) -> list[ConnectionSnapshot]:
    """Return snapshots of these connections of an organization, with the facts that every page needs."""
    snapshots = [ConnectionSnapshot(connection) for connection in connections]
    if snapshots:
        _set_facts(org, {each.connection.id: each for each in snapshots})
    return snapshots


def _set_facts(org: Organisation, snapshots: Mapping[UUID, ConnectionSnapshot]) -> None:
    """Read the facts of all snapshots with one statement."""
    rows = fetch_rows(_FACTS, [FIRST, LAST, org.pk])
    for connection_id, streams, times, *runs, has_held in rows:
        if snapshot := snapshots.get(connection_id):
            snapshot.times = dict(zip(streams, times, strict=True))
            snapshot.latest = _run(connection_id, _ENDED, runs[: len(_ENDED)])
            snapshot.running = _run(connection_id, _RUNNING, runs[len(_ENDED) :])
            if not has_held:
                snapshot.waiting = []


def _run(connection_id: UUID, columns: Sequence[str], values: Sequence[Any]) -> SyncRun | None:
    """Return a run with only these columns; ``None`` if there is none."""
    facts = dict(zip(columns, values, strict=True))
    if facts["id"] is None:
        return None
    facts["report"] = report_of(msgspec.json.decode(facts["report"]))
    return SyncRun(connection_id=connection_id, **facts)


def overall(connections: Iterable[ConnectionSnapshot], *pages: str, now: datetime) -> Freshness:
    """Return the state of some pages over several connections, except disconnected ones."""
    counted = [each for each in connections if each.connection.state not in PARTED]
    states = [freshness_of(each, *pages, now=now) for each in counted]
    return replace(
        _worst(states),
        read=sum(state.read for state in states),
        begun=any(state.begun for state in states),
    )


def freshness_of(seen: ConnectionSnapshot, *pages: str, now: datetime) -> Freshness:
    """Return the state of some or all pages of one connection, with the oldest time if all of them were synced."""
    run = seen.running if is_running(seen.connection, now) else None  # None if it has just ended
    pages = pages or tuple(PAGES)
    decision = seen.decision_of(pages)
    states = [_page(seen, page, run is not None and _covers(run, page), run, now) for page in pages]
    worst = _worst(states)
    moments = [state.synced_at for state in states]
    return Freshness(
        colour=Colour.YELLOW if decision and worst.colour is Colour.GREEN else worst.colour,
        decisions=(decision,) if decision else (),
        synced_at=None if None in moments else worst.synced_at,
        failures=worst.failures,
        files_error=worst.files_error,
        read=worst.read,
        begun=seen.begun,
    )


def synced_at(connection_id: UUID) -> dict[str, datetime | None]:
    """When each stream of a connection was last synced."""
    return dict(fetch_rows(_SYNCED_AT, [FIRST, LAST, connection_id]))


@plans.kept()
def reread_at(connection_id: UUID) -> datetime | None:
    """When the last complete reread ended; ``None`` while a stream was never completely read."""
    records = [str(stream) for stream in numbers.RECORDS]
    finished_at: datetime | None = fetch_value(_REREAD_AT, [FIRST, LAST, connection_id, records])
    return finished_at


def page_synced_at(connection_id: UUID, page: str) -> datetime | None:
    """When everything that a page shows of one connection was last synced."""
    return freshness.page_synced_at(page, synced_at(connection_id))


def _page(
    seen: ConnectionSnapshot, page: str, running: bool, run: SyncRun | None, now: datetime
) -> Freshness:
    at, error = freshness.page_synced_at(page, seen.times), _error(seen, page)
    if running and error and error["code"] in RESUMED:
        error = None
    files_error = (
        seen.connection.files_error if page == "talents" else None
    )  # files belong to talents
    return Freshness(
        colour=colour(
            last_success_at=at,
            last_error=error,
            files_error=files_error,
            running=running,
            now=now,
        ),
        synced_at=at,
        failures=(Failure(seen.connection.display_name, error),) if error else (),
        files_error=files_error,
        read=_read(run) if run is not None and running else 0,
    )


def _covers(run: SyncRun, page: str) -> bool:
    """Whether a run reads the page's streams."""
    return run.scope in COVERED_BY[page]


def _worst(states: Sequence[Freshness]) -> Freshness:
    """The most urgent state, with the oldest time."""
    by_urgency = sorted(states, key=lambda state: WORST_FIRST.index(state.colour or Colour.GREEN))
    if not by_urgency:
        return Freshness(colour=None, synced_at=None)
    worst = by_urgency[0]
    return Freshness(
        colour=worst.colour,
        synced_at=freshness.oldest(state.synced_at for state in by_urgency),
        failures=_distinct(failure for state in by_urgency for failure in state.failures),
        files_error=next((state.files_error for state in by_urgency if state.files_error), None),
        read=worst.read,
        decisions=tuple(decision for state in states for decision in state.decisions),
    )


def _distinct(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """Distinct errors, since both pages of a connection fail with the same one."""
    distinct: list[Failure] = []
    for failure in failures:
        if failure not in distinct:
            distinct.append(failure)
    return tuple(distinct)


def _error(seen: ConnectionSnapshot, page: str) -> Mapping[str, Any] | None:
    """Return the error of the last sync of the page's streams. Paused deletions are not an error.

    The connection's own error counts if it came from such a sync, or concerns the key and therefore every page. While a
    connection is paused, nothing is retried and so nothing fails; its error counts again once it is resumed.
    """
    connection, latest = seen.connection, seen.latest
    if connection.state == ConnectionState.PAUSED:
        return None
    error = brake.failure(connection.last_error)
    if latest is None or _covers(latest, page) or connection.state == ConnectionState.REFUSED:
        return error
    if error != brake.failure(latest.report.get("error")):
        return error
    own = seen.latest_of(page)
    return brake.failure(own.report.get("error")) if own else None


def _ended(connection: Connection) -> QuerySet[SyncRun]:
    runs = SyncRun.objects.filter(connection=connection).exclude(status="running")
    return runs.order_by("-started_at").only("scope", "report")


def _read(run: SyncRun) -> int:
    return numbers.numbers_of(run.report.get("streams", {})).read
