"""Reads jobs for pages. Lists omit excluded jobs, and an excluded job's own page explains why it is excluded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from jemmo.domain.enums import JobStatus
from jemmo.domain.rules import Exclusion
from jemmo.domain.stored_values import enum_or_none
from jemmo.store.connections.connections import (
    WITHOUT_APPLICATIONS,
    connection_choices,
    name_connections,
    without_applications,
)
from jemmo.store.db import paging
from jemmo.store.db.paging import (
    SIZE,
    Alphabetical,
    Column,
    ResultPage,
    any_of,
    count_hidden,
    order,
    page_number,
    page_rows,
    query_text,
    record_id,
    search_limit_of,
    search_terms,
    sort_key,
)
from jemmo.store.db.query import fetch_row
from jemmo.store.db.search import jobs_matching
from jemmo.store.db.visible import (
    IN_PROCESS,
    SHOWN,
    SHOWN_APPLICATIONS,
    shown_applications,
    shown_sql,
)
from jemmo.store.models import Application, Job, JobLocation, JobPosting, Organisation, Stage
from jemmo.store.records.redaction import Unseal
from jemmo.store.records.text_masking import show_texts

OFFERED = 500  # departments and places in the filters; nobody picks from a longer list
_SHOWN_JOBS = f"j.org_id = %s AND {shown_sql('j')}"

_CHOICES = f"""
    SELECT ARRAY(SELECT DISTINCT j.status FROM job j WHERE {_SHOWN_JOBS}),
        ARRAY(SELECT DISTINCT d.name FROM department d JOIN job j ON j.department_id = d.id
            WHERE {_SHOWN_JOBS} ORDER BY 1 LIMIT {OFFERED}),
        ARRAY(SELECT DISTINCT coalesce(nullif(l.city, ''), l.raw) FROM job_location l
            JOIN job j ON j.id = l.job_id
            WHERE {_SHOWN_JOBS} AND coalesce(nullif(l.city, ''), l.raw) <> '' ORDER BY 1 LIMIT {OFFERED}),
        ARRAY({WITHOUT_APPLICATIONS})"""
"""The filters offer values of visible jobs. A place appears as in the rows: its city, or the whole place.
The ATS decides how many there are."""

LISTED = (
    *("title", "status", "visibility", "remote_policy", "remote_updated_at"),
    *("connection", "department__name"),
)

COLUMNS = {
    "updated": Column((F("remote_updated_at"),), descending=True),
    "title": Column((Alphabetical("title"),)),
    "talents": Column((F("active"),), descending=True),
    "opened": Column((F("opened_at"),), descending=True),
}


@dataclass(frozen=True, kw_only=True)
class JobFilters:
    """The filters in the query string."""

    q: str = ""
    status: str = ""
    department: str = ""
    city: str = ""
    connection: str = ""
    sort: str = "updated"
    page: int = 1

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> JobFilters:
        return cls(
            q=query_text(query, "q").strip(),
            status=query_text(query, "status"),
            department=query_text(query, "department"),
            city=query_text(query, "city"),
            connection=record_id(query_text(query, "connection")),
            sort=sort_key(query_text(query, "sort"), COLUMNS, "updated"),
            page=page_number(query.get("page")),
        )

    @property
    def filtered(self) -> bool:
        return bool(self.q or self.status or self.department or self.city or self.connection)


def visible(org: Organisation) -> QuerySet[Job]:
    return Job.objects.filter(SHOWN, org=org)


def search(org: Organisation, filters: JobFilters, *, size: int = SIZE) -> ResultPage[Job]:
    """A page of the organization's jobs, ``size`` of them.

    Each has its number of active applications, ``None`` if none are read.
    """
    jobs = matching(org, filters)
    if filters.sort.endswith("talents"):
        items = _by_people(org, jobs, filters, size)
    else:
        items = page_rows(_listed(jobs).order_by(*order(COLUMNS, filters.sort)), filters.page, size)
    choices, unread = _choices(org, filters)
    _add_active(org, items, unread)
    _add_places(items)
    name_connections(items, choices["connection"])
    return ResultPage(
        items=items,
        total=jobs.count(),
        page=filters.page,
        filters=filters,
        columns=COLUMNS,
        choices=choices,
        search_limit=search_limit_of(filters.q),
    )


def ids_in_order(org: Organisation, filters: JobFilters) -> Iterable[UUID]:
    """The matching jobs of all pages, in their order."""
    jobs = matching(org, filters)
    if filters.sort.endswith("talents"):
        return _ids_by_people(org, jobs, filters.sort)
    return paging.ids_in_order(jobs.order_by(*order(COLUMNS, filters.sort)))


def matching(org: Organisation, filters: JobFilters) -> QuerySet[Job]:
    """The jobs that match the filters, unordered."""
    jobs = visible(org)
    if terms := search_terms(filters.q):
        jobs = jobs.filter(jobs_matching(org, terms))
    elif filters.q:
        return jobs.none()
    if filters.status:
        jobs = jobs.filter(status=filters.status)
    if filters.connection:
        jobs = jobs.filter(connection=UUID(filters.connection))
    if filters.department:
        jobs = jobs.filter(department__name=filters.department)
    if filters.city:
        whole = Q(city=None) | Q(city="")
        named = Q(city=filters.city) | (whole & Q(raw=filters.city))
        places_there = JobLocation.objects.filter(named, job__org=org)
        jobs = jobs.filter(id__in=places_there.values("job"))
    return jobs


def _people(**where: Any) -> QuerySet[Application]:
    """Applications of visible talents."""
    return Application.objects.filter(SHOWN_APPLICATIONS, **where)


def _in_progress(org: Organisation, jobs: Sequence[UUID] | None = None) -> dict[UUID, int]:
    """The number of people in progress, for each job or only for these."""
    applications = shown_applications(org.id).filter(status="ACTIVE")
    applications = (
        applications.filter(job__isnull=False)
        if jobs is None
        else applications.filter(any_of("job", jobs))
    )
    return dict(applications.order_by().values_list("job").annotate(n=Count("*")))


def _by_people(org: Organisation, jobs: QuerySet[Job], filters: JobFilters, size: int) -> list[Job]:
    """The page ordered by people in progress."""
    start = (filters.page - 1) * size
    ids = _ids_by_people(org, jobs, filters.sort)[start : start + size]
    by_id = {job.id: job for job in _listed(jobs.filter(id__in=ids))}
    return [by_id[job] for job in ids if job in by_id]


def _ids_by_people(org: Organisation, jobs: QuerySet[Job], sort: str) -> list[UUID]:
    """All of these jobs by people in progress.

    One pass over the organization's applications is several times faster than a count for each job.
    """
    active = _in_progress(org)
    least_first = COLUMNS["talents"].descending == sort.startswith("-")
    sign = 1 if least_first else -1
    ids = jobs.order_by().values_list("id", flat=True)
    return sorted(ids, key=lambda job: (sign * active.get(job, 0), job))


def _listed(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Load exactly what a row shows, since fifty jobs are read at a time."""
    return jobs.select_related("department").only(*LISTED)


