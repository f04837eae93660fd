"""Settings > ATS integration: the connections and their runs."""

from datetime import UTC, datetime
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render

from jemmo.services.schedule import next_sync_at
from jemmo.store.selectors import connections as selected
from jemmo.web.access import MemberRequest, member


@member
def connections(request: MemberRequest) -> HttpResponse:
    now = datetime.now(UTC)
    shown = [
        {**one, "next_sync_at": next_sync_at(one["connection"], now)}
        for one in selected.with_runs(request.organisation)
    ]
    return render(request, "web/ats.html", {"connections": shown, "section": "settings"})


@member
def run(request: MemberRequest, run_id: UUID) -> HttpResponse:
    found = selected.run(request.organisation, run_id)
    if found is None:
        raise Http404
    return render(request, "web/run.html", {"run": found, "section": "settings"})
