"""Operations that return records in standard formats: schema.org's JobPosting, a sitemap, JSON Resume.

Annotations are evaluated by django-ninja.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Annotated, Any
from uuid import UUID
from xml.sax.saxutils import escape

import msgspec
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from ninja import Query

from jemmo.api import lists, records, schemas
from jemmo.api.access import ApiRequest
from jemmo.api.document import ConnectionFilter, Cursor, Limit, operation, page_schema, reference
from jemmo.api.problems import Problem
from jemmo.domain.job_postings import Advert, address_of, job_posting
from jemmo.domain.json_resume import json_resume
from jemmo.domain.tokens import ApiScope
from jemmo.store.models import JobPosting
from jemmo.store.records.export import KINDS
from jemmo.store.records.public_jobs import adverts_of, public_jobs

SCOPES = (ApiScope.RECORDS,)
LISTED = "job-postings"
MOST_ADDRESSES = 50_000  # per sitemap
NAMED = ("connection_id", "remote_id", "modified_at")
"""The columns that a sitemap needs: whole jobs, with their descriptions, would fill the memory."""
ADDRESS = r"^https?://[a-z0-9.-]+(:[0-9]+)?/[!-z~]*\{(id|remote_id)\}[!-z~]*$"


def _page_address() -> Any:
    """A separate parameter for each operation, because its default is stored in it."""
    return Query(  # type: ignore[type-arg]
        max_length=500,
        pattern=ADDRESS,
        description="The address of a job's page on your career site, containing `{id}` or "
        "`{remote_id}`, for example `https://jobs.example.com/{id}`.",
    )


@operation(
    id="get_job_posting",
    address="/jobs/{uuid:record_id}/job-posting",
    summary="Get a job as a JobPosting",
    description="Returns schema.org JSON-LD for a career site, so that search engines can find "
    "the job. Only open and public jobs have a JobPosting.",
    schema=reference("SchemaOrgJobPosting"),
    content_type="application/ld+json",
    scopes=SCOPES,
    tag="job postings",
    refusals=(404,),
)
def get_job_posting(
    request: ApiRequest, record_id: UUID, url: Annotated[str | None, _page_address()] = None
) -> HttpResponse:
    jobs = list(public_jobs(request.token.org, timezone.now()).filter(id=record_id))
    if not jobs:
        raise Problem(404, "not_found", variant="job_posting")
    [posting] = _postings(request, jobs, url)
    return _json(posting, "application/ld+json")


@operation(
    id="list_job_postings",
    address=f"/{LISTED}",
    summary="List open and public jobs as JobPostings",
    description="Returns schema.org JSON-LD documents, sorted by ATS ID, which never changes.",
    schema=page_schema(reference("SchemaOrgJobPosting")),
    scopes=SCOPES,
    tag="job postings",
)
def list_job_postings(
    request: ApiRequest,
    limit: Limit = 100,
    cursor: Cursor = None,
    connection_id: ConnectionFilter = None,
    url: Annotated[str | None, _page_address()] = None,
) -> HttpResponse:
    public = _public(request, connection_id)
    jobs, next_cursor = records.batch_of(
        request.token.org, LISTED, public, limit=limit, cursor=cursor
    )
    page = {"data": _postings(request, jobs, url), "next_cursor": next_cursor}
    return _json(page, "application/json")


@operation(
    id="get_sitemap",
    address=f"/{LISTED}/sitemap.xml",
    summary="Get a sitemap of open and public jobs",
    description="Contains up to 50,000 addresses on your career site, for search engines.",
    schema=schemas.TEXT,
    content_type="application/xml",
    scopes=SCOPES,
    tag="job postings",
)
def get_sitemap(
    request: ApiRequest,
    url: Annotated[str, _page_address()],
    connection_id: ConnectionFilter = None,
) -> HttpResponse:
    bare = _public(request, connection_id).select_related(None).prefetch_related(None).only(*NAMED)
    jobs = records.following(request.token.org, bare, None, MOST_ADDRESSES)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
        *(_entry(job, url) for job in jobs),
        "</urlset>",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="application/xml")


@operation(
    id="get_json_resume",
    address="/talents/{uuid:record_id}/json-resume",
    summary="Get a talent as a JSON Resume",
    description="Follows the jsonresume.org schema. Contact details require the scope `contacts`.",
    schema=reference("JsonResume"),
    scopes=SCOPES,
    tag="talents",
    refusals=(404,),
)
def get_json_resume(request: ApiRequest, record_id: UUID) -> HttpResponse:
    return records.json_response(json_resume(records.row_of(request.token, "talents", record_id)))


def _public(request: ApiRequest, connection_id: UUID | None) -> QuerySet[Any]:
    jobs = public_jobs(request.token.org, timezone.now())
    return lists.narrowed(jobs, connection_id=connection_id)


def _postings(request: ApiRequest, jobs: Sequence[Any], url: str | None) -> list[dict[str, Any]]:
    adverts = adverts_of([job.id for job in jobs])
    name = request.token.org.name
    return [
        job_posting(
            row, _advert(adverts.get(row["id"]), name), address_of(url, row) if url else None
        )
        for row in records.rows_of(request.token, KINDS["jobs"], list(jobs), ())
    ]


def _advert(posting: JobPosting | None, organization: str) -> Advert:
    if posting is None:
        return Advert(organization=organization)
    return Advert(
        organization=organization,
        content_html=posting.content_html,
        published_at=posting.published_at,
        url=posting.url,
    )


def _entry(job: Any, url: str) -> str:
    address = escape(address_of(url, {"id": job.id, "remote_id": job.remote_id}))
    modified = job.modified_at.astimezone(UTC).isoformat(timespec="seconds")
    return f"  <url><loc>{address}</loc><lastmod>{modified}</lastmod></url>"


def _json(content: Any, content_type: str) -> HttpResponse:
    """JSON that is safe in a page's script element, because nothing in it closes the element."""
    encoded = msgspec.json.encode(content).replace(b"<", rb"\u003c")
    return HttpResponse(encoded, content_type=content_type)
