"""Facts about files, for pages, counts and cleanup."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from msgspec import Struct

from jemmo.store.db.query import execute
from jemmo.store.db.visible import OF_SHOWN_TALENTS
from jemmo.store.models import Attachment, Connection, FileVersion, Organisation

# Wait until no other transaction claims the file storage; held until this one ends.
_LOCK_STORAGE = "SELECT pg_advisory_xact_lock(%s)"
_STORAGE_LOCK = 7_306_015


def lock_storage() -> None:
    """Let only one process at a time claim the file storage. Requires a transaction."""
    execute(_LOCK_STORAGE, [_STORAGE_LOCK])


class FileCounts(Struct, frozen=True, kw_only=True):
    """The file counts of a connection's visible people. ``reasons`` counts why files are missing or still waiting."""

    waiting: int
    kept: int
    refused: int
    gone: int
    reasons: dict[str, int]


def connections_due(now: datetime) -> list[UUID]:
    """Active connections that may have a file to download, because something changed or a retry is due.

    Reads only connections, because this runs every minute and there are too many talents and files.
    """
    due = Connection.objects.filter(state="active", files_due_at__lte=now)
    return list(due.order_by("files_due_at").values_list("id", flat=True))


def has_any(connection: Connection) -> bool:
    return Attachment.objects.filter(talent__connection=connection).exists()


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


def with_text_status(attachments: QuerySet[Attachment]) -> QuerySet[Attachment]:
    """Add each file's ``text_status``, and whether it ``lacks_text`` that search would need.

    Images never lack text.
    """
    kept = FileVersion.objects.filter(id=OuterRef("current_version"))
    return attachments.annotate(
        text_status=Subquery(kept.values("text_status")[:1]),
        lacks_text=Exists(
            kept.exclude(text_status__in=["DONE", "PENDING"]).exclude(
                content_type__startswith="image/"
            )
        ),
    )


def shown(org: Organisation, version_id: UUID) -> FileVersion | None:
    """A stored version of a file whose talent has a page; ``None`` if this organization has no such version."""
    return (
        FileVersion.objects.filter(
            id=version_id,
            org=org,
            state="stored",
            attachment__remote_deleted_at=None,
            attachment__talent__remote_deleted_at=None,
        )
        .select_related("attachment__talent")
        .first()
    )
