"""What programs show to be let in."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models

from jemmo.store.models.accounts import Account, Organisation


class ApiToken(models.Model):
    """A program's way into one organization's data. Its secret is stored as a hash: the table opens nothing.

    ``scopes`` are ``jemmo.domain.tokens.ApiScope``. ``last_used_at`` is right to a minute.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="api_tokens")
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
