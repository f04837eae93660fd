"""Sync runs, stream checkpoints, and rejected or waiting records."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from jemmo.domain.streams import Stream
from jemmo.store.models.connections import Connection
from jemmo.store.models.kept import ReportField


class SyncRun(models.Model):
    """A sync, in one slice or several. ``report`` is ``jemmo.domain.outcomes.RunReport`` as JSON.

    ``scope`` is ``jobs`` or ``talents`` if it read only those.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="runs")
    mode = models.CharField(max_length=20)
    trigger = models.CharField(max_length=20, default="manual")
    scope = models.CharField(max_length=20, blank=True, db_default="", default="")
    status = models.CharField(max_length=20, default="running")
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    report = ReportField(db_default={})

    class Meta:
        db_table = "sync_run"
        indexes = [
            models.Index(fields=["connection", "-started_at"], name="sync_run_recent"),
            models.Index(fields=["started_at"], name="sync_run_age"),
            models.Index(
                fields=["connection"],
                condition=models.Q(status="running"),
                name="sync_run_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mode} sync {self.id}"

    @property
    def again(self) -> bool:
        """Whether an initial sync is not the connection's first, so that everything had been read before."""
        return self.report.get("again") is True

    @property
    def recent_ready(self) -> bool:
        """Whether recent changes were complete before the rest was read."""
        return self.report.get("recent_ready") is True


class StreamCheckpoint(models.Model):
    """A stream's ``jemmo.domain.streams.Checkpoint``, written with the page that it covers."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="checkpoints")
    stream = models.CharField(max_length=30)
    watermark = models.DateTimeField(null=True)
    mode = models.CharField(max_length=20, null=True)
    cursor = models.TextField(null=True)
    pass_started_at = models.DateTimeField(null=True)
    seen = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    short = models.BigIntegerField(db_default=0)
    done = models.BooleanField(default=False)
    complete = models.BooleanField(default=False)
    synced_at = models.DateTimeField(null=True)
    reaches = models.DateTimeField(null=True)
    saved_at = models.DateTimeField(db_default=Now())
    basis = models.TextField(null=True)
    reread = models.JSONField(null=True)
    reread_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "checkpoint"
        constraints = [
            models.UniqueConstraint(fields=["connection", "stream"], name="checkpoint_key")
        ]

    def __str__(self) -> str:
        return f"{self.stream} of {self.connection_id}"


class Rejection(models.Model):
    """A rejected record, with the reason. ``sealed_raw`` is the record as sent, encrypted."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="rejections")
    stream = models.CharField(max_length=30)
    remote_id = models.TextField(null=True)
    code = models.CharField(max_length=60)
    message = models.TextField()
    field = models.TextField(null=True)
    sealed_raw = models.BinaryField(null=True)
    run = models.ForeignKey(SyncRun, models.SET_NULL, null=True, related_name="rejections")
    at = models.DateTimeField(db_default=Now())
    times = models.IntegerField(db_default=1)

    class Meta:
        db_table = "rejection"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "stream", "remote_id", "code"],
                name="rejection_key",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["connection", "-at", "-id"], name="rejection_recent"),
            models.Index(fields=["connection", "remote_id"], name="rejection_record"),
            models.Index(
                fields=["at"], condition=models.Q(remote_id=None), name="rejection_nameless"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.remote_id}: {self.code}"


class PendingLink(models.Model):
    """A link whose target has not arrived. It is reported until the target arrives and is linked."""

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="pending_links")
    stream = models.CharField(max_length=30)
    remote_id = models.TextField()
    target = models.CharField(max_length=30)
    target_remote_id = models.TextField()
    since = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "pending_link"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "stream", "remote_id", "target"], name="pending_link_key"
            )
        ]
        indexes = [
            models.Index(
                fields=["connection", "target", "target_remote_id"], name="pending_link_target"
            )
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.remote_id} waits for {self.target} {self.target_remote_id}"


class Sighting(models.Model):
    """An id seen by the running sweep of a stream."""

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="+", db_constraint=False
    )
    stream = models.CharField(max_length=30)
    remote_id = models.TextField()
    remote_updated_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sighting"

    def __str__(self) -> str:
        return f"{self.stream} {self.remote_id}"


class Sweep(models.Model):
    """A reconcile's progress in comparing a stream, for its next slice.

    ``state`` is ``jemmo.domain.streams.Sweep`` as JSON, except ``missing``, which doesn't change with every page.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+")
    stream = models.CharField(max_length=30)
    run_id = models.UUIDField()
    state = models.JSONField()
    missing = ArrayField(models.TextField(), db_default=[])

    class Meta:
        db_table = "sweep"
        constraints = [models.UniqueConstraint(fields=["connection", "stream"], name="sweep_key")]

    def __str__(self) -> str:
        return f"sweep of {self.stream} of {self.connection_id}"


class HeldDeletion(models.Model):
    """Deletions that wait for a person to review them. ``remote_ids`` are the ``missing`` records.

    ``recent`` counts records deleted in the day before. ``released_at`` is when a person released the deletions.
    ``closed_at`` is when a sync used that release or, if nothing was released, when a person kept the records.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="held_deletions")
    stream = models.CharField(max_length=30)
    missing = models.IntegerField()
    present = models.IntegerField()
    recent = models.IntegerField(default=0, db_default=0)
    remote_ids = models.JSONField(default=list)
    held_at = models.DateTimeField(db_default=Now())
    released_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "held_deletion"
        constraints = [
            models.UniqueConstraint(fields=["connection", "stream"], name="held_deletion_key")
        ]

    def __str__(self) -> str:
        return f"{self.missing} {self.stream}"

    @property
    def place(self) -> int:
        """The position of its stream in every list of streams."""
        return list(Stream).index(Stream(self.stream))
