"""Talents."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.vary import vary_on_headers

from jemmo.store.selectors import talents
from jemmo.vault import default_vault
from jemmo.web.access import MemberRequest, member, sees_contacts


@vary_on_headers("HX-Request", "HX-Boosted")  # else the browser's "back" shows the results alone
@member
def listing(request: MemberRequest) -> HttpResponse:
    found = talents.search(request.membership.org, talents.Wanted.from_query(request.GET))
    partial = bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")
    template = "web/talents_results.html" if partial else "web/talents.html"
    return render(request, template, {"found": found, "section": "talents"})


@member
def detail(request: MemberRequest, talent_id: UUID) -> HttpResponse:
    unseal = default_vault().open if sees_contacts(request) else None
    page = talents.one(request.membership.org, talent_id, unseal=unseal)
    if page is None:
        raise Http404
    return render(
        request, "web/talent.html", {"page": page, "talent": page.talent, "section": "talents"}
    )
