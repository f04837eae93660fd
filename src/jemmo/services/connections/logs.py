"""Errors and warnings of syncs with their explanations, for pages, downloads and the command line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from jemmo.connectors.base import Connector
from jemmo.connectors.registry import CONNECTORS
from jemmo.domain.brake import CODE, DECISION_TEXTS, LINKS_CODE, Decision
from jemmo.domain.error_catalog import UNKNOWN, ErrorKind, Wording, entry_of, worded
from jemmo.domain.masking import without_contacts
from jemmo.services.base.decided_errors import paused_message
from jemmo.store.connections import logs
from jemmo.store.connections.paused_deletions import decision_since
from jemmo.store.db.visible import SHOWN
from jemmo.store.models import Connection, Job, Organisation, Rejection, SyncRun, Talent

DOWNLOADED = 20_000  # entries; use a filter to get the others


class Line(Struct, frozen=True, kw_only=True):
    """An entry as text, with links to its run and record. It contains no contact details."""

    entry: logs.Entry
    kind: ErrorKind
    wording: Wording
    connection: Connection
    example: str | None
    connector: Connector | None
    record: tuple[str, UUID] | None = None
    decided: Decision | None = None
    paused: dict[str, Any] = {}

    @property
    def message(self) -> str:
        """What happened, without a request for a review after the decision."""
        if not self.paused:
            return self.wording.message
        return paused_message(self.connection, self.paused, is_decided=bool(self.decided))

    @property
    def next_step(self) -> str:
        """The next step, or the decision made since."""
        return DECISION_TEXTS[self.decided] if self.decided else self.wording.next_step

    @property
    def error(self) -> dict[str, Any]:
        """What a page needs to render the error in the reader's language, and without a question that was answered."""
        facts: dict[str, Any] = {} if self.entry.facts is None else {"facts": self.entry.facts}
        if self.paused:
            facts |= {**self.paused, "connection": self.connection.display_name}
        return {
            "code": self.entry.code,
            "variant": self.entry.variant,
            "message": self.wording.message,
            "decided": self.decided,
            **facts,
        }

    @property
    def status_page(self) -> str:
        """The ATS's status page, if it has one."""
        return self.connector.status_page if self.connector else ""


class Page(Struct, frozen=True, kw_only=True):
    lines: list[Line]
    listing: logs.LogPage
    connections: list[Connection]


class LogRow(Struct, frozen=True, kw_only=True):
    """A log entry. ``count`` is the number of occurrences, and ``remote_id`` is one of the affected records."""

    id: str
    at: datetime
    severity: str
    kind: ErrorKind
    code: str
    message: str
    next_step: str
    count: int
    stream: str | None
    remote_id: str | None
    field: str | None
    provider: str
    connection_id: UUID
    run_id: UUID | None
    status_page: str
    docs_url: str


class RejectionRow(Struct, frozen=True, kw_only=True):
    """A rejected record. ``at`` is when it was last rejected, and ``times`` is how often it was rejected."""

    id: str
    at: datetime
    stream: str
    remote_id: str | None
    code: str
    field: str | None
    message: str
    next_step: str
    times: int
    connection_id: UUID
    run_id: UUID | None


def log_page(org: Organisation, filters: logs.LogFilters, *, now: datetime) -> Page:
    """One page of the log. Each line links its record if the reader may see it."""
    listing = logs.log_page(org, filters, now=now)
    connections = {
        connection.id: connection for connection in org.connections.order_by("created_at")
    }
    records = _records(org, listing.entries)
    return Page(
        lines=[
            _line(entry, connections, records.get((entry.connection_id, entry.example or "")))
            for entry in listing.entries
        ],
        listing=listing,
        connections=list(connections.values()),
    )


def every(org: Organisation, filters: logs.LogFilters, *, now: datetime) -> Iterator[Line]:
    """All matching entries, newest first, up to ``DOWNLOADED``."""
    connections = {connection.id: connection for connection in org.connections.all()}
    for entry in logs.every(org, filters, now=now, most=DOWNLOADED):
        yield _line(entry, connections, None)


