"""Erasures, with enough data to keep people out and to prove the erasure, but not to identify anyone."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models.functions import Now

from jemmo.store.models.accounts import Account, Organisation
from jemmo.store.models.connections import Connection


class Erasure(models.Model):
    """An erasure, with only the counts of its certificate. ``kind`` is a ``jemmo.domain.retention.Cause``."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="erasures")
    account = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=20, default="request", db_default="request")
    at = models.DateTimeField(db_default=Now())
    removed = models.JSONField()
    suppressed = models.IntegerField(null=True)
    files_left = models.IntegerField(default=0, db_default=0)
    proof = models.TextField()

    class Meta:
        db_table = "erasure"
        indexes: ClassVar = [models.Index(fields=["org", "-at"], name="erasure_recent")]

    def __str__(self) -> str:
        return f"erasure {self.id}"


class Suppression(models.Model):
    """A record of the ATS that must stay out: the keyed hash of its stream and id.

    ``person`` is the hash of its talent. People erased by retention rules return if they show the activity in
    ``lifts_on`` (``jemmo.domain.retention.Lift``) after ``at``; without it, the record stays out permanently.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    hash = models.BinaryField()
    at = models.DateTimeField(db_default=Now())
    person = models.BinaryField(null=True)
    lifts_on = models.CharField(max_length=20, null=True)

    class Meta:
        db_table = "suppression"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "hash"], name="suppression_key")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["connection", "person"],
                condition=models.Q(lifts_on__isnull=False),
                name="suppression_person",
            )
        ]

    def __str__(self) -> str:
        return f"suppression of {self.connection_id}"


class OrganisationDeletion(models.Model):
    """An organization that will be, or was, deleted entirely. The row outlives it and contains no names.

    ``org_id`` is all that is left of the organization; ``account`` requested the deletion. ``paused`` are the
    connections that were active at the request; canceling the deletion restarts them.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    org = models.OneToOneField(
        Organisation, models.DO_NOTHING, related_name="deletion", db_constraint=False
    )
    account = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    paused = models.JSONField(default=list, db_default=[])
    removed = models.JSONField(default=dict, db_default={})
    files_left = models.IntegerField(default=0, db_default=0)
    proof = models.TextField(blank=True, db_default="", default="")

    class Meta:
        db_table = "organisation_deletion"

    def __str__(self) -> str:
        return f"deletion of {self.org_id}"
