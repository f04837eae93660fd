"""The page that explains why a record is here, or isn't."""

from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import render

from jemmo.services.records import explanations
from jemmo.store.db.paging import query_text
from jemmo.web.frame.access import MemberRequest, manages, member, sees_contacts


@member
def why(request: MemberRequest) -> HttpResponse:
    asked = query_text(request.GET, "q").strip()
    answers = None
    if asked:
        answers = explanations.explain_record(
            request.organisation,
            asked,
            now=datetime.now(UTC),
            sees_contacts=sees_contacts(request),
        )
    shown = {
        "asked": asked,
        "answers": answers,
        "section": "settings",
        "settings_page": "why",
        "manages": manages(request),
    }
    return render(request, "records/why.html", shown)
