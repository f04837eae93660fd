"""Stored files, their text, and the log of access to personal data."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from jemmo.store.models.accounts import Account, Organisation
from jemmo.store.models.talents import Attachment, Talent


class FileVersion(models.Model):
    """A version of a file. Its encrypted bytes are stored as ``storage_name``; ``key_id`` names the key.

    The row is written before the bytes (``writing``) and deleted after them, so every stored file has a row.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    attachment = models.ForeignKey(
        Attachment, models.CASCADE, related_name="versions", db_index=False
    )
    sha256 = models.TextField()
    size = models.BigIntegerField()
    content_type = models.TextField()
    state = models.TextField(db_default="writing")
    key_id = models.BigIntegerField(null=True)
    text_status = models.TextField(db_default="PENDING")
    written_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "file_version"
        constraints = [
            models.UniqueConstraint(fields=["attachment", "sha256"], name="file_version_key"),
            models.CheckConstraint(
                condition=models.Q(state__in=["writing", "stored"]), name="file_version_state_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(text_status="PENDING"), name="file_version_unread"
            )
        ]

    def __str__(self) -> str:
        return self.storage_name

    @property
    def storage_name(self) -> str:
        return f"{self.org_id}/{self.id}"


class FileText(models.Model):
    """The text of a file's current version: encrypted, and as keyed hashes for search."""

    attachment = models.OneToOneField(
        Attachment, models.CASCADE, primary_key=True, related_name="text"
    )
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    talent = models.ForeignKey(Talent, models.CASCADE, related_name="+")
    version = models.UUIDField()
    sealed = models.BinaryField()
    words = ArrayField(models.BigIntegerField())

    class Meta:
        db_table = "file_text"
        indexes = [GinIndex(fields=["words"], name="file_text_words")]

    def __str__(self) -> str:
        return f"text of {self.version}"


class AccessEvent(models.Model):
    """An access to personal data: viewed, downloaded or changed.

    Holds only ids, so it may outlive the person's record.

    ``action`` is one of ``jemmo.domain.access.Action``. A row without an account comes from the operator or the worker.
    ``detail`` holds counts and kinds, never search terms.
    """

    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    account = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    action = models.TextField()
    talent = models.UUIDField(null=True)
    subject = models.TextField(null=True)
    detail = models.JSONField(default=dict, db_default={})
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "access_event"
        indexes = [
            models.Index(fields=["org", "-at"], name="access_event_recent"),
            models.Index(fields=["talent", "-at"], name="access_event_talent"),
        ]

    def __str__(self) -> str:
        return f"{self.action} at {self.at}"


class VaultSecret(models.Model):
    """A random value of this database, encrypted with the installation's keys.

    The value ``lookup`` is the key of the hashes that find encrypted data. If it decrypts, the keyset is the right one.
    """

    name = models.CharField(max_length=40, primary_key=True)
    sealed = models.BinaryField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "vault_secret"

    def __str__(self) -> str:
        return self.name
