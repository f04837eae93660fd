"""The tools of an assistant. They only read.

The SDK checks parameters by the signatures, so annotations are evaluated.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils import timezone
from pydantic import Field

from jemmo.domain.enums import ApplicationStatus, JobStatus
from jemmo.domain.errors import ConfigError
from jemmo.domain.masking import has_contacts
from jemmo.domain.tokens import ApiScope
from jemmo.mcp.caller import Caller
from jemmo.services.connections.status import overview
from jemmo.services.records.explanations import explain_record
from jemmo.services.records.searches import talent_lookup
from jemmo.store.models import Organisation
from jemmo.store.records import jobs, talents
from jemmo.store.records.export import KINDS

MOST = 50  # records per response
LONGEST_QUERY = 200  # characters
ID = Annotated[UUID, Field(description="A record's `id`, as returned by the other tools.")]
Query = Annotated[str, Field(max_length=LONGEST_QUERY, description="Words to search for.")]
Limit = Annotated[int, Field(ge=1, le=MOST, description="Number of records to return.")]
Page = Annotated[int, Field(ge=1, le=1000, description="Page number; a page has `limit` records.")]
Entity = Literal["jobs", "talents", "applications"]


def search_jobs(
    query: Query = "", status: JobStatus | None = None, limit: Limit = 20, page: Page = 1
) -> dict[str, Any]:
    """Find jobs by words in their title, department, or location, newest change first.

    An empty query finds all jobs.
    """
    caller = _caller()
    filters = jobs.JobFilters(q=query.strip(), status=status or "", page=page)
    matches = jobs.search(caller.org, filters, size=limit)
    listed: list[Any] = matches.items
    rows = [
        {
            "id": job.id,
            "title": job.title,
            "status": job.status,
            "department": job.department.name if job.department else None,
            "locations": [place.city or place.raw for place in job.places],
            "people_in_process": job.active,
            "connection_id": job.connection_id,
        }
        for job in listed
    ]
    return {"total": matches.total, "jobs": rows}


def search_talents(
    query: Query = "",
    job_id: UUID | None = None,
    status: ApplicationStatus | None = None,
    limit: Limit = 20,
    page: Page = 1,
) -> dict[str, Any]:
    """Find candidates by words in their name, headline, tags, or location, optionally limited to one job or status.

    Email addresses and phone numbers match only with the scope “contacts”, and words inside resumes only with the
    scopes “contacts” and “files”.
    """
    caller = _caller()
    query = query.strip()
    filters = talents.TalentFilters(q=query, job=str(job_id or ""), status=status or "", page=page)
    lookup = talent_lookup(
        caller.org,
        query,
        contacts=caller.has(ApiScope.CONTACTS),
        files=caller.has(ApiScope.FILES),
    )
    matches = talents.search(caller.org, filters, lookup, unseal=caller.unseal, size=limit)
    if has_contacts(query):
        caller.log_search(matches.total)
    caller.log_read("talents")
    listed: list[Any] = matches.items
    rows = _rows("talents", [talent.id for talent in listed])
    latest = {talent.id: talent.latest for talent in listed}
    brief = [{name: row[name] for name in BRIEF} | _latest(latest[row["id"]]) for row in rows]
    return {"total": matches.total, "talents": brief}


BRIEF = ("id", "full_name", "headline", "location", "tags", "do_not_contact", "connection_id")


def _latest(application: talents.LatestApplication | None) -> dict[str, Any]:
    if application is None:
        return {"application": None}
    shown = {"job": application.job, "stage": application.stage, "status": application.status}
    return {"application": shown}


def get_record(entity: Entity, id: ID) -> dict[str, Any]:  # noqa: A002 - the name that assistants see
    """Get everything about one job, candidate, or application.

    A candidate includes their latest 100 applications and, with the scope “files”, the names of their latest 100 files.
    """
    rows = _rows(entity, [id], all_parts=True)
    if not rows:
        raise _unknown(entity)
    _caller().log_read(entity)
    return {"entity": entity, "record": rows[0]}


def job_pipeline(job_id: ID, stage_id: UUID | None = None) -> dict[str, Any]:
    """List a job's stages in order, the number of people in each, and the people themselves.

    With a stage, the people are only those of that stage. A stage's count includes people in process and people
    hired at that stage; `hired` counts everyone who was hired.
    """
    caller = _caller()
    page = jobs.job_page(caller.org, job_id, stage=str(stage_id or ""), unseal=caller.unseal)
    if page is None or page.excluded:
        raise _unknown("jobs")
    if stage_id and not page.stage:
        raise _unknown("stages")
    caller.log_read("applications")
    stages: list[Any] = page.pipeline
    shown = {
        row["id"]: row for row in _rows("talents", [row.talent_id for row in page.applications])
    }
    people = [
        {
            "talent_id": row.talent_id,
            "full_name": shown[row.talent_id]["full_name"],
            "application_id": row.id,
            "stage": row.stage.name if row.stage else None,
            "status": row.status,
            "stage_entered_at": row.stage_entered_at,
        }
        for row in page.applications[:MOST]
        if row.talent_id in shown
    ]
    return {
        "job": {"id": page.job.id, "title": page.job.title, "status": page.job.status},
        "applications_are_read": page.reads_applications,
        "stages": [
            {"id": stage.id, "name": stage.name, "people_in_stage": stage.active}
            for stage in stages
        ],
        "more_stages": page.more_stages,
        "hired": page.hired if page.reads_applications else None,
        "rejected": page.rejected if page.reads_applications else None,
        "total": page.total if page.reads_applications else None,
        "people": people,
    }


def what_changed(
    since: datetime, after: UUID | None = None, entity: Entity | None = None, limit: Limit = 50
) -> dict[str, Any]:
    """List the jobs, candidates, and applications created, changed, or deleted since a given time, oldest change first.

    `since` is a time with an offset, such as 2026-11-30T08:00:00Z. If there is `more`, pass the `at` of the last change
    as `since` and its `id` as `after`. Records that a rule now excludes and people who were erased aren't listed.
    """
    if since.tzinfo is None:
        raise ConfigError("bad_parameter", variant="time", name="since")
    since = _in_utc(since)
    org = _caller().org
    names: Iterable[str] = [entity] if entity else ("jobs", "talents", "applications")
    changes = [change for name in names for change in _changes(org, name, since, after, limit + 1)]
    changes.sort(key=lambda change: (change["at"], change["id"]))
    return {"changes": changes[:limit], "more": len(changes) > limit}


def _in_utc(time: datetime) -> datetime:
    """The same moment with an offset that Postgres knows. Raises ``ConfigError``."""
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ConfigError("bad_parameter", variant="time", name="since") from None


def _changes(
    org: Organisation, name: str, since: datetime, after: UUID | None, most: int
) -> list[dict[str, Any]]:
    kind = KINDS[name]
    shown = kind.shown(org).select_related(None).prefetch_related(None)
    written = _from(shown, "modified_at", since, after).values_list(
        "id", "modified_at", "created_at"
    )
    # A record that was never visible wasn't deleted for the caller.
    gone = kind.model._default_manager.filter(org=org, **NOT_EXCLUDED[name])  # noqa: SLF001 - Django's own
    deleted = _from(gone, "remote_deleted_at", since, after).values_list("id", "remote_deleted_at")
    return [
        *(
            {"entity": name, "id": row, "op": "created" if first >= since else "updated", "at": at}
            for row, at, first in written[:most]
        ),
        *({"entity": name, "id": row, "op": "deleted", "at": at} for row, at in deleted[:most]),
    ]


NOT_EXCLUDED = {
    "jobs": {"excluded_reason": None},
    "talents": {"excluded_reason": None},
    "applications": {"talent__excluded_reason": None},
}


def _from(rows: QuerySet[Any], time: str, since: datetime, after: UUID | None) -> QuerySet[Any]:
    """The rows from that time on, in order. Many may have the same time: with ``after``, those that follow that id."""
    rows = rows.filter(**{f"{time}__gte": since}).order_by(time, "id")
    return rows.exclude(**{time: since, "id__lte": after}) if after else rows


def why(record: Annotated[str, Field(min_length=1, max_length=LONGEST_QUERY)]) -> dict[str, Any]:
    """Explain why a record is, or isn't, in Jemmo.

    `record` is its ID in Jemmo or in the ATS, its link, title, or name.
    """
    caller = _caller()
    answers = explain_record(
        caller.org,
        record,
        now=timezone.now(),
        sees_contacts=caller.has(ApiScope.CONTACTS),
    )
    caller.log_read("talents")
    return {"answers": answers}


def sync_status() -> dict[str, Any]:
    """Show each connected ATS: its state, when its data was last synced, what failed, and how many records it has."""
    return {"connections": overview(_caller().org)}


TOOLS = (search_jobs, search_talents, get_record, job_pipeline, what_changed, why, sync_status)


def _caller() -> Caller:
    return Caller.current.get()


def _rows(
    name: str, ids: Iterable[UUID | None], *, all_parts: bool = False
) -> list[dict[str, Any]]:
    """These records in this order, as the caller may see them, without those that are hidden from the caller."""
    kind, caller, wanted_ids = KINDS[name], _caller(), list(ids)
    by_id: dict[UUID | None, Model] = {
        record.id: record for record in kind.shown(caller.org).filter(id__in=wanted_ids)
    }
    records = [by_id[key] for key in wanted_ids if key in by_id]
    parts = [part for part in kind.parts if all_parts and caller.has_part(part)]
    return list(kind.rows(records, caller.reader, parts))


def _unknown(entity: str) -> ConfigError:
    return ConfigError("not_found", variant="entity", entity=entity)
