"""Settings > ATS integration: the connections and their runs."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render

from jemmo.store.selectors import connections as selected
from jemmo.web.access import MemberRequest, member


@member
def connections(request: MemberRequest) -> HttpResponse:
    found = selected.with_runs(request.membership.org)
    return render(request, "web/ats.html", {"connections": found, "section": "settings"})


@member
def run(request: MemberRequest, run_id: UUID) -> HttpResponse:
    found = selected.run(request.membership.org, run_id)
    if found is None:
        raise Http404
    return render(request, "web/run.html", {"run": found, "section": "settings"})
