"""Data quality: what is double, written twice, loose, or different from the ATS."""

from django.http import HttpResponse
from django.shortcuts import render

from jemmo.services import quality as service
from jemmo.vault import default_vault
from jemmo.web.access import MemberRequest, manager
from jemmo.web.problems import problem


@manager
def quality(request: MemberRequest) -> HttpResponse:
    """Posting it asks the ATSs for their counts."""
    vault = default_vault() if request.method == "POST" else None
    report = service.report(request.organisation, vault=vault)
    shown = [
        {"one": one, "problem": problem(one.error) if one.error else None}
        for one in report.connections
    ]
    return render(
        request,
        "web/quality.html",
        {"report": report, "connections": shown, "section": "settings", "settings_page": "quality"},
    )
