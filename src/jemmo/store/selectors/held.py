"""What a deletion that was held back would take away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from jemmo.domain.streams import Stream
from jemmo.store.models import (
    Application,
    AtsUser,
    Connection,
    Department,
    HeldDeletion,
    Job,
    RejectReason,
    Sighting,
    Stage,
    Talent,
)
from jemmo.store.selectors.connections import is_running
from jemmo.store.selectors.paging import Found, cut, page_number

MODELS: dict[str, Any] = {
    Stream.DEPARTMENTS: Department,
    Stream.USERS: AtsUser,
    Stream.REJECT_REASONS: RejectReason,
    Stream.JOBS: Job,
    Stream.STAGES: Stage,
    Stream.TALENTS: Talent,
    Stream.APPLICATIONS: Application,
}


@dataclass(frozen=True, kw_only=True)
class HeldPage:
    """``comparing``: a sync is under way, so the list may be too long for now."""

    held: HeldDeletion
    stream: str
    found: Found[Any]
    comparing: bool


def page(connection: Connection, stream: str, given: Mapping[str, str]) -> HeldPage | None:
    """A page of the records that the last comparison missed, or ``None`` when nothing is held back."""
    held = HeldDeletion.objects.filter(connection=connection, stream=stream).first()
    if held is None or stream not in MODELS:
        return None
    rows = _missing(connection, stream, held)
    number = page_number(given.get("page"))
    items = cut(rows.order_by("remote_id"), number)
    for one in items:
        one.named = _name(one)
    return HeldPage(
        held=held,
        stream=stream,
        found=Found(items=items, total=rows.count(), page=number, wanted=None),
        comparing=is_running(connection, datetime.now(UTC)),
    )


def _missing(connection: Connection, stream: str, held: HeldDeletion) -> QuerySet[Any]:
    """Records that are no tombstones and that the last sweep did not meet."""
    met = Sighting.objects.filter(
        connection=connection, stream=stream, remote_id=OuterRef("remote_id")
    )
    rows: QuerySet[Any] = MODELS[stream].objects.filter(
        connection=connection, remote_deleted_at=None, created_at__lt=held.held_at
    )
    if stream == Stream.APPLICATIONS:
        rows = rows.select_related("talent", "job")
    return rows.exclude(Exists(met))


def _name(row: Any) -> str:
    if isinstance(row, Application):
        parts = (row.talent.full_name if row.talent else "", row.job.title if row.job else "")
        return " · ".join(part for part in parts if part)
    if isinstance(row, Talent):
        return row.full_name
    return str(getattr(row, "title", None) or getattr(row, "name", None) or "")