def _add_active(org: Organisation, jobs: Sequence[Job], unread: set[UUID]) -> None:
    active = _in_progress(org, [job.id for job in jobs]) if jobs else {}
    for job in jobs:
        known = job.connection_id not in unread
        job.active = active.get(job.id, 0) if known else None  # type: ignore[attr-defined]


def _add_places(jobs: Sequence[Job]) -> None:
    """Set each job's ``places``. A prefetch would create a manager and a queryset for each row."""
    places: dict[UUID, list[JobLocation]] = {job.id: [] for job in jobs}
    for place in JobLocation.objects.filter(any_of("job", list(places))).only("job", "city", "raw"):
        places[place.job_id].append(place)
    for job in jobs:
        job.places = places[job.id]  # type: ignore[attr-defined]


def _choices(org: Organisation, filters: JobFilters) -> tuple[dict[str, list[Any]], set[UUID]]:
    """The values to filter by, and the connections whose applications are not read, in one statement.

    The chosen department and place are always among the values.
    """
    statuses, departments, cities, unread = fetch_row(_CHOICES, [org.pk] * 4)
    choices = {
        "status": [status for status in JobStatus if status in statuses],
        "department": sorted({*departments, filters.department} - {""}),
        "connection": connection_choices(org),
        "city": sorted({*cities, filters.city} - {""}),
    }
    return choices, set(unread)


