"""Data quality: duplicates, broken links, and differences from the ATS."""

from django.http import HttpResponse
from django.shortcuts import render

from jemmo.domain.errors import JemmoError
from jemmo.services.base.costly import Crowded
from jemmo.services.connections.status import refused_by
from jemmo.services.records import quality as service
from jemmo.store.connections import paused_deletions
from jemmo.vault import default_vault
from jemmo.web.connections.attempts import question
from jemmo.web.frame.access import MemberRequest, manager
from jemmo.web.frame.problems import problem


@manager
def quality(request: MemberRequest) -> HttpResponse:
    """Show data quality. A POST asks the ATSs for their counts."""
    refused = None
    try:
        report = _asked(request) if request.method == "POST" else _stored(request)
    except Crowded:
        raise
    except JemmoError as error:
        report, refused = _stored(request), problem(error)
    shown = [
        {
            "one": comparison,
            "problem": problem(comparison.error) if comparison.error else None,
            "refused": refused_by(comparison.connection),
            "decision": paused_deletions.decision(
                comparison.connection, paused_deletions.waiting(comparison.connection)
            ),
        }
        for comparison in report.connections
    ]
    return render(
        request,
        "records/quality.html",
        {
            "report": report,
            "problem": refused,
            "connections": shown,
            "section": "settings",
            "settings_page": "quality",
        },
    )


def _asked(request: MemberRequest) -> service.Report:
    with question(request):
        return service.report(request.organisation, vault=default_vault())


def _stored(request: MemberRequest) -> service.Report:
    return service.report(request.organisation, vault=None)
