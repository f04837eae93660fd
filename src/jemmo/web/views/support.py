"""The help bubble: how the organisation is, and the conversation with support."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language

from jemmo.domain.remedies import Finding
from jemmo.services import support
from jemmo.store.models import SupportMessage
from jemmo.store.selectors import support as selected
from jemmo.web.access import MemberRequest, member, wants_results
from jemmo.web.forms import AskSupport
from jemmo.web.mail import send
from jemmo.web.screenshots import disguise_of


@member
def ask(request: MemberRequest) -> HttpResponse:
    """The bubble's content, or the same as a page of its own; a message sent from either."""
    form = AskSupport(request.POST or None)
    sent = request.method == "POST" and form.is_valid()
    if sent:
        _send(request, form)
        if not wants_results(request):
            return redirect("help")
        form = AskSupport()
    found = selected.health(request.organisation, now=datetime.now(UTC))
    shown = {**_conversation(request), "findings": found, "form": form, "sent": sent}
    shown["error_text"] = _error_of(request, found)
    shown["section"] = "help"
    template = "web/help_body.html" if wants_results(request) else "web/help.html"
    return render(request, template, shown)


@member
def thread(request: MemberRequest) -> HttpResponse:
    """The conversation, asked for again while the bubble is open."""
    return render(request, "web/help_thread.html", _conversation(request))


@member
def badge(request: MemberRequest) -> HttpResponse:
    return render(request, "web/help_badge.html")


def _conversation(request: MemberRequest) -> dict[str, Any]:
    """What was said; from now on it counts as read."""
    found = selected.open_thread(request.organisation, request.user.pk)
    if found is None:
        return {"thread": None}
    said = selected.conversation(found)
    support.mark_read(found, now=datetime.now(UTC))
    return {"thread": found, "conversation": said}


def _error_of(request: MemberRequest, found: list[Finding]) -> str:
    """The most serious finding as it will be attached: without what tells who is meant."""
    worst = next((one for one in found if one.message), None)
    if worst is None:
        return ""
    when = f"{worst.at:%Y-%m-%d %H:%M} UTC: " if worst.at else ""
    text = f"{when}{worst.message} {worst.next_step}".strip()
    disguise = disguise_of(request)
    return support.attachable(text, request.organisation, request.membership.account, disguise)


def _send(request: MemberRequest, form: AskSupport) -> None:
    given = form.cleaned_data
    made = support.write(
        request.organisation,
        request.membership.account,
        body=given["body"],
        error=given["error"] if given["attach"] else "",
        steps=given["steps"] if given["attach"] else "",
        language=get_language() or "",
        now=datetime.now(UTC),
        disguise=disguise_of(request),
    )
    if settings.SUPPORT_EMAIL:
        _tell_support(request, made)


def _tell_support(request: MemberRequest, made: SupportMessage) -> None:
    where = reverse("admin:store_supportthread_change", args=[made.thread_id])
    parts = (made.body, made.error, made.steps, request.build_absolute_uri(where))
    subject = f"Jemmo: {request.organisation.name} asks for help"
    send(subject, "\n\n".join(part for part in parts if part), settings.SUPPORT_EMAIL)
