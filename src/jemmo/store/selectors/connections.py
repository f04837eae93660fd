"""How the connections are doing, as pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from jemmo.domain.status import Colour, colour
from jemmo.domain.streams import Stream
from jemmo.store.models import Connection, ConnectionState, Organisation, SyncRun

WORST_FIRST = (Colour.LOADING, Colour.RED, Colour.YELLOW, Colour.GREEN)
PARTED = (ConnectionState.DISCONNECTED, ConnectionState.LEAVING)
RUNS_SHOWN = 30
REJECTIONS_SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class Health:
    """The organisation's syncs in one word. ``colour`` is ``None`` when no ATS is connected."""

    colour: Colour | None
    last_success_at: datetime | None
    error: dict[str, Any] | None
    read: int = 0


def health(org: Organisation, *, now: datetime) -> Health:
    """The state to show in the header: that of the connection that needs attention most."""
    connections = list(org.connections.exclude(state__in=PARTED).select_related("lease"))
    if not connections:
        return Health(colour=None, last_success_at=None, error=None)
    colours = [_colour(one, now) for one in connections]
    worst = min(range(len(colours)), key=lambda place: WORST_FIRST.index(colours[place]))
    chosen = connections[worst]
    times = [one.last_success_at for one in connections if one.last_success_at]
    return Health(
        colour=colours[worst],
        last_success_at=min(times) if times else None,
        error=chosen.last_error,
        read=_read(chosen) if colours[worst] is Colour.LOADING else 0,
    )


def _colour(connection: Connection, now: datetime) -> Colour:
    return colour(
        last_success_at=connection.last_success_at,
        last_error=connection.last_error,
        running=is_running(connection, now),
        now=now,
    )


def is_running(connection: Connection, now: datetime) -> bool:
    """Whether a sync is under way: somebody holds the lease. A run's own row says so even after a kill -9."""
    lease = getattr(connection, "lease", None)
    return lease is not None and lease.expires_at > now


def _read(connection: Connection) -> int:
    run = connection.runs.filter(status="running").order_by("-started_at").first()
    streams = run.report.get("streams", {}) if run else {}
    return sum(counts.get("fetched", 0) for counts in streams.values())


def listed(org: Organisation) -> list[Connection]:
    """The organisation's connections, oldest first, those that were disconnected last."""
    found = org.connections.select_related("lease", "org").order_by("created_at")
    return sorted(found, key=lambda one: one.state in PARTED)


def told_apart(org: Organisation) -> list[Connection]:
    """The connections to choose from in a list; none where there is but one."""
    found = listed(org)
    return found if len(found) > 1 else []


def one(org: Organisation, connection_id: UUID) -> Connection | None:
    found = org.connections.select_related("lease", "org")
    return found.filter(id=connection_id).first()


def history(connection: Connection, *, before: datetime | None = None) -> list[SyncRun]:
    """A page of its runs, newest first, and one more when there are older ones."""
    found = connection.runs.order_by("-started_at", "id")
    if before is not None:
        found = found.filter(started_at__lt=before)
    return list(found[: RUNS_SHOWN + 1])


def requests_since(connection: Connection, since: datetime) -> int:
    """How many requests the runs that began since then have sent."""
    sent = Cast(KeyTextTransform("requests", "report"), BigIntegerField())
    found = connection.runs.filter(started_at__gte=since).aggregate(sent=Sum(sent))
    return found["sent"] or 0


def run(org: Organisation, run_id: UUID) -> dict[str, Any] | None:
    """One run with its counts and what it kept out, or ``None``."""
    found = (
        SyncRun.objects.filter(id=run_id, connection__org=org).select_related("connection").first()
    )
    if found is None:
        return None
    streams = found.report.get("streams", {})
    kept_out = found.rejections.order_by("-at", "id")
    return {
        "run": found,
        "streams": {name.value: streams[name] for name in Stream if name in streams},
        "rejections": list(kept_out[:REJECTIONS_SHOWN]),
        "rejected": kept_out.count(),
    }
