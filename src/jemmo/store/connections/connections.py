"""The state of connections, as pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from jemmo.domain.streams import Stream
from jemmo.store.db import plans
from jemmo.store.db.query import fetch_column
from jemmo.store.models import Connection, ConnectionState, Organisation, RequestCount, SyncRun

WITHOUT_APPLICATIONS = """
    SELECT t.connection_id FROM checkpoint t JOIN connection c ON c.id = t.connection_id
    WHERE c.org_id = %s AND t.stream = 'talents' AND NOT EXISTS (
        SELECT FROM checkpoint a WHERE a.connection_id = t.connection_id AND a.stream = 'applications')"""
PARTED = (ConnectionState.DISCONNECTED, ConnectionState.LEAVING)
RUNS_SHOWN = 30
REJECTIONS_SHOWN = 100


def is_running(connection: Connection, now: datetime) -> bool:
    """Whether a sync is in progress, judging by its lease, which is correct even after a kill -9."""
    lease = getattr(connection, "lease", None)
    return lease is not None and lease.expires_at > now


def listed(org: Organisation) -> list[Connection]:
    """The organization's connections, oldest first, disconnected ones last."""
    return _ordered(org.connections.select_related("lease", "org"))


@plans.kept()
def _ordered(connections: QuerySet[Connection]) -> list[Connection]:
    return sorted(
        connections.order_by("created_at"), key=lambda connection: connection.state in PARTED
    )


def display_names(connections: Sequence[Connection]) -> dict[UUID, str]:
    """Return a distinct name for each connection: its label, with the account or the key if labels repeat."""
    labels = {connection.id: connection.display_name.strip() for connection in connections}
    return {
        connection.id: labels[connection.id]
        if list(labels.values()).count(labels[connection.id]) == 1
        else f"{labels[connection.id]} · {connection.account_name or connection.key_hint or str(connection.id)[:8]}"
        for connection in connections
    }


def connection_choices(org: Organisation) -> list[tuple[UUID, str]]:
    """The connections that a list can be filtered by, with their names; none if there is only one."""
    named = ("org", "label", "provider", "account_name", "key_hint", "state")
    names = display_names(_ordered(org.connections.only(*named)))
    return list(names.items()) if len(names) > 1 else []


def without_applications(org: Organisation) -> set[UUID]:
    """The connections that have read talents but never applications, so that counts of these are unknown."""
    return set(fetch_column(WITHOUT_APPLICATIONS, [org.pk]))


def name_connections(records: Iterable[Any], named: Iterable[tuple[UUID, str]]) -> None:
    """Set each record's ``ats`` to the name of its connection, or to an empty string if it isn't named."""
    names = dict(named)
    for record in records:
        record.ats = names.get(record.connection_id, "")


def find_connection(org: Organisation, connection_id: UUID) -> Connection | None:
    connections = org.connections.select_related("lease", "org")
    return connections.filter(id=connection_id).first()


@plans.kept()
def history(connection: Connection, *, before: datetime | None = None) -> list[SyncRun]:
    """A page of a connection's runs, newest first, plus one more if there are older ones."""
    runs = connection.runs.order_by("-started_at", "id")
    if before is not None:
        runs = runs.filter(started_at__lt=before)
    return list(runs[: RUNS_SHOWN + 1])


@plans.kept()
def requests_since(connection: Connection, since: datetime) -> int:
    """Count the requests of syncs that started since then, and of all other work, such as downloading files."""
    sent = Cast(KeyTextTransform("requests", "report"), BigIntegerField())
    totals = connection.runs.filter(started_at__gte=since).aggregate(sent=Sum(sent))
    outside_syncs = RequestCount.objects.filter(connection=connection, at__gte=since)
    return (totals["sent"] or 0) + (outside_syncs.aggregate(sent=Sum("count"))["sent"] or 0)


def run(org: Organisation, run_id: UUID) -> dict[str, Any] | None:
    """One run with its counts and rejections, or ``None``."""
    sync_run = (
        SyncRun.objects.filter(id=run_id, connection__org=org).select_related("connection").first()
    )
    if sync_run is None:
        return None
    streams = sync_run.report.get("streams", {})
    kept_out = sync_run.rejections.order_by("-at", "id")
    return {
        "run": sync_run,
        "streams": {name.value: streams[name] for name in Stream if name in streams},
        "rejections": list(kept_out[:REJECTIONS_SHOWN]),
        "rejected": kept_out.count(),
    }
