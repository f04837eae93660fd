"""Settings > Privacy: retention, the access log, and the record of processing."""

from __future__ import annotations

from html import unescape
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from msgspec.structs import replace

from jemmo.domain.access import Action
from jemmo.domain.errors import JemmoError
from jemmo.services.base import access_log, retention_policy
from jemmo.services.privacy import processing, retention
from jemmo.store.db.paging import whole_number
from jemmo.store.models import AccessEvent
from jemmo.store.privacy import access_events
from jemmo.web.frame.access import MemberRequest, manager, wants_results
from jemmo.web.frame.file_lines import csv_lines
from jemmo.web.frame.problems import problem
from jemmo.web.frame.screenshots import refuses_download
from jemmo.web.frame.spooled import Spool, Spooled, download, lines
from jemmo.web.privacy.forms import RetentionForm
from jemmo.web.privacy.requests import frame

COLUMNS = ("at", "member", "action", "talent_id", "ats_id", "subject", "detail")


@manager
def periods(request: MemberRequest) -> HttpResponse:
    """The retention rules: shown, previewed, and saved as previewed."""
    org = request.organisation
    present = retention_policy.retention_policy_of(org)
    form = RetentionForm(request.POST)
    shown = frame("retention", policy=present)
    if request.method != "POST":
        form = RetentionForm.filled(present, retention_policy.retention_fingerprint(org))
    elif form.is_valid():
        rules = replace(present, **form.rules())
        preview = retention.preview(org, rules)
        token = _token(form.rules(), preview)
        seen = request.POST.get("tried") == token or not (preview.people or preview.deleted)
        if request.POST.get("do") == "save" and seen:
            try:
                retention.change(
                    org,
                    form.rules(),
                    seen=form.cleaned_data["seen"],
                    agreed=preview.people,
                    actor=request.membership.account,
                )
            except JemmoError as error:
                shown["problem"] = problem(error)
            else:
                messages.success(
                    request,
                    _("Saved. The rules are applied every night.") if rules.erases else _("Saved."),
                )
                return redirect("privacy_retention")
        shown |= {"preview": preview, "tried": token}
    return render(request, "privacy/retention.html", {**shown, "form": form})


@require_POST
@manager
def release(request: MemberRequest) -> HttpResponse:
    number = whole_number(request.POST.get("people", ""))
    try:
        retention.release(
            request.organisation,
            number or 0,
            actor=request.membership.account,
        )
        messages.success(request, _("Confirmed. Erasure is in progress."))
    except JemmoError as error:
        messages.error(request, problem(error).message)
    return redirect("privacy_retention")


@manager
def access(request: MemberRequest) -> HttpResponse:
    """The access log. Viewing it is logged, too."""
    filters = access_events.AccessFilters.from_query(request.GET)
    partial = wants_results(request)
    if not partial and not filters.after:
        account = request.membership.account
        access_log.log_access(request.organisation, Action.RECORD_VIEWED, actor=account)
    shown = frame(
        "access",
        page=access_events.access_page(request.organisation, filters, now=timezone.now()),
        filters=filters,
        choices={"action": list(Action), "period": list(access_events.PERIODS)},
        operator=access_events.OPERATOR,
        partial=partial,
    )
    template = "privacy/access_results.html" if partial else "privacy/access.html"
    return render(request, template, shown)


@download
@manager
def access_file(request: MemberRequest) -> HttpResponse | Spooled:
    if refuses_download(request):
        return redirect("privacy_access")
    filters = access_events.AccessFilters.from_query(request.GET)

    def write(file: Spool) -> None:
        account = request.membership.account
        access_log.log_access(request.organisation, Action.RECORD_EXPORTED, actor=account)
        events = access_events.every(request.organisation, filters, now=timezone.now())
        rows = (_row(event, remote_id) for event, remote_id in events)
        lines(csv_lines(COLUMNS, rows))(file)

    return Spooled(
        request,
        write,
        content_type="text/csv; charset=utf-8",
        file_name="jemmo-access-record.csv",
    )


def _row(event: AccessEvent, remote_id: str) -> list[Any]:
    """The cells of ``COLUMNS``."""
    return [
        event.at,
        event.account.email if event.account else event.account_id,
        event.action,
        event.talent,
        remote_id,
        event.subject,
        " ".join(f"{name}={value}" for name, value in sorted(event.detail.items())),
    ]


@manager
def record(request: MemberRequest) -> HttpResponse:
    """The record of processing, generated from the current settings."""
    document = processing.record(request.organisation, now=timezone.now())
    return render(request, "privacy/processing.html", frame("processing", record=document))


@manager
def record_file(request: MemberRequest) -> HttpResponse:
    document = processing.record(request.organisation, now=timezone.now())
    shown = {
        "record": document,
        "how_long": _as_list("privacy/wishes.html", {"policy": document.retention}),
        "measures": _as_list("privacy/measures.html", {}),
    }
    text = render_to_string("privacy/processing.md", shown).strip() + "\n"
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="record-of-processing.md"'
    return answer


def _as_list(template: str, shown: dict[str, Any]) -> str:
    """The page's list as Markdown."""
    items = render_to_string(template, shown).replace("</li>", "").split("<li>")
    return "".join(f"- {unescape(sentence.strip())}\n" for sentence in items if sentence.strip())


def _token(rules: dict[str, Any], preview: retention.Preview) -> str:
    """Identifies what was previewed. Another form, or other numbers, are previewed again before saving."""
    return "-".join(str(value) for value in (*rules.values(), preview.people, preview.deleted))
