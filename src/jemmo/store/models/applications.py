"""Applications: who applied for which job, the stage, and the outcome."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from jemmo.store.models.accounts import Organisation
from jemmo.store.models.jobs import Job, Stage
from jemmo.store.models.ordering import sort_indexes
from jemmo.store.models.synced import HasSealedTexts, OfOrganisation, Synced
from jemmo.store.models.talents import Talent


class RejectReason(Synced):
    name = models.TextField()
    rejected_by = models.TextField(null=True)

    class Meta(Synced.Meta):
        db_table = "reject_reason"
        indexes: ClassVar = sort_indexes("reject_reason")


class Application(HasSealedTexts, Synced):
    """An application. A relation is null until the other record arrives; its ``…_remote_id`` names that record.

    The relations have no database constraints; see ``docs/decisions/0017``.
    """

    talent = models.ForeignKey(
        Talent, models.CASCADE, null=True, related_name="applications", db_constraint=False
    )
    talent_remote_id = models.TextField(null=True)
    job = models.ForeignKey(
        Job,
        models.SET_NULL,
        null=True,
        related_name="applications",
        db_index=False,
        db_constraint=False,
    )
    job_remote_id = models.TextField(null=True)
    stage = models.ForeignKey(
        Stage,
        models.SET_NULL,
        null=True,
        related_name="applications",
        db_index=False,
        db_constraint=False,
    )
    stage_remote_id = models.TextField(null=True)
    reject_reason = models.ForeignKey(
        RejectReason,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    reject_reason_remote_id = models.TextField(null=True)
    status = models.TextField()
    status_original = models.TextField(null=True)
    applied_at = models.DateTimeField(null=True)
    stage_entered_at = models.DateTimeField(null=True)
    rejected_at = models.DateTimeField(null=True)
    rejected_by = models.TextField(null=True)
    hired_at = models.DateTimeField(null=True)
    source = models.TextField(null=True)
    source_url = models.TextField(null=True)
    is_sourced = models.BooleanField(db_default=False)

    cover_letter: str | None = None
    """Part of ``sealed_texts``; set once ``store.records.redaction`` has decrypted them."""

    class Meta(Synced.Meta):
        db_table = "application"
        indexes: ClassVar = [
            # Counts a job's people by status and stage.
            models.Index(fields=["job", "status", "stage"], name="application_of_job"),
            # Counts people in progress for all jobs of an organization.
            models.Index(
                fields=["org", "job", "talent"],
                condition=models.Q(status="ACTIVE", remote_deleted_at=None),
                name="application_in_progress",
            ),
            *sort_indexes("application"),
        ]


class ConfidentialRecord(models.Model):
    """The id of a confidential job or a private talent, which the policies use to find its parts.

    Written only by database triggers; see ``jemmo.store.db.policies``.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    org = models.ForeignKey(
        Organisation, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        db_table = "confidential_record"
        indexes: ClassVar = [models.Index(fields=["org", "id"], name="confidential_record_of_org")]

    def __str__(self) -> str:
        return f"confidential record {self.id}"


class StageEvent(OfOrganisation):
    """A move between stages. ``origin`` is REPORTED by the ATS or OBSERVED by comparing two syncs.

    ``at`` is when the stage was entered, ``left_at`` when it was left, if the ATS reports it.
    """

    application = models.ForeignKey(Application, models.CASCADE, related_name="stage_events")
    from_stage_remote_id = models.TextField(null=True)
    to_stage_remote_id = models.TextField(null=True)
    from_status = models.TextField(null=True)
    to_status = models.TextField(null=True)
    at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    origin = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "stage_event"

    def __str__(self) -> str:
        return f"{self.from_stage_remote_id} to {self.to_stage_remote_id}"