@dataclass(frozen=True, kw_only=True)
class JobPage:
    """One job with its pipeline and its people.

    ``excluded`` is the rule that removes the job from lists and counts. Without ``reads_applications``, the numbers of
    people are unknown. ``uncounted`` is the number of applications of excluded talents, which no other number includes.
    """

    job: Job
    reads_applications: bool
    excluded: Exclusion | None
    postings: list[JobPosting]
    more_postings: int
    pipeline: list[Stage]
    more_stages: int
    most: int
    hired: int
    rejected: int
    stage: str
    applications: list[Application]
    total: int
    uncounted: int

    @property
    def more(self) -> int:
        return self.total - len(self.applications)


PEOPLE_SHOWN = 100
STAGES_SHOWN = 200
POSTINGS_SHOWN = 100


def job_page(
    org: Organisation, job_id: UUID, *, stage: str = "", unseal: Unseal | None = None
) -> JobPage | None:
    """A job, excluded or not; ``None`` if this organization has none.

    ``stage`` limits the talents to that stage.
    """
    job = (
        Job.objects.filter(org=org, id=job_id, remote_deleted_at=None)
        .select_related("department", "recruiter", "connection")
        .prefetch_related("locations", "compensations")
        .first()
    )
    if job is None:
        return None
    people = _people(job=job)
    pipeline, more_stages = _pipeline(job, people)
    posted = job.postings.filter(remote_deleted_at=None)
    postings = _first_postings(posted)
    ids = {str(row.id): row for row in pipeline}
    shown = people.filter(stage=ids[stage], status__in=IN_PROCESS) if stage in ids else people
    counted = dict(people.values_list("status").annotate(n=Count("id")))
    listed = list(
        shown.select_related("talent", "stage").order_by(
            F("stage_entered_at").desc(nulls_last=True), "id"
        )[:PEOPLE_SHOWN]
    )
    show_texts([row.talent for row in listed if row.talent], unseal)
    return JobPage(
        job=job,
        reads_applications=job.connection_id not in without_applications(org),
        excluded=enum_or_none(job.excluded_reason, Exclusion),
        postings=postings,
        more_postings=count_hidden(posted, postings, POSTINGS_SHOWN),
        pipeline=pipeline,
        more_stages=more_stages,
        most=max([1, *(getattr(row, "active", 0) for row in pipeline)]),
        hired=counted.get("HIRED", 0),
        rejected=counted.get("REJECTED", 0),
        stage=stage if stage in ids else "",
        applications=listed,
        total=shown.count() if stage in ids else sum(counted.values()),
        uncounted=_of_excluded(job),
    )


def _of_excluded(job: Job) -> int:
    present = Application.objects.filter(job=job, remote_deleted_at=None)
    return present.filter(
        talent__remote_deleted_at=None, talent__excluded_reason__isnull=False
    ).count()


def _first_postings(present: QuerySet[JobPosting]) -> list[JobPosting]:
    """The postings: published ones first, and public ones before internal ones."""
    ordered = present.order_by("status", "is_internal", "language", "id")
    return list(ordered.prefetch_related("locations")[:POSTINGS_SHOWN])


def _pipeline(job: Job, people: QuerySet[Application]) -> tuple[list[Stage], int]:
    """The first stages in order, each with its current number of people, and the number of other stages.

    The ATS decides how many there are. A job without stages of its own uses the company's.
    """
    in_process = people.filter(status__in=IN_PROCESS, stage__isnull=False)
    counts: dict[UUID, int] = dict(
        in_process.values_list("stage").annotate(n=Count("id")).order_by()
    )
    own = Q(job=job) | Q(id__in=nlargest(STAGES_SHOWN, counts, key=counts.__getitem__))
    stages, more = _first_stages(own, org_id=job.org_id)
    if not any(column.job_id for column in stages):
        company_wide = Q(job=None, job_remote_id=None)
        stages, more = _first_stages(company_wide, connection_id=job.connection_id)
    for column in stages:
        column.active = counts.get(column.id, 0)  # type: ignore[attr-defined]
    return stages, more


def _first_stages(shown: Q, **where: Any) -> tuple[list[Stage], int]:
    present = Stage.objects.filter(shown, remote_deleted_at=None, **where)
    first = list(present.order_by(F("position").asc(nulls_last=True), "id")[:STAGES_SHOWN])
    return first, count_hidden(present, first, STAGES_SHOWN)
