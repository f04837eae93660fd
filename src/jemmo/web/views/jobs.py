"""Jobs."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.vary import vary_on_headers

from jemmo.store.selectors import jobs
from jemmo.web.access import MemberRequest, member


@vary_on_headers("HX-Request", "HX-Boosted")  # else the browser's "back" shows the results alone
@member
def listing(request: MemberRequest) -> HttpResponse:
    found = jobs.search(request.membership.org, jobs.Wanted.from_query(request.GET))
    partial = bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")
    template = "web/jobs_results.html" if partial else "web/jobs.html"
    return render(request, template, {"found": found, "section": "jobs"})


@member
def detail(request: MemberRequest, job_id: UUID) -> HttpResponse:
    job = jobs.one(request.membership.org, job_id, stage=request.GET.get("stage", ""))
    if job is None:
        raise Http404
    return render(request, "web/job.html", {"page": job, "job": job.job, "section": "jobs"})
