"""Refreshes one talent or job from the ATS by a click."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Stream
from jemmo.domain.typed_values import time_or_none
from jemmo.services.records import refresh
from jemmo.store.models import Job, Talent
from jemmo.store.records import refresh_outcome
from jemmo.store.records.refresh_outcome import Refreshing, State
from jemmo.vault import default_vault
from jemmo.web.frame.access import MemberRequest, recruiter_to_change

KINDS: dict[str, tuple[type[Job | Talent], Stream]] = {
    "job": (Job, Stream.JOBS),
    "talent": (Talent, Stream.TALENTS),
}


@require_http_methods(["GET", "POST"])
@recruiter_to_change
def record(request: MemberRequest, kind: str, record_id: UUID) -> HttpResponse:
    """Request a refetch, or show its outcome. A polling page gets a response only when it has changed."""
    if kind not in KINDS:
        raise Http404
    model, stream = KINDS[kind]
    matches = model.objects.select_related("connection").filter(
        id=record_id, org=request.organisation
    )
    row = matches.first()
    if row is None:
        raise Http404
    if request.method == "POST":
        try:
            refresh.request_record_refetch(
                row.connection_id, stream, row.remote_id, vault=default_vault()
            )
        except ConfigError:
            row.connection.refresh_from_db()  # its state shows what prevents it
    if not request.htmx:
        return redirect(kind, record_id)
    shown = refresh_context(kind, row)
    state: Refreshing = shown["refresh"]
    if request.method == "GET" and state.waits and request.GET.get("shown") == state.shown:
        return HttpResponse(status=204)
    asked = time_or_none(request.GET.get("asked", ""))
    if state.outcome is State.READ and asked is not None:
        shown["fresh"] = refresh_outcome.changed_since(
            row.connection_id, stream, row.remote_id, asked
        )
    return render(request, "records/refresh.html", shown)


def refresh_context(kind: str, record: Any) -> dict[str, Any]:
    """The refetch state on a record's page."""
    now = datetime.now(UTC)
    state = refresh_outcome.refresh_outcome_of(
        record.connection, KINDS[kind][1], record.remote_id, now=now
    )
    return {"refresh": state, "kind": kind, "record": record, "asked": state.at or now}
