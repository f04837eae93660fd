"""Settings > Organization > ATS integration: connections and their syncs."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from jemmo.domain.typed_values import time_or_none
from jemmo.services.connections import summaries
from jemmo.store.connections import connections as selected
from jemmo.store.connections.paused_deletions import with_decision
from jemmo.store.models import Connection, ConnectionState
from jemmo.web.frame.access import MemberRequest, manages, member
from jemmo.web.frame.charts import bars

FRAME: dict[str, object] = {"section": "settings", "settings_page": "ats"}


def connection_of(request: MemberRequest, connection_id: UUID) -> Connection:
    """The connection in the URL. Another organization's counts as missing."""
    connection = selected.find_connection(request.organisation, connection_id)
    if connection is None:
        raise Http404
    return connection


def to_connection(connection: Connection) -> HttpResponse:
    """Return to the connection after an action, or to its place in the list while it is being deleted."""
    if connection.state == ConnectionState.LEAVING:
        return redirect(f"{reverse('ats')}#connection-{connection.id}")
    return redirect("ats_connection", connection.id)


@member
def connections(request: MemberRequest) -> HttpResponse:
    shown = [_with_chart(card) for card in summaries.connection_summaries(request.organisation)]
    return render(request, "connections/connections.html", {"cards": shown, **_frame(request)})


@member
def connection(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """One connection with its whole history, one page at a time."""
    row = connection_of(request, connection_id)
    shown = _with_chart(
        summaries.connection_summary(row, before=time_or_none(request.GET.get("before", "")))
    )
    return render(
        request, "connections/connection.html", {**shown, **_frame(request), "whole": True}
    )


@member
def card(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """Only the card."""
    shown = _with_chart(summaries.connection_summary(connection_of(request, connection_id)))
    return render(request, "connections/card.html", {**shown, **_frame(request)})


@member
def progress(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """The progress of a sync, polled while it runs; the whole card once it starts or ends.

    If the connection is gone, the page is reloaded.
    """
    if request.htmx and selected.find_connection(request.organisation, connection_id) is None:
        return HttpResponseClientRedirect(reverse("ats"))
    summary = summaries.connection_summary(connection_of(request, connection_id))
    shown = {**_with_chart(summary), **_frame(request), "whole": "whole" in request.GET}
    if summary.activity == request.GET.get("was"):
        return render(request, "connections/progress_and_tiles.html", shown)
    card = render(request, "connections/card.html", shown)
    return retarget(reswap(card, "outerHTML"), f"#connection-{connection_id}")


@member
def run(request: MemberRequest, run_id: UUID) -> HttpResponse:
    sync_run = selected.run(request.organisation, run_id)
    if sync_run is None:
        raise Http404
    run = sync_run["run"]
    error = with_decision(run.connection, run.report.get("error") or {}, run.finished_at)
    shown = {"run": sync_run, "error": error, **_frame(request)}
    return render(request, "connections/run.html", shown)


def _frame(request: MemberRequest) -> dict[str, object]:
    return {**FRAME, "manages": manages(request)}


def _with_chart(card: summaries.ConnectionSummary) -> dict[str, object]:
    return {"card": card, "connection": card.connection, "bars": bars(card.runs)}
