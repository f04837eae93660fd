"""Deletes old syncs, notifications and webhooks in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q

from jemmo.domain.notices import Kind
from jemmo.services.accounts import idempotency
from jemmo.store.feed import housekeeping
from jemmo.store.models import Connection, Notification, Rejection, SyncRun
from jemmo.store.operations import pruning
from jemmo.store.outgoing import queue as outgoing
from jemmo.store.webhooks import ingest

BATCH = 500  # rows per statement
BATCHES = 200  # per table and turn; then the next turn continues


def forget_old(now: datetime | None = None) -> Counter[str]:
    """Delete history older than ``JEMMO_HISTORY_DAYS``, and API changes and keys older than ``JEMMO_FEED_DAYS``.

    Return the number of rows by table.
    """
    now = now or datetime.now(UTC)
    counts: Counter[str] = Counter(webhooks=_repeat(ingest.clear_old))
    counts["outgoing"] = _repeat(partial(outgoing.forget, now))
    for org_id in outgoing.reads_records():
        housekeeping.note_use(org_id)
    counts["requests"] = _repeat(partial(idempotency.forget, now))
    counts += housekeeping.forget(now - timedelta(days=settings.FEED_DAYS))
    if settings.HISTORY_DAYS:
        before = now - timedelta(days=settings.HISTORY_DAYS)
        counts["notifications"] = _repeat(lambda: _forget_notifications(before))
        counts["rejections"] = _repeat(lambda: _forget_rejections(before))
        counts["runs"] = _forget_runs(before)
    return counts


def _repeat(forget: Callable[[], int]) -> int:
    """Repeat until a batch deletes nothing, or the turn is over."""
    count = 0
    for _ in range(BATCHES):
        deleted = forget()
        count += deleted
        if not deleted:
            break
    return count


def _forget_runs(before: datetime) -> int:
    """Delete old runs, one connection at a time, since each has few of them."""
    old = SyncRun.objects.filter(started_at__lt=before).exists()
    keys = Connection.objects.values_list("id", flat=True) if old else []
    return sum(_repeat(partial(_forget_runs_of, key, before)) for key in keys)


def _forget_runs_of(connection_id: UUID, before: datetime) -> int:
    keys = pruning.outdated_runs(connection_id, before, limit=BATCH)
    if keys:
        SyncRun.objects.filter(id__in=keys).delete()
    return len(keys)


def _forget_notifications(before: datetime) -> int:
    """Delete closed notifications. A key's reminder stays as long as the key, since it would be sent again."""
    closed = Notification.objects.filter(fold=None, last_at__lt=before)
    still = Q(kind=Kind.KEY, created_at__gte=F("connection__key_set_at"))
    keys = list(closed.exclude(still).order_by("last_at").values_list("id", flat=True)[:BATCH])
    if keys:
        Notification.objects.filter(id__in=keys).delete()
    return len(keys)


def _forget_rejections(before: datetime) -> int:
    """Delete old rejections of records without an id. The others go when the ATS fixes or deletes the record."""
    nameless = Rejection.objects.filter(remote_id=None, at__lt=before)
    keys = list(nameless.order_by("at").values_list("id", flat=True)[:BATCH])
    if keys:
        Rejection.objects.filter(id__in=keys).delete()
    return len(keys)
