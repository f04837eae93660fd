"""What is known of files: for pages, for counting, for tidying up."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q
from msgspec import Struct

from jemmo.store.models import Attachment, Connection, FileVersion, Organisation
from jemmo.store.selectors.visible import OF_SHOWN_TALENTS

WANTED = Q(
    fetch_status="PENDING",
    remote_deleted_at=None,
    talent__remote_deleted_at=None,
    talent__excluded_reason=None,
)


class FileCounts(Struct, frozen=True, kw_only=True):
    """A connection's files of people who are shown. ``reasons`` counts why some are not kept or still wait."""

    waiting: int
    kept: int
    refused: int
    gone: int
    reasons: dict[str, int]


def connections_due(now: datetime) -> list[UUID]:
    """Active connections that have a file to fetch."""
    due = Q(next_try_at=None) | Q(next_try_at__lte=now)
    found = Attachment.objects.filter(WANTED, due, talent__connection__state="active")
    return list(found.values_list("talent__connection_id", flat=True).distinct())


def counts_of(connection: Connection) -> FileCounts:
    rows = (
        Attachment.objects.filter(
            OF_SHOWN_TALENTS, talent__connection=connection, remote_deleted_at=None
        )
        .values_list("fetch_status", "reason")
        .annotate(count=Count("id"))
        .order_by()
    )
    by_status: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for status, reason, count in rows:
        by_status[status] = by_status.get(status, 0) + count
        if reason and status != "STORED":
            reasons[reason] = reasons.get(reason, 0) + count
    return FileCounts(
        waiting=by_status.get("PENDING", 0),
        kept=by_status.get("STORED", 0),
        refused=by_status.get("REFUSED", 0) + by_status.get("TOO_LARGE", 0),
        gone=by_status.get("GONE", 0),
        reasons=dict(sorted(reasons.items())),
    )


def shown(org: Organisation, version_id: UUID) -> FileVersion | None:
    """A kept version of a file of somebody who is shown; ``None`` for this organisation otherwise."""
    return (
        FileVersion.objects.filter(
            OF_SHOWN_VERSIONS,
            id=version_id,
            org=org,
            state="stored",
            attachment__remote_deleted_at=None,
        )
        .select_related("attachment__talent")
        .first()
    )


OF_SHOWN_VERSIONS = Q(
    attachment__talent__remote_deleted_at=None, attachment__talent__excluded_reason=None
)
