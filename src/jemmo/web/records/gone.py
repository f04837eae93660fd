"""The page of a record that was deleted in the ATS. It shows none of its data."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render

from jemmo.store.models import Job, Talent
from jemmo.web.frame.access import MemberRequest


def gone_page(request: MemberRequest, model: type[Job | Talent], record_id: UUID) -> HttpResponse:
    """Status 410, which makes an open page of the record remove its content; ``Http404`` for any other record."""
    org = request.organisation
    if not model.objects.filter(id=record_id, org=org, remote_deleted_at__isnull=False).exists():
        raise Http404
    section = "jobs" if model is Job else "talents"
    return render(request, "records/record_gone.html", {"section": section}, status=410)
