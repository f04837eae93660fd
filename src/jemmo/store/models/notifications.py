"""Notifications: their content, readers, deliveries and outcomes."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from jemmo.domain.notices import Kind, When
from jemmo.store.models.accounts import Membership, Organisation
from jemmo.store.models.connections import Connection
from jemmo.store.models.kept import ObjectField


class Notification(models.Model):
    """A notification. ``facts`` contain no personal data.

    While ``fold`` is set it is open: another failure with the same cause increments ``times``.
    """

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="notifications")
    connection = models.ForeignKey(Connection, models.CASCADE, null=True, related_name="+")
    run_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=30)
    fold = models.CharField(max_length=120, null=True)
    facts = ObjectField(db_default={})
    times = models.IntegerField(db_default=1)
    created_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "notification"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "fold"],
                condition=models.Q(fold__isnull=False),
                name="notification_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=list(Kind)), name="notification_kind_known"
            ),
        ]
        indexes = [
            models.Index(fields=["org", "-last_at"], name="notification_recent"),
            models.Index(
                fields=["last_at"], condition=models.Q(fold=None), name="notification_closed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.org_id}"


class NotificationRead(models.Model):
    notification = models.ForeignKey(Notification, models.CASCADE, related_name="reads")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "notification_read"
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "notification"], name="notification_read_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.notification_id} read by {self.membership_id}"


class OrganisationNotices(models.Model):
    """The organization's choices. The chat address is a secret, encrypted for this organization."""

    org = models.OneToOneField(
        Organisation, models.CASCADE, primary_key=True, related_name="notices"
    )
    every_success = models.BooleanField(default=False, db_default=False)
    sealed_chat_url = models.BinaryField(null=True)
    chat_host = models.CharField(max_length=300, blank=True, db_default="")
    chat_when = models.CharField(max_length=10, default=When.TROUBLE, db_default="trouble")

    class Meta:
        db_table = "organisation_notices"

    def __str__(self) -> str:
        return f"notices of {self.org_id}"


class MemberNotices(models.Model):
    """A member's choices. Without a row, owners and admins receive failures, others nothing."""

    membership = models.OneToOneField(
        Membership, models.CASCADE, primary_key=True, related_name="notices"
    )
    email_when = models.CharField(max_length=10, default=When.NEVER, db_default="never")
    toasts = models.BooleanField(default=True, db_default=True)

    class Meta:
        db_table = "member_notices"

    def __str__(self) -> str:
        return f"notices of {self.membership_id}"


class Delivery(models.Model):
    """The delivery of a notification to a member's e-mail or the organization's chat. Kept whatever its outcome."""

    notification = models.ForeignKey(Notification, models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=10)
    membership = models.ForeignKey(Membership, models.CASCADE, null=True, related_name="+")
    times = models.IntegerField(db_default=1)
    attempts = models.IntegerField(db_default=0)
    next_try_at = models.DateTimeField(null=True, db_default=Now())
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, db_default="")

    class Meta:
        db_table = "notification_delivery"
        constraints = [
            models.UniqueConstraint(
                fields=["notification", "channel", "membership", "times"],
                name="notification_delivery_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(next_try_at__isnull=False),
                name="notification_delivery_due",
            ),
            models.Index(
                fields=["sent_at"],
                condition=models.Q(sent_at__isnull=False),
                name="notification_delivery_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} of {self.notification_id}"
