"""An organization's authorized link to its ATS."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from jemmo.domain.connection_names import connection_name
from jemmo.domain.disguise import Disguise
from jemmo.store.db.display_registry import DisplayTracked
from jemmo.store.models.accounts import Organisation
from jemmo.store.models.kept import ErrorField, TextsField


class ConnectionState(models.TextChoices):
    """The states of a connection.

    ``paused``: a person paused it. ``refused``: the ATS no longer accepts the key. ``disconnected``: it has no key, and
    its records stay until the same account is connected again. ``leaving``: its records are being deleted.
    """

    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    REFUSED = "refused", "Refused"
    DISCONNECTED = "disconnected", "Disconnected"
    LEAVING = "leaving", "Being deleted"


class Connection(DisplayTracked):
    """A connected ATS. ``sealed_key`` is the encrypted API key; the hint is its last four characters.

    ``old_key_hint`` belongs to a replaced key that may still work in the ATS, until someone confirms that it was
    revoked. ``due_at`` is when the next sync starts automatically, set at the end of each; ``failures`` counts failures
    in a row. ``files_due_at`` is when to check for files to download; ``None``: not before the next change.
    ``files_error`` is what stops these downloads, such as an unreachable storage; ``files_failures`` counts the failed
    attempts. ``expected_totals`` are the jobs, talents and applications that the ATS counted at the last key test,
    empty unless it counts all its kinds. ``last_success_at`` is the age of the oldest page (``domain.freshness``), set
    at the end of each run. ``refused`` are the requests that its account refuses (``store.sync.refused_requests``).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    org = models.ForeignKey(Organisation, models.CASCADE, related_name="connections")
    provider = models.CharField(max_length=40)
    label = models.CharField(max_length=200, blank=True)
    base_url = models.CharField(max_length=500, blank=True)
    options = TextsField(default=dict, db_default={}, blank=True)
    account_id = models.CharField(max_length=200, blank=True)
    account_name = models.CharField(max_length=300, blank=True)
    expected_totals = models.JSONField(default=dict, db_default={}, blank=True)
    refused = models.JSONField(default=dict, db_default={}, blank=True)
    sealed_key = models.BinaryField()
    key_hint = models.CharField(max_length=8, blank=True)
    key_set_at = models.DateTimeField()
    key_expires_at = models.DateTimeField(null=True, blank=True)
    old_key_hint = models.CharField(max_length=8, blank=True, db_default="", default="")
    state = models.CharField(
        max_length=20, choices=ConnectionState.choices, default=ConnectionState.ACTIVE
    )
    last_error = ErrorField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    failures = models.IntegerField(default=0, db_default=0)
    files_error = ErrorField(null=True, blank=True)
    files_failures = models.IntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(db_default=Now())
    files_due_at = models.DateTimeField(null=True, db_default=Now())
    sync_every_hours = models.FloatField(default=6)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "connection"
        indexes = [
            models.Index(fields=["due_at"], name="connection_due"),
            models.Index(
                fields=["files_due_at"],
                condition=models.Q(files_due_at__isnull=False),
                name="connection_files_due",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ConnectionState.values), name="connection_state_known"
            )
        ]

    @property
    def display_name(self) -> str:
        """Its name when shown alone. In lists, ``display_names`` distinguishes connections with the same name."""
        return connection_name(label=self.label, provider=self.provider)

    def __str__(self) -> str:
        return self.label or f"{self.provider} of {self.org_id}"

    def notice(self, disguise: Disguise) -> None:
        disguise.company(self.read("account_name"))
        disguise.company(self.read("label"))


class QuotaUse(models.Model):
    """A use of the ATS's time, if the ATS limits it. Old rows are deleted as new ones are added."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    seconds = models.FloatField()

    class Meta:
        db_table = "quota_use"
        indexes = [models.Index(fields=["connection", "at"], name="quota_use_recent")]

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s of {self.connection_id} at {self.at}"


class RequestCount(models.Model):
    """The number of requests sent to the ATS in one minute outside syncs (``jemmo.store.sync.request_counts``)."""

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    count = models.IntegerField()

    class Meta:
        db_table = "request_count"
        constraints = [
            models.UniqueConstraint(fields=["connection", "at"], name="request_count_minute")
        ]

    def __str__(self) -> str:
        return f"{self.count} requests of {self.connection_id} at {self.at}"


class Pace(models.Model):
    """When the requests of an API key were or will be sent, in seconds since 1970. ``key`` is a digest of the key.

    At most ``told_limit`` requests may fall into any ``per`` seconds.
    """

    key = models.BinaryField(primary_key=True)
    sent = ArrayField(models.FloatField(), db_default=[])
    held_until = models.FloatField(db_default=0.0)
    told_limit = models.IntegerField(null=True)
    per = models.FloatField(null=True)

    class Meta:
        db_table = "pace"

    def __str__(self) -> str:
        return f"pace of {bytes(self.key).hex()}"


class Lease(models.Model):
    """A time-limited claim on a connection. Only the holder of ``token`` may write its records.

    ``holder_*`` name the holder's database session; when it ends, so does the claim. Between two slices of a run there
    is no holder, and the token keeps the claim until ``expires_at``.
    """

    connection = models.OneToOneField(
        Connection, models.CASCADE, primary_key=True, related_name="lease"
    )
    token = models.UUIDField()
    run_id = models.UUIDField(null=True)
    holder_pid = models.IntegerField(null=True)
    holder_since = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "lease"

    def __str__(self) -> str:
        return f"lease of {self.connection_id} until {self.expires_at}"
