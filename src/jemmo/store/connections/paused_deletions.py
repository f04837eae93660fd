"""The records that a paused deletion would delete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Func, Q, QuerySet, TextField

from jemmo.domain import brake
from jemmo.domain.brake import Decision, related
from jemmo.domain.streams import Stream
from jemmo.store.connections.connections import PARTED, is_running
from jemmo.store.db import scope
from jemmo.store.db.paging import ResultPage, page_number, page_rows
from jemmo.store.models import Application, Connection, HeldDeletion, Job, Talent
from jemmo.store.models.by_stream import MODELS


@dataclass(frozen=True, kw_only=True)
class HeldPage:
    """The paused deletions on a page.

    ``left`` counts the records that are not deleted yet. ``together`` lists the streams decided together, and
    ``records`` counts their deletions. ``dependents`` counts further applications that the decision covers. ``unseen``
    counts missing records that are confidential, so that this reader doesn't see them in the list. ``comparing``: a
    sync is running, so the list may still shrink.
    """

    held: HeldDeletion
    left: int
    together: list[HeldDeletion]
    records: int
    dependents: int
    stream: str
    listing: ResultPage[Any]
    unseen: int
    comparing: bool
    decision: dict[str, Any] | None


def waiting(connection: Connection) -> list[HeldDeletion]:
    """The deletions of a connection that wait for an owner's or admin's decision.

    A disconnected connection has none: no sync could delete anything.
    """
    if connection.state in PARTED:
        return []
    return in_order(connection.held_deletions.filter(closed_at=None, released_at=None))


def in_order(rows: Iterable[HeldDeletion]) -> list[HeldDeletion]:
    """Sort jobs before talents before applications, as in every list."""
    return sorted(rows, key=lambda row: row.place)


def kept_at(record: Job | Talent, stream: Stream) -> datetime | None:
    """When a person decided to keep this record although the ATS no longer listed it."""
    kept = HeldDeletion.objects.filter(
        connection=record.connection_id,
        stream=stream,
        remote_ids__contains=[record.remote_id],
        closed_at__isnull=False,
        released_at=None,
    )
    return kept.values_list("closed_at", flat=True).first()


def decision_since(
    connection_id: UUID, error: Mapping[str, Any], ended_at: datetime
) -> Decision | None:
    """The decision about the deletions paused by a sync that ended then; ``None`` while they wait.

    Only the latest pause of a stream is stored. If it is later than this sync, the deletions were paused again.
    """
    streams = [paused["stream"] for paused in error["paused"]]
    rows = list(HeldDeletion.objects.filter(connection=connection_id, stream__in=streams))
    if any(row.held_at > ended_at for row in rows):
        return Decision.ASKED_AGAIN
    if any(row.closed_at is None and row.released_at is None for row in rows):
        return None
    if not rows:
        return Decision.OVER
    approved = [row.released_at is not None for row in rows]
    return (
        Decision.APPROVED if all(approved) else Decision.DIVIDED if any(approved) else Decision.KEPT
    )


def with_decision(
    connection: Connection, error: Mapping[str, Any], ended_at: datetime | None
) -> dict[str, Any]:
    """Return a sync's error. About paused deletions, it names the connection, and the decision made since."""
    if not error.get("paused"):
        return {**error}
    named = {**error, "connection": connection.display_name}
    if ended_at is None:
        return named
    return {**named, "decided": decision_since(connection.id, error, ended_at)}


def decision(connection: Connection, rows: Sequence[HeldDeletion]) -> dict[str, Any] | None:
    """Return the pending decision about these deletions, in the shape of ``jemmo.domain.brake.decision``."""
    facts = [
        {
            "stream": row.stream,
            "missing": row.missing,
            "present": row.present,
            "recent": row.recent,
        }
        for row in rows
    ]
    return brake.decision(facts, connection.display_name)


def held_page(connection: Connection, stream: str, query: Mapping[str, str]) -> HeldPage | None:
    """A page of the records that the ATS no longer has, or ``None`` if no deletion is paused."""
    if connection.state in PARTED:
        return None
    held = HeldDeletion.objects.filter(connection=connection, stream=stream, closed_at=None).first()
    if held is None or stream not in MODELS:
        return None
    rows = _missing(held)
    number = page_number(query.get("page"))
    items = page_rows(rows.order_by("remote_id"), number)
    for record in items:
        record.named = _name(record)
    together = in_order(
        HeldDeletion.objects.filter(
            connection=connection,
            stream__in=related(stream),
            closed_at=None,
            released_at__isnull=held.released_at is None,
        )
    )
    total = rows.count()
    with scope.acting_in(scope.organization_scope(connection.org_id)):
        unseen = rows.count() - total
        dependents = dependent_applications(connection.id, together)
    return HeldPage(
        held=held,
        left=total + unseen,
        together=together,
        records=sum(row.missing for row in together),
        dependents=dependents,
        stream=stream,
        listing=ResultPage(items=items, total=total, page=number, filters=None),
        unseen=unseen,
        comparing=is_running(connection, datetime.now(UTC)),
        decision=decision(connection, together),
    )


def dependent_applications(connection_id: UUID, rows: Iterable[HeldDeletion]) -> int:
    """Count the stored applications of these talents and jobs that the decision covers in addition to those listed.

    They are deleted once the ATS no longer lists them either.
    """
    ids = {row.stream: row.remote_ids for row in rows}
    owners = Q(talent_remote_id__in=ids.get(Stream.TALENTS, []))
    owners |= Q(job_remote_id__in=ids.get(Stream.JOBS, []))
    applications = Application.objects.filter(
        owners, connection=connection_id, remote_deleted_at=None
    )
    return applications.exclude(remote_id__in=ids.get(Stream.APPLICATIONS, [])).count()


def remaining(held: HeldDeletion) -> int:
    """Count the records that a decision covers and that are not deleted yet, including confidential ones."""
    with scope.acting_in(scope.organization_scope(held.connection.org_id)):
        return _covered(held).filter(remote_deleted_at=None).count()


def deleted_since(held: HeldDeletion, moment: datetime) -> int:
    """Count the records that a decision covers and that were deleted since then, including confidential ones."""
    with scope.acting_in(scope.organization_scope(held.connection.org_id)):
        return _covered(held).filter(remote_deleted_at__gte=moment).count()


def _covered(held: HeldDeletion) -> QuerySet[Any]:
    names = Func(F("remote_ids"), function="jsonb_array_elements_text", output_field=TextField())
    covered = HeldDeletion.objects.filter(id=held.id).annotate(name=names).values("name")
    rows: QuerySet[Any] = QuerySet(MODELS[Stream(held.stream)])
    return rows.filter(connection=held.connection_id, remote_id__in=covered)


def _missing(held: HeldDeletion) -> QuerySet[Any]:
    """The records that the decision covers and that are not deleted yet, with what their names need."""
    rows = _covered(held).filter(remote_deleted_at=None)
    return rows.select_related("talent", "job") if held.stream == Stream.APPLICATIONS else rows


def _name(row: Any) -> str:
    if isinstance(row, Application):
        parts = (row.talent.full_name if row.talent else "", row.job.title if row.job else "")
        return " · ".join(part for part in parts if part)
    if isinstance(row, Talent):
        return row.full_name
    return str(getattr(row, "title", None) or getattr(row, "name", None) or "")
