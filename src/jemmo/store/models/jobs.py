"""Jobs with their places, pay and stages, and the departments and recruiters they name."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from jemmo.domain.disguise import Disguise
from jemmo.store.db.display_registry import DisplayTracked
from jemmo.store.models.ordering import SHOWN, recent, sort_indexes
from jemmo.store.models.synced import OfOrganisation, Synced


class Department(DisplayTracked, Synced):
    name = models.TextField()

    class Meta(Synced.Meta):
        db_table = "department"
        indexes = sort_indexes("department")

    def notice(self, disguise: Disguise) -> None:
        disguise.keep(self.read("name"))


class AtsUser(DisplayTracked, Synced):
    """A recruiter or hiring manager: a member of the customer's team in the ATS."""

    name = models.TextField(null=True)
    title = models.TextField(null=True)
    role = models.TextField(null=True)
    role_original = models.TextField(null=True)
    is_active = models.BooleanField(db_default=True)

    class Meta(Synced.Meta):
        db_table = "ats_user"
        indexes = sort_indexes("ats_user")

    def notice(self, disguise: Disguise) -> None:
        disguise.person(self.pk, None, self.read("name"))


class Job(DisplayTracked, Synced):
    """A job. ``excluded_reason`` is the rule that hides it; see ``jemmo.domain.rules``."""

    title = models.TextField()
    code = models.TextField(null=True)
    internal_name = models.TextField(null=True)
    status = models.TextField()
    status_original = models.TextField(null=True)
    visibility = models.TextField(null=True)
    pitch = models.TextField(null=True)
    description_html = models.TextField(null=True)
    requirements = models.TextField(null=True)
    employment_type = models.TextField(null=True)
    employment_type_original = models.TextField(null=True)
    experience_level = models.TextField(null=True)
    remote_policy = models.TextField(null=True)
    remote_policy_original = models.TextField(null=True)
    language = models.TextField(null=True)
    category = models.TextField(null=True)
    skills = ArrayField(models.TextField(), db_default=[])
    posting_url = models.TextField(null=True)
    apply_url = models.TextField(null=True)
    apply_email = models.TextField(null=True)
    apply_button_text = models.TextField(null=True)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    department = models.ForeignKey(Department, models.SET_NULL, null=True, related_name="jobs")
    department_remote_id = models.TextField(null=True)
    recruiter = models.ForeignKey(AtsUser, models.SET_NULL, null=True, related_name="jobs")
    recruiter_remote_id = models.TextField(null=True)
    recruiter_email = models.TextField(null=True)
    tags = ArrayField(models.TextField(), db_default=[])
    custom_fields = models.JSONField(db_default={})
    excluded_reason = models.TextField(null=True)
    search = SearchVectorField(null=True)

    class Meta(Synced.Meta):
        db_table = "job"
        indexes = [
            recent("job_recent"),
            GinIndex(fields=["search"], name="job_search"),
            *sort_indexes("job", condition=SHOWN),
        ]

    def notice(self, disguise: Disguise) -> None:
        disguise.keep(self.read("title"), self.read("category"))


class JobPosting(DisplayTracked, Synced):
    """An ad for a job, in one language, on one board."""

    job = models.ForeignKey(
        Job, models.CASCADE, null=True, related_name="postings", db_constraint=False
    )
    job_remote_id = models.TextField(null=True)
    title = models.TextField(null=True)
    status = models.TextField()
    is_internal = models.BooleanField(db_default=False)
    language = models.TextField(null=True)
    content_html = models.TextField(null=True)
    url = models.TextField(null=True)
    published_at = models.DateTimeField(null=True)

    class Meta(Synced.Meta):
        db_table = "job_posting"
        indexes = sort_indexes("job_posting")

    def notice(self, disguise: Disguise) -> None:
        disguise.keep(self.read("title"))


class Place(DisplayTracked, OfOrganisation):
    position = models.SmallIntegerField()
    raw = models.TextField(null=True)
    street = models.TextField(null=True)
    postal_code = models.TextField(null=True)
    city = models.TextField(null=True)
    region = models.TextField(null=True)
    country_code = models.TextField(null=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    is_primary = models.BooleanField(db_default=False)

    class Meta:
        abstract = True
        ordering = ["position"]

    def __str__(self) -> str:
        return self.city or self.raw or ""

    def notice(self, disguise: Disguise) -> None:
        disguise.keep(self.read("city"), self.read("raw"))


class JobLocation(Place):
    job = models.ForeignKey(Job, models.CASCADE, related_name="locations")

    class Meta(Place.Meta):
        db_table = "job_location"


class JobPostingLocation(Place):
    job_posting = models.ForeignKey(JobPosting, models.CASCADE, related_name="locations")

    class Meta(Place.Meta):
        db_table = "job_posting_location"


class JobCompensation(OfOrganisation):
    job = models.ForeignKey(Job, models.CASCADE, related_name="compensations")
    position = models.SmallIntegerField()
    kind = models.TextField()
    min = models.FloatField(null=True)
    max = models.FloatField(null=True)
    currency = models.TextField(null=True)
    period = models.TextField(null=True)
    is_public = models.BooleanField(null=True)
    original = models.TextField(null=True)

    class Meta:
        db_table = "job_compensation"
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.min}-{self.max} {self.currency}"


class Stage(DisplayTracked, Synced):
    """A step of a hiring process. ``position`` orders the stages of one job."""

    name = models.TextField()
    job = models.ForeignKey(Job, models.CASCADE, null=True, related_name="stages")
    job_remote_id = models.TextField(null=True)
    position = models.BigIntegerField(null=True)
    category = models.TextField()
    category_original = models.TextField(null=True)

    class Meta(Synced.Meta):
        db_table = "stage"
        indexes = sort_indexes("stage")

    def notice(self, disguise: Disguise) -> None:
        disguise.keep(self.read("name"))
