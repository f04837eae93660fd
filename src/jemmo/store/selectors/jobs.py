"""Jobs, as pages show them. What a rule hides is not among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from jemmo.domain.enums import JobStatus
from jemmo.store.models import Application, Department, Job, JobLocation, Organisation, Stage
from jemmo.store.selectors.paging import Found, cut, page_number, search_query

SORTS: dict[str, list[Any]] = {
    "updated": [F("remote_updated_at").desc(nulls_last=True), "id"],
    "title": ["title", "id"],
    "talents": ["-active", "id"],
    "opened": [F("opened_at").desc(nulls_last=True), "id"],
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the address asks for."""

    q: str = ""
    status: str = ""
    department: str = ""
    city: str = ""
    sort: str = "updated"
    page: int = 1

    @classmethod
    def from_query(cls, given: Mapping[str, str]) -> Wanted:
        def text(name: str) -> str:
            return given.get(name, "").replace("\x00", "")[:200]

        sort = text("sort")
        return cls(
            q=text("q"),
            status=text("status"),
            department=text("department"),
            city=text("city"),
            sort=sort if sort in SORTS else "updated",
            page=page_number(given.get("page")),
        )

    @property
    def filtered(self) -> bool:
        return bool(self.q or self.status or self.department or self.city)


def visible(org: Organisation) -> QuerySet[Job]:
    return Job.objects.filter(org=org, remote_deleted_at=None, excluded_reason=None)


def search(org: Organisation, wanted: Wanted) -> Found[Job]:
    """A page of the organisation's jobs, with the number of active applications of each."""
    found = visible(org)
    if (words := search_query(wanted.q)) is not None:
        found = found.filter(search=words)
    if wanted.status:
        found = found.filter(status=wanted.status)
    if wanted.department:
        found = found.filter(department__name=wanted.department)
    if wanted.city:
        found = found.filter(locations__city=wanted.city).distinct()
    total = found.count()
    active = Count(
        "applications",
        filter=Q(
            applications__status="ACTIVE",
            applications__remote_deleted_at=None,
            applications__talent__excluded_reason=None,
            applications__talent__remote_deleted_at=None,
            applications__talent__isnull=False,
        ),
        distinct=True,
    )
    listed = (
        found.annotate(active=active)
        .select_related("department")
        .prefetch_related("locations")
        .order_by(*SORTS[wanted.sort])
    )
    return Found(
        items=cut(listed, wanted.page),
        total=total,
        page=wanted.page,
        wanted=wanted,
        choices=_choices(org),
    )


def _choices(org: Organisation) -> dict[str, list[Any]]:
    departments = Department.objects.filter(org=org, remote_deleted_at=None)
    cities = JobLocation.objects.filter(job__org=org, city__isnull=False, job__excluded_reason=None)
    return {
        "status": [JobStatus.OPEN, JobStatus.PENDING, JobStatus.CLOSED],
        "department": sorted(set(departments.values_list("name", flat=True))),
        "city": sorted(set(cities.values_list("city", flat=True))),
    }


@dataclass(frozen=True, kw_only=True)
class JobPage:
    """One job with its pipeline and the people in it."""

    job: Job
    pipeline: list[Stage]
    most: int
    hired: int
    rejected: int
    stage: str
    applications: list[Application]
    more: int


SHOWN = 100


def one(org: Organisation, job_id: UUID, *, stage: str = "") -> JobPage | None:
    """A job, or ``None`` when it is not there for this organisation. ``stage`` narrows the talents to one."""
    job = (
        visible(org)
        .filter(id=job_id)
        .select_related("department", "recruiter", "connection")
        .prefetch_related("locations", "compensations")
        .first()
    )
    if job is None:
        return None
    people = Application.objects.filter(
        job=job,
        remote_deleted_at=None,
        talent__remote_deleted_at=None,
        talent__excluded_reason=None,
        talent__isnull=False,
    )
    pipeline = _pipeline(job, people)
    ids = {str(one.id): one for one in pipeline}
    shown = people.filter(stage=ids[stage], status="ACTIVE") if stage in ids else people
    counted = dict(people.values_list("status").annotate(n=Count("id")))
    listed = shown.select_related("talent", "stage").order_by("-stage_entered_at", "id")
    return JobPage(
        job=job,
        pipeline=pipeline,
        most=max([1, *(getattr(one, "active", 0) for one in pipeline)]),
        hired=counted.get("HIRED", 0),
        rejected=counted.get("REJECTED", 0),
        stage=stage if stage in ids else "",
        applications=list(listed[:SHOWN]),
        more=max(0, shown.count() - SHOWN),
    )


def _pipeline(job: Job, people: QuerySet[Application]) -> list[Stage]:
    """The stages in their order, each with how many people are in it now."""
    counts = dict(
        people.filter(status__in=("ACTIVE", "HIRED")).values_list("stage").annotate(n=Count("id"))
    )
    stages = list(job.stages.filter(remote_deleted_at=None).order_by("position", "id"))
    for one in stages:
        one.active = counts.get(one.id, 0)  # type: ignore[attr-defined]
    return stages
