"""The help bubble: the state of the organization's syncs, and the conversation with support."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allauth.core import ratelimit
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jemmo.domain.diagnosis import Finding
from jemmo.domain.spans import utc_text
from jemmo.services.connections.health import health
from jemmo.services.notifications import support
from jemmo.services.notifications.outbox import post
from jemmo.store.models import SupportMessage
from jemmo.store.notifications import support as selected
from jemmo.vault import default_vault
from jemmo.web.frame.access import MemberRequest, member, wants_results
from jemmo.web.frame.links import absolute
from jemmo.web.frame.pictures import picture_answer
from jemmo.web.frame.screenshots import disguise_of
from jemmo.web.notifications.forms import AskSupport


@member
def ask(request: MemberRequest) -> HttpResponse:
    """The bubble's content, or the same as a separate page. Messages can be sent from both."""
    form = AskSupport(request.POST or None, request.FILES or None)
    sent = request.method == "POST" and form.is_valid() and _may_write(request, form)
    if sent:
        _send(request, form)
        if not wants_results(request):
            return redirect("help")
        form = AskSupport()
    findings = health(request.organisation, now=datetime.now(UTC))
    shown = {**_conversation(request), "findings": findings, "form": form, "sent": sent}
    shown["error_text"] = _error_of(request, findings)
    shown["section"] = "help"
    template = (
        "notifications/help_body.html" if wants_results(request) else "notifications/help.html"
    )
    return render(request, template, shown)


def _may_write(request: MemberRequest, form: AskSupport) -> bool:
    """Whether another message is allowed: each is stored and mailed to support. A picture needs screenshot mode."""
    if form.cleaned_data["picture"] and not getattr(request, "screenshot_mode", False):
        form.add_error("picture", _("Turn screenshot mode on before you attach a screenshot."))
        return False
    if form.cleaned_data["picture"] and not support.has_room(
        request.organisation, request.membership.account
    ):
        form.add_error("picture", _("This conversation already has the maximum of 20 screenshots."))
        return False
    if ratelimit.consume(request, action="support"):
        return True
    form.add_error(
        "body",
        _("You've sent too many messages in a short time. Wait an hour, then send this one again."),
    )
    return False


@member
def picture(request: MemberRequest, number: int) -> HttpResponse:
    """A picture from the person's own conversation."""
    account = request.membership.account
    image = support.own_picture(request.organisation, account, number, vault=default_vault())
    return picture_answer(image)


@member
def thread(request: MemberRequest) -> HttpResponse:
    """The conversation, polled while the bubble is open."""
    return render(request, "notifications/help_thread.html", _conversation(request))


@member
def badge(request: MemberRequest) -> HttpResponse:
    return render(request, "notifications/help_badge.html")


def _conversation(request: MemberRequest) -> dict[str, Any]:
    """The messages, which now count as read."""
    thread = selected.latest_thread(request.organisation, request.user.pk)
    if thread is None:
        return {"thread": None}
    conversation = selected.conversation(thread)
    support.mark_read(thread, now=datetime.now(UTC))
    return {"thread": thread, "conversation": conversation}


def _error_of(request: MemberRequest, findings: list[Finding]) -> str:
    """The most serious finding as it will be attached, without identifying anyone."""
    worst = next(
        (finding for finding in findings if finding.error and finding.error.get("message")), None
    )
    if worst is None or worst.error is None:
        return ""
    when = f"{utc_text(worst.at)}: " if worst.at else ""
    text = f"{when}{worst.error['message']} {worst.error.get('next_step', '')}".strip()
    disguise = disguise_of(request)
    return support.attachable(text, request.organisation, request.membership.account, disguise)


def _send(request: MemberRequest, form: AskSupport) -> None:
    cleaned = form.cleaned_data
    made = support.write(
        request.organisation,
        request.membership.account,
        body=cleaned["body"],
        error=cleaned["error"] if cleaned["attach"] else "",
        steps=cleaned["steps"] if cleaned["attach"] else "",
        language=get_language() or "",
        now=datetime.now(UTC),
        disguise=disguise_of(request),
        vault=default_vault(),
        picture=cleaned["picture"],
    )
    if settings.SUPPORT_EMAIL:
        _tell_support(request, made)


def _tell_support(request: MemberRequest, made: SupportMessage) -> None:
    where = reverse("admin:store_supportthread_change", args=[made.thread_id])
    parts = (made.body, made.error, made.steps, absolute(request, where))
    subject = f"Jemmo: {request.organisation.name} asks for help"
    post(subject, "\n\n".join(part for part in parts if part), settings.SUPPORT_EMAIL)
