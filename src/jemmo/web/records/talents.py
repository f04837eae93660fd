"""Talents."""

from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from jemmo.domain.access import Action
from jemmo.domain.errors import JemmoError
from jemmo.domain.masking import has_contacts
from jemmo.domain.streams import Stream
from jemmo.services.base import access_log
from jemmo.services.files import stored_files
from jemmo.services.privacy import do_not_contact
from jemmo.services.records.searches import talent_lookup
from jemmo.store.connections.paused_deletions import kept_at
from jemmo.store.models import Talent
from jemmo.store.records import talents
from jemmo.store.records.talent_page import talent_page
from jemmo.store.sync import freshness
from jemmo.web.frame.access import (
    MemberRequest,
    exports,
    manages,
    member,
    sees_contacts,
    unseal_for,
    wants_results,
)
from jemmo.web.frame.problems import problem
from jemmo.web.privacy.forms import NotToContact
from jemmo.web.records import gone, refresh


@member
def listing(request: MemberRequest) -> HttpResponse:
    filters = talents.TalentFilters.from_query(request.GET)
    lookup = lookup_of(request, filters.q)
    page = talents.search(request.organisation, filters, lookup, unseal=unseal_for(request))
    if has_contacts(filters.q):
        account = request.membership.account
        access_log.log_access(
            request.organisation, Action.SEARCHED, actor=account, by="list", found=page.total
        )
    partial = wants_results(request)
    template = "records/talents_results.html" if partial else "records/talents.html"
    return render(
        request,
        template,
        {
            "found": page,
            "partial": partial,
            "section": "talents",
            "reads_files": lookup.sees_contacts,
            "exports": exports(request),
        },
    )


def lookup_of(request: MemberRequest, typed: str) -> talents.Lookup:
    """Return the search that this member's rights allow."""
    sees = sees_contacts(request)
    return talent_lookup(request.organisation, typed, contacts=sees, files=sees)


@member
def detail(request: MemberRequest, talent_id: UUID) -> HttpResponse:
    """Show a talent. With a posted ``reveal``, managers see contact details that are hidden as not to be contacted."""
    sees = sees_contacts(request)
    reveal = request.method == "POST" and "reveal" in request.POST and manages(request)
    page = talent_page(
        request.organisation,
        talent_id,
        unseal=unseal_for(request),
        reveal=reveal,
        with_notes=request.membership.sees_notes,
    )
    if page is None:
        return gone.gone_page(request, Talent, talent_id)
    if page.contacts or (reveal and page.contacts is not None):
        action = Action.CONTACTS_REVEALED if reveal else Action.CONTACTS_VIEWED
        access_log.log_page_view(
            request.organisation, request.membership.account, action, talent_id
        )
    shown = {
        "page": page,
        "reads_files": bool(page.files) or stored_files.are_read(page.talent.connection),
        "files_are_off": stored_files.are_turned_off(page.talent.connection),
        "talent": page.talent,
        "kept_at": kept_at(page.talent, Stream.TALENTS),
        "section": "talents",
        "sees": sees,
        "manages": manages(request),
        "synced_at": freshness.page_synced_at(page.talent.connection_id, "talents"),
    }
    return render(
        request, "records/talent.html", {**shown, **refresh.refresh_context("talent", page.talent)}
    )


@member
def contact(request: MemberRequest, talent_id: UUID) -> HttpResponse:
    """Mark a person as not to be contacted, with the reason, or undo that."""
    page = talent_page(request.organisation, talent_id, unseal=None)
    if page is None or not sees_contacts(request):
        raise Http404
    form = NotToContact(request.POST if request.method == "POST" else None)
    shown = {"talent": page.talent, "form": form, "section": "talents"}
    if request.method == "POST":
        now = datetime.now(UTC)
        try:
            if "again" in request.POST:
                do_not_contact.clear_do_not_contact(request.membership, talent_id, now=now)
                messages.success(request, _("This person may be contacted again."))
                return redirect("talent", talent_id)
            if form.is_valid():
                reason = form.cleaned_data["reason"]
                do_not_contact.set_do_not_contact(
                    request.membership, talent_id, reason=reason, now=now
                )
                messages.success(request, _("Saved. This person is marked as “Do not contact”."))
                return redirect("talent", talent_id)
        except JemmoError as error:
            shown["problem"] = problem(error)
    return render(request, "records/not_to_contact.html", shown)
