"""Notifications: the bell, the list, toasts, and delivery settings."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jemmo.domain.errors import ConfigError
from jemmo.services.notifications import mailing, notifications
from jemmo.store.db.paging import whole_number
from jemmo.store.models import Role
from jemmo.store.notifications import inbox as selected
from jemmo.vault import default_vault
from jemmo.web.frame.access import MemberRequest, member
from jemmo.web.frame.problems import localized_error
from jemmo.web.notifications.forms import MemberNoticesForm, OrganisationNoticesForm


@require_safe
@member
def listing(request: MemberRequest) -> HttpResponse:
    latest = selected.latest(request.membership)
    shown = {"found": latest, "manages": Role(request.membership.role).manages}
    return render(request, "notifications/notifications.html", shown)


@require_safe
@member
def bell(request: MemberRequest) -> HttpResponse:
    return render(request, "notifications/bell.html")


@require_safe
@member
def toast(request: MemberRequest, number: int) -> HttpResponse:
    """A toast for an open page; empty if the member wants none."""
    notification = selected.find_notification(request.membership, number)
    if notification is None:
        raise Http404
    if not selected.choices(request.membership).toasts:
        return HttpResponse()
    return render(request, "notifications/toast.html", {"one": notification})


@require_POST
@member
def read(request: MemberRequest) -> HttpResponse:
    """Mark one notification as read, or all."""
    text = request.POST.get("number", "")
    number = whole_number(text)
    if text and number is None:
        raise Http404
    notifications.mark_read(request.membership, number)
    return redirect("notification_list")


@member
def settings(request: MemberRequest) -> HttpResponse:
    """A member's own choices, and the organization's for its managers."""
    chosen = selected.choices(request.membership)
    manages = Role(request.membership.role).manages
    which = request.POST.get("form")
    mine = MemberNoticesForm(
        request.POST if which == "member" else None,
        initial={"email_when": chosen.email_when, "toasts": chosen.toasts},
    )
    ours = OrganisationNoticesForm(
        request.POST if which == "organisation" else None,
        initial={"every_success": chosen.every_success, "chat_when": chosen.chat_when},
    )
    if request.method == "POST":
        if which == "organisation" and not manages:
            raise Http404
        if which == "member" and mine.is_valid():
            notifications.choose_for_member(request.membership, **mine.cleaned_data)
            return _saved(request)
        if which == "organisation" and ours.is_valid():
            try:
                notifications.choose_for_organisation(
                    request.membership, vault=default_vault(), **ours.cleaned_data
                )
                return _saved(request)
            except ConfigError as error:
                ours.add_error("chat_url", localized_error(error.as_record())["message"])
    shown = {
        "mine": mine,
        "ours": ours,
        "chosen": chosen,
        "manages": manages,
        "mail_server": mailing.server(),
        "section": "settings",
        "settings_page": "notifications",
    }
    return render(request, "notifications/settings.html", shown)


def _saved(request: MemberRequest) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("notifications")
