"""Invitations, and the audit log."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models

from jemmo.store.models.accounts import Account, Organisation, Role


class Invitation(models.Model):
    """An invitation. Its link is signed and never stored, so a copy of the table grants no access."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role.choices)
    invited_by = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "invitation"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["org", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="invitation_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.id}"


class AuditEvent(models.Model):
    """Who did what, and to what. ``action`` is a key of ``jemmo.web.frame.labels``. Rows are never changed."""

    id = models.BigAutoField(primary_key=True)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="audit_events")
    at = models.DateTimeField()
    actor = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=60, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "audit_event"
        indexes: ClassVar = [models.Index(fields=["org", "-at", "-id"], name="audit_event_recent")]

    def __str__(self) -> str:
        return f"{self.action} at {self.at}"
