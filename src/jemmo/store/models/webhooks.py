"""Webhooks: each connection's secret address, its deliveries, and the records to refetch."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Greatest, Now

from jemmo.store.models.connections import Connection


class WebhookAddress(models.Model):
    """The address to which a connection's ATS sends its webhooks.

    The secret is found by its digest and shown by decrypting it, so a dump of this table reveals none. ``streams`` are
    what the ATS announces; ``only_new``: it announces only new records. ``missed`` counts changes since the last
    delivery that polling found and no webhook announced. ``claim`` belongs to the worker that refetches for this
    connection, so that only one does, and only until its claim ends. ``links`` is unused; older versions, which may run
    beside this one during an upgrade, still read it.

    ``refused_at`` is when a webhook was last refused because of its signature or content, ``refused_as`` its outcome.

    ``requested_at`` is when someone first requested the address. Without it, webhooks are not set up, and the row
    exists only so that requests by *Refresh from the ATS* take turns.
    """

    connection = models.OneToOneField(
        Connection, models.CASCADE, primary_key=True, related_name="webhook_address"
    )
    digest = models.BinaryField(unique=True)
    sealed_secret = models.BinaryField()
    sealed_signing_key = models.BinaryField(null=True)
    streams = ArrayField(models.TextField(), db_default=[])
    made_at = models.DateTimeField(db_default=Now())
    requested_at = models.DateTimeField(null=True, db_default=Now())
    last_delivery_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    refused_as = models.CharField(max_length=20, blank=True, db_default="")
    only_new = models.BooleanField(db_default=False)
    missed = models.IntegerField(db_default=0)
    links = models.BigIntegerField(db_default=0)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_address"

    def __str__(self) -> str:
        return f"webhook address of {self.connection_id}"


class WebhookDelivery(models.Model):
    """A webhook as received. The body is personal data: encrypted, and deleted after a few days.

    ``once`` is the digest of a body, if receiving the same body again means a resend. ``named`` are keyed hashes of the
    ids and contacts of people in it (``jemmo.domain.mentions``). Without them, as in older rows, it may be about
    anyone.
    """

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="webhook_deliveries")
    received_at = models.DateTimeField(db_default=Now())
    outcome = models.CharField(max_length=20)
    event = models.CharField(max_length=100, blank=True)
    sealed_body = models.BinaryField()
    once = models.BinaryField(null=True)
    named = ArrayField(models.BigIntegerField(), null=True)
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_delivery"
        constraints = [
            models.UniqueConstraint(fields=["connection", "once"], name="webhook_delivery_once")
        ]
        indexes = [
            models.Index(fields=["connection", "received_at"], name="webhook_delivery_recent"),
            models.Index(fields=["received_at"], name="webhook_delivery_age"),
            GinIndex(fields=["named"], name="webhook_delivery_named"),
            models.Index(
                fields=["connection"],
                condition=models.Q(named=None),
                name="webhook_delivery_nameless",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.connection_id} at {self.received_at}"


class WebhookHint(models.Model):
    """A record that a webhook named. It waits while ``due_at`` is set, and stays stored for a while after that.

    ``version`` counts how often it was named. If that happens during a refetch, another refetch follows.
    ``trouble`` is the code of what prevented the last refetch, if anything. ``file`` is a resume that webhooks named.
    """

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="webhook_hints")
    stream = models.CharField(max_length=30)
    remote_id = models.TextField()
    destroyed = models.BooleanField(db_default=False)
    file = models.TextField(null=True)
    version = models.BigIntegerField(db_default=1)
    heard_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(null=True, db_default=Now())
    attempts = models.IntegerField(db_default=0)
    applied_at = models.DateTimeField(null=True)
    gone = models.BooleanField(db_default=False)
    trouble = models.CharField(max_length=64, blank=True, db_default="")

    class Meta:
        db_table = "webhook_hint"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "stream", "remote_id"], name="webhook_hint_key"
            )
        ]
        indexes = [
            models.Index(
                fields=["connection", "due_at"],
                name="webhook_hint_due",
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(
                Greatest("heard_at", "applied_at"),
                condition=models.Q(due_at=None),
                name="webhook_hint_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.remote_id}"


class WebhookCount(models.Model):
    """The number of webhooks by outcome, per connection and day (UTC); no connection for unknown addresses."""

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(
        Connection, models.CASCADE, null=True, related_name="webhook_counts"
    )
    day = models.DateField()
    what = models.CharField(max_length=30)
    count = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "webhook_count"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "day", "what"],
                name="webhook_count_key",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.what} on {self.day}"
