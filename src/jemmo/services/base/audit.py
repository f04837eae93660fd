"""The audit log: who did what, written in the same transaction as the change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jemmo.store.models import Account, AuditEvent, Organisation


def log_audit_event(
    org: Organisation,
    action: str,
    *,
    actor: Account | None,
    now: datetime,
    subject: tuple[str, object] = ("", ""),
    **detail: Any,
) -> None:
    """Log an action of ``jemmo.web.frame.labels``. ``subject`` is a kind and an id; ``actor=None`` is the operator."""
    AuditEvent.objects.create(
        org=org,
        at=now,
        actor=actor,
        action=action,
        subject_kind=subject[0],
        subject_id=str(subject[1]),
        detail=detail,
    )
