"""The sync icon in the header of the job and talent lists."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jemmo.domain.errors import ConfigError
from jemmo.domain.freshness import READ_FOR
from jemmo.services.connections import sync_button
from jemmo.store.sync import sync_status
from jemmo.web.frame.access import MemberRequest, recruiter_to_change


@require_http_methods(["GET", "POST"])
@recruiter_to_change
def icon(request: MemberRequest, only: str) -> HttpResponse:
    """Show the icon; a click starts a sync or joins the running one."""
    if only not in READ_FOR:
        raise Http404
    refused: ConfigError | None = None
    if request.method == "POST":
        try:
            sync_button.request_org_sync(request.organisation, only)
        except ConfigError as error:
            refused = error
    if not request.htmx:
        return redirect(only)
    shown = {
        "only": only,
        "icon": sync_status.icon(request.organisation, only, now=datetime.now(UTC)),
        "refused": refused,
    }
    return render(request, "connections/sync_icon.html", shown)
