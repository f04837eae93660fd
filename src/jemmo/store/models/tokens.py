"""Credentials of programs."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models

from jemmo.store.models.accounts import Account, Organisation
from jemmo.store.models.connections import Connection


class ApiToken(models.Model):
    """A program's access to one organization. Its secret is stored as a hash, so the table opens nothing.

    With a ``connection``, which never changes, it reads only that connection's data and is deleted with it. ``scopes``
    are ``jemmo.domain.tokens.ApiScope``. ``last_used_at`` is accurate to a minute.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="api_tokens")
    connection = models.ForeignKey(
        Connection, models.CASCADE, null=True, related_name="+", db_index=False
    )
    name = models.CharField(max_length=100)
    scopes = ArrayField(models.TextField())
    secret_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_token"
        indexes: ClassVar = [models.Index(fields=["org", "-created_at"], name="api_token_of_org")]

    def __str__(self) -> str:
        return f"token {self.id}"


class IdempotencyKey(models.Model):
    """A changing request with the program's idempotency key, and its response.

    ``key_hash`` and ``request_hash`` are SHA-256. ``status`` and ``answer`` are set once the request is done.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="+", db_index=False)
    key_hash = models.CharField(max_length=64)
    request_hash = models.CharField(max_length=64)
    begun_at = models.DateTimeField()
    status = models.SmallIntegerField(null=True)
    answer = models.TextField(null=True)

    class Meta:
        db_table = "idempotency_key"
        indexes: ClassVar = [models.Index(fields=["begun_at"], name="idempotency_key_age")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token", "key_hash"], name="idempotency_key_once")
        ]

    def __str__(self) -> str:
        return f"request {self.id}"
