"""Who was erased: enough to keep them away and to prove it, not enough to know them."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models.functions import Now

from jemmo.store.models.accounts import Account, Organisation
from jemmo.store.models.connections import Connection


class Erasure(models.Model):
    """One erasure, as its certificate tells it: counts alone."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="erasures")
    account = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())
    removed = models.JSONField()
    proof = models.TextField()

    class Meta:
        db_table = "erasure"

    def __str__(self) -> str:
        return f"erasure {self.id}"


class Suppression(models.Model):
    """A record of the ATS that is not taken in any more: the keyed hash of its stream and id."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    hash = models.BinaryField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "suppression"
        constraints = [
            models.UniqueConstraint(fields=["connection", "hash"], name="suppression_key")
        ]

    def __str__(self) -> str:
        return f"suppression of {self.connection_id}"
