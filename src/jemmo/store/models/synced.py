"""The base of all synced tables.

Only ``jemmo.store.sync.writer`` writes the rows, in bulk. The relations to organization and connection have no database
constraint, because a statement writes thousands of rows of one connection, whose existence the lease proves. Deleting a
connection deletes its rows by name (``jemmo.services.connections.connections``).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func
from django.db.models.functions import Now

from jemmo.store.models.accounts import Organisation
from jemmo.store.models.connections import Connection


class OfOrganisation(models.Model):
    """A part of a synced record, written in the same statement.

    The database itself fills in the organization, because the policy can't look it up in a record that the same
    statement creates.
    """

    org = models.ForeignKey(
        Organisation,
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        db_default=Func(function="jemmo_org"),
    )

    class Meta:
        abstract = True


class Synced(models.Model):
    """A synced record. ``remote_*`` are the ATS's values. Deleted records have ``remote_deleted_at``."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    org = models.ForeignKey(
        Organisation, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    connection = models.ForeignKey(
        Connection, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    remote_id = models.TextField()
    remote_aliases = ArrayField(models.TextField(), db_default=[])
    remote_url = models.TextField(null=True)
    remote_created_at = models.DateTimeField(null=True)
    remote_updated_at = models.DateTimeField(null=True)
    remote_deleted_at = models.DateTimeField(null=True)
    content_hash = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())
    modified_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["connection", "remote_id"], name="%(class)s_key")
        ]

    def __str__(self) -> str:
        return f"{type(self).__name__.lower()} {self.remote_id}"


class HasSealedTexts(models.Model):
    """A record's original texts, with contact details, encrypted: see ``jemmo.domain.redaction``."""

    sealed_texts = models.BinaryField(null=True)
    connection_id: UUID
    remote_id: Any

    class Meta:
        abstract = True
