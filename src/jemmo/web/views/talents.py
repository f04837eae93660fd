"""Talents."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render

from jemmo.services.lookups import hashes_of
from jemmo.store.selectors import talents
from jemmo.vault import default_vault
from jemmo.web.access import MemberRequest, member, sees_contacts, wants_results
from jemmo.web.views import refresh


@member
def listing(request: MemberRequest) -> HttpResponse:
    wanted = talents.Wanted.from_query(request.GET)
    sees = sees_contacts(request)
    words = hashes_of(request.organisation, wanted.q, vault=default_vault()) if sees else []
    found = talents.search(request.organisation, wanted, sees_contacts=sees, word_hashes=words)
    partial = wants_results(request)
    template = "web/talents_results.html" if partial else "web/talents.html"
    return render(
        request,
        template,
        {"found": found, "partial": partial, "section": "talents", "reads_files": sees},
    )


@member
def detail(request: MemberRequest, talent_id: UUID) -> HttpResponse:
    unseal = default_vault().open if sees_contacts(request) else None
    page = talents.one(request.organisation, talent_id, unseal=unseal)
    if page is None:
        raise Http404
    shown = {"page": page, "talent": page.talent, "section": "talents"}
    return render(request, "web/talent.html", {**shown, **refresh.of("talent", page.talent)})
