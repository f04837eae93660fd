"""Webhooks that Jemmo sends to other programs: endpoints, messages, and attempts."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from jemmo.domain.outgoing import MessageState, State
from jemmo.store.models.accounts import Account, Organisation


class OutgoingEndpoint(models.Model):
    """A program's address, with encrypted secrets. The old secret also signs until ``old_secret_until``.

    ``events``, ``entities`` and ``connections`` choose what it receives; if the last two are empty, everything.
    ``update_fields``, such as ``jobs.title``, limits updates of these kinds of records to those that change one.
    ``after`` is the number of the last record change in a message. ``failures`` counts failed attempts in a row; no
    attempt is made until ``held_until``. The sending worker's claim, identified by ``claim``, lasts until
    ``busy_until``.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    url = models.CharField(max_length=1000)
    events = ArrayField(models.TextField())
    entities = ArrayField(models.TextField(), db_default=[], default=list)
    connections = ArrayField(models.UUIDField(), db_default=[], default=list)
    update_fields = ArrayField(models.TextField(), db_default=[], default=list)
    sealed_secret = models.BinaryField()
    sealed_old_secret = models.BinaryField(null=True)
    old_secret_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default=State.ACTIVE, db_default="active")
    off_reason = models.CharField(max_length=10, default="", db_default="")
    after = models.BigIntegerField(null=True)
    failures = models.IntegerField(default=0, db_default=0)
    failing_since = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    busy_until = models.DateTimeField(null=True)
    served_at = models.DateTimeField(db_default=Now())
    last_success_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "outgoing_endpoint"
        indexes: ClassVar = [
            models.Index(fields=["org", "-created_at"], name="outgoing_endpoint_of_org")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=list(State)), name="outgoing_endpoint_state_known"
            )
        ]

    def __str__(self) -> str:
        return f"endpoint {self.id}"

    @property
    def sends(self) -> bool:
        """Whether messages go to it. None do while its organization is scheduled for deletion."""
        return self.state == State.ACTIVE and self.org.deleted_at is None


class OutgoingMessage(models.Model):
    """An event queued for an endpoint. ``data`` has ids and our own words, never a person's data.

    The id is the ``webhook-id`` of every attempt. While a message that is ``in_order`` waits, no later record change
    becomes a message.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    endpoint = models.ForeignKey(OutgoingEndpoint, models.CASCADE, related_name="+", db_index=False)
    event = models.TextField()
    data = models.JSONField(db_default={})
    in_order = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=10, default=MessageState.WAITING, db_default="waiting")
    attempts = models.IntegerField(default=0, db_default=0)
    first_try_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "outgoing_message"
        indexes: ClassVar = [
            models.Index(fields=["endpoint", "-created_at"], name="outgoing_message_recent"),
            models.Index(
                fields=["endpoint", "next_try_at"],
                condition=models.Q(state="waiting"),
                name="outgoing_message_due",
            ),
            models.Index(fields=["created_at"], name="outgoing_message_age"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=list(MessageState)),
                name="outgoing_message_state_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.id}"


class OutgoingAttempt(models.Model):
    """One request, and the beginning of its response. ``error`` is empty if the receiver accepted it."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(OutgoingMessage, models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    seconds = models.FloatField()
    status = models.IntegerField(null=True)
    error = models.TextField(blank=True, db_default="")
    response = models.TextField(blank=True, db_default="")

    class Meta:
        db_table = "outgoing_attempt"

    def __str__(self) -> str:
        return f"attempt of {self.message_id} at {self.at}"
