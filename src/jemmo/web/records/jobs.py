"""Jobs."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from jemmo.domain.streams import Stream
from jemmo.store.connections.paused_deletions import kept_at
from jemmo.store.models import Job
from jemmo.store.records import jobs
from jemmo.store.sync import freshness
from jemmo.web.frame.access import MemberRequest, exports, member, unseal_for, wants_results
from jemmo.web.records import gone, refresh


@member
def listing(request: MemberRequest) -> HttpResponse:
    page = jobs.search(request.organisation, jobs.JobFilters.from_query(request.GET))
    partial = wants_results(request)
    template = "records/jobs_results.html" if partial else "records/jobs.html"
    shown = {"found": page, "partial": partial, "section": "jobs", "exports": exports(request)}
    return render(request, template, shown)


@member
def detail(request: MemberRequest, job_id: UUID) -> HttpResponse:
    page = jobs.job_page(
        request.organisation,
        job_id,
        stage=request.GET.get("stage", ""),
        unseal=unseal_for(request),
    )
    if page is None:
        return gone.gone_page(request, Job, job_id)
    synced_at = freshness.page_synced_at(page.job.connection_id, "jobs")
    shown = {
        "page": page,
        "job": page.job,
        "kept_at": kept_at(page.job, Stream.JOBS),
        "section": "jobs",
        "synced_at": synced_at,
    }
    return render(
        request, "records/job.html", {**shown, **refresh.refresh_context("job", page.job)}
    )
