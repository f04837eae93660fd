"""A sync run as programs read it, with the numbers that pages show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from jemmo.domain import numbers
from jemmo.domain.masking import without_contacts
from jemmo.services.base.decided_errors import decided_error
from jemmo.store.models import SyncRun


class ErrorRow(Struct, frozen=True, kw_only=True):
    """An error or a warning, with its next step. ``count`` is the number of occurrences."""

    code: str
    message: str
    next_step: str | None = None
    count: int = 1


class RecordCounts(Struct, frozen=True, kw_only=True):
    """The jobs, talents, and applications of a sync. ``changed`` adds ``created``, ``updated``, and ``deleted``."""

    read: int
    created: int
    updated: int
    deleted: int
    changed: int


class RunRow(Struct, frozen=True, kw_only=True):
    """A sync. ``only`` is ``jobs`` or ``talents`` if the sync reads only those records.

    ``records`` are the counts that pages show. They are ``null`` until the sync ends, because Jemmo doesn't know
    before then which new records a rule excludes. ``streams`` has the counts for each stream, as in
    ``jemmo sync --json``. ``again`` means that an initial sync rereads records that had all been read before.
    """

    id: UUID
    connection_id: UUID
    mode: str
    trigger: str
    only: str | None
    status: str
    started_at: datetime
    finished_at: datetime | None
    again: bool
    requests: int
    seconds: float
    records: RecordCounts | None
    streams: dict[str, dict[str, int]]
    error: ErrorRow | None
    warnings: list[ErrorRow]


def run_row(run: SyncRun) -> RunRow:
    report: Mapping[str, Any] = run.report
    streams = report.get("streams") or {}
    error = report.get("error")
    return RunRow(
        id=run.id,
        connection_id=run.connection_id,
        mode=run.mode,
        trigger=run.trigger,
        only=run.scope or None,
        status=run.status,
        started_at=run.started_at,
        finished_at=run.finished_at,
        again=run.again,
        requests=int(_number(report.get("requests"))),
        seconds=_number(report.get("seconds")),
        records=_records(streams) if run.status != "running" else None,
        streams=streams,
        error=_error(decided_error(run.connection, error, run.finished_at)) if error else None,
        warnings=[_error(warning) for warning in report.get("warnings") or ()],
    )


def _records(streams: numbers.Lines) -> RecordCounts:
    counts = numbers.numbers_of(streams)
    return RecordCounts(
        read=counts.read,
        created=counts.created,
        updated=counts.updated,
        deleted=counts.deleted,
        changed=counts.changed,
    )


def _error(stored: Mapping[str, Any]) -> ErrorRow:
    return ErrorRow(
        code=str(stored.get("code") or "error"),
        message=without_contacts(stored.get("message")) or "",
        next_step=stored.get("next_step"),
        count=int(_number(stored.get("count"))) or 1,
    )


def _number(value: object) -> float:
    """Return a number from a report that another version may have written."""
    return value if isinstance(value, int | float) else 0
