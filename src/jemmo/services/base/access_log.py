"""Logs who viewed, exported or changed personal data: ids and counts, in the request that did it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from jemmo.domain.access import FOLDED, Action
from jemmo.domain.entities import PERSONAL_STREAMS
from jemmo.services.base.retention_policy import retention_policy_of
from jemmo.store.models import AccessEvent, Account, Organisation
from jemmo.store.privacy import access_events

BATCH = 5000  # rows per statement
MONTH = timedelta(days=30.44)
REMEMBERED_FOR = 60  # seconds
MAX_REMEMBERED = 1000
_REMEMBERED: dict[tuple[UUID, str, str], float] = {}
"""Reads that are already in the database, and until when this process need not check again."""


def log_access(
    org: Organisation,
    action: Action,
    *,
    actor: Account | None,
    talent: UUID | None = None,
    subject: str | None = None,
    **detail: Any,
) -> AccessEvent:
    """Log an access. ``actor=None`` is the operator or the worker. ``detail`` must not identify the person."""
    return AccessEvent.objects.create(
        org=org, account=actor, action=action, talent=talent, subject=subject, detail=detail
    )


def log_subject_export(
    org: Organisation, talents: Sequence[UUID], *, actor: Account | None
) -> None:
    """Log a download of one person's records. Its entries have the same time, and so count as one request."""
    AccessEvent.objects.bulk_create(
        AccessEvent(org=org, account=actor, action=Action.SUBJECT_EXPORTED, talent=talent)
        for talent in talents
    )


def was_logged_recently(org: Organisation, action: Action, **detail: Any) -> bool:
    """Whether the same access, with the same detail, was logged in the last few minutes."""
    since = datetime.now(UTC) - FOLDED
    recent = AccessEvent.objects.filter(org=org, action=action, at__gt=since)
    return recent.filter(detail__contains=detail).exists()


def log_program_read(
    org: Organisation,
    what: str,
    *,
    actor: Account | None,
    contacts: bool,
    program: str,
    begins: bool = False,
) -> None:
    """Log that a program reads people: each list that it ``begins``, and other reads every few minutes.

    ``program`` is the id of its token, or a name for the program if it has no token.
    """
    if what in PERSONAL_STREAMS and (begins or not _is_noted(org, what, program)):
        log_access(org, Action.EXPORTED, actor=actor, contacts=contacts, what=what, token=program)


def _is_noted(org: Organisation, what: str, program: str) -> bool:
    """Whether the read was logged in the last few minutes. A positive answer is cached."""
    key, now = (org.pk, what, program), time.monotonic()
    if now < _REMEMBERED.get(key, 0):
        return True
    is_logged = was_logged_recently(org, Action.EXPORTED, what=what, token=program)
    if is_logged:
        if len(_REMEMBERED) >= MAX_REMEMBERED:
            _REMEMBERED.clear()
        _REMEMBERED[key] = now + REMEMBERED_FOR
    return is_logged


def log_page_view(org: Organisation, account: Account, action: Action, talent: UUID) -> None:
    """Log a view of a person's page. Pages refresh themselves, so views within a few minutes count as one."""
    since = datetime.now(UTC) - FOLDED
    access_events.add_unless_recent(org, account, action, talent, since=since)


def prune_access_log(now: datetime | None = None) -> int:
    """Delete entries older than each organization's access log retention. Return the number of rows."""
    now = now or datetime.now(UTC)
    count = 0
    for org in Organisation.objects.all():
        before = now - retention_policy_of(org).access_months * MONTH
        old = AccessEvent.objects.filter(org=org, at__lt=before).order_by("-at")
        while keys := list(old.values_list("id", flat=True)[:BATCH]):
            count += AccessEvent.objects.filter(id__in=keys).delete()[0]
    return count
