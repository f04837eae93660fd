"""Messages to support, and answers."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models

from jemmo.store.models.accounts import Account, Organisation


class SupportThread(models.Model):
    """One person's conversation with support. ``waiting``: the person wrote last."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="support_threads")
    account = models.ForeignKey(Account, models.CASCADE, related_name="support_threads")
    language = models.CharField(max_length=10, blank=True)
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    read_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    waiting = models.BooleanField(default=True)

    class Meta:
        db_table = "support_thread"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["org", "account"],
                condition=models.Q(closed_at=None),
                name="support_thread_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"


class SupportMessage(models.Model):
    """A message. ``error`` and ``steps`` were shown to the person before sending, who may have changed ``steps``."""

    id = models.BigAutoField(primary_key=True)
    thread = models.ForeignKey(SupportThread, models.CASCADE, related_name="messages")
    at = models.DateTimeField()
    by_support = models.BooleanField(default=False)
    author = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    body = models.TextField()
    error = models.TextField(blank=True)
    steps = models.TextField(blank=True)

    class Meta:
        db_table = "support_message"
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return self.body[:60]


class SupportPicture(models.Model):
    """A picture in a message, encrypted for that message and deleted with it."""

    message = models.OneToOneField(
        SupportMessage, models.CASCADE, primary_key=True, related_name="picture"
    )
    content_type = models.CharField(max_length=20)
    sealed = models.BinaryField()

    class Meta:
        db_table = "support_picture"

    def __str__(self) -> str:
        return f"picture of message {self.message_id}"