def rows(
    org: Organisation, filters: logs.LogFilters, *, now: datetime, size: int
) -> tuple[list[LogRow], str]:
    """Return a page of the log for programs, and the cursor of the next page, empty at the end."""
    listing = logs.log_page(org, filters, now=now, size=size)
    connections = {connection.id: connection for connection in org.connections.all()}
    lines = [_line(entry, connections, None) for entry in listing.entries]
    return [_row(line) for line in lines], listing.more


def rejection_row(rejection: Rejection) -> RejectionRow:
    """Return a rejection with the log's wording."""
    wording = _worded(rejection.code, {"field": rejection.field}, "", rejection.message)
    return RejectionRow(
        id=str(rejection.id),
        at=rejection.at,
        stream=rejection.stream,
        remote_id=without_contacts(rejection.remote_id),
        code=rejection.code,
        field=rejection.field,
        message=wording.message,
        next_step=wording.next_step,
        times=rejection.times,
        connection_id=rejection.connection_id,
        run_id=rejection.run_id,
    )


def _row(line: Line) -> LogRow:
    known = plain(line)
    own = {name: known[name] for name in LogRow.__struct_fields__ if name in known}
    return LogRow(id=line.entry.key, **own)


def plain(line: Line) -> dict[str, Any]:
    """Return a line in the shape of ``jemmo logs --json`` and the downloads, with times in UTC."""
    entry = line.entry
    return {
        "at": entry.at,
        "severity": entry.severity,
        "kind": line.kind,
        "code": entry.code,
        "means": line.message,
        "message": line.message,
        "next_step": line.next_step,
        "count": entry.count,
        "stream": entry.stream,
        "remote_id": line.example,
        "field": entry.field,
        "provider": line.connection.provider,
        "connection_id": entry.connection_id,
        "run_id": entry.run_id,
        "status_page": line.status_page,
        "docs_url": line.connector.docs_url if line.connector else "",
    }


def _line(
    entry: logs.Entry, connections: dict[UUID, Connection], record: tuple[str, UUID] | None
) -> Line:
    connection = connections[entry.connection_id]
    connector = CONNECTORS.get(connection.provider)
    run, error = _paused(entry)
    return Line(
        entry=entry,
        kind=entry_of(entry.code, entry.variant).kind,
        wording=_wording(entry),
        connection=connection,
        example=without_contacts(entry.example),
        connector=connector,
        record=record,
        decided=decision_since(connection.id, error, run.finished_at)
        if run and run.finished_at
        else None,
        paused={name: error[name] for name in ("paused", "deleted") if name in error}
        if entry.code == CODE
        else {},
    )


def _paused(entry: logs.Entry) -> tuple[SyncRun | None, dict[str, Any]]:
    """Return the sync that paused deletions and its error, with the deletions of each stream; or neither.

    An entry about links of records whose deletion was paused depends on the same decision.
    """
    if entry.code.partition(":")[0] not in {CODE, LINKS_CODE} or entry.run_id is None:
        return None, {}
    run = SyncRun.objects.filter(id=entry.run_id).first()
    error = (run and run.report.get("error")) or {}
    return (run, error) if error.get("paused") else (None, {})


def _wording(entry: logs.Entry) -> Wording:
    return _worded(entry.code, entry.facts, entry.variant, entry.message)


def _worded(code: str, facts: dict[str, Any] | None, variant: str, message: str) -> Wording:
    """Return the English text. An entry without facts, or from another version, keeps its stored message."""
    wording = worded(code, facts, variant)
    if facts is not None and entry_of(code) is not UNKNOWN:
        return wording
    return Wording(without_contacts(message) or wording.message, wording.next_step)


def _records(
    org: Organisation, entries: list[logs.Entry]
) -> dict[tuple[UUID, str], tuple[str, UUID]]:
    """Return the jobs and talents that the entries name, as page and id."""
    named = {entry.example for entry in entries if entry.example}
    if not named:
        return {}
    links: dict[tuple[UUID, str], tuple[str, UUID]] = {}
    for kind, model in (("job", Job), ("talent", Talent)):
        rows = model.objects.filter(SHOWN, org=org, remote_id__in=named)
        for connection_id, remote_id, record_id in rows.values_list(
            "connection_id", "remote_id", "id"
        ):
            links.setdefault((connection_id, remote_id), (kind, record_id))
    return links
