"""Settings > Privacy: handling a person's request."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from jemmo.domain.access import Action
from jemmo.domain.errors import JemmoError
from jemmo.files.choose import open_storage
from jemmo.services.base import access_log, retention_policy
from jemmo.services.privacy import erasure, people, subject_export
from jemmo.store.models import Erasure, Talent
from jemmo.store.privacy import certificates as erasures
from jemmo.vault import default_vault
from jemmo.web.frame.access import MemberRequest, manager
from jemmo.web.frame.forms import TypedConfirmation
from jemmo.web.frame.problems import problem
from jemmo.web.frame.spooled import Spool, Spooled, download
from jemmo.web.privacy.forms import FindPerson

MOST_TOGETHER = 20


def frame(tab: str, /, **more: Any) -> dict[str, Any]:
    return {"section": "settings", "settings_page": "privacy", "privacy_page": tab, **more}


@sensitive_post_parameters("who")
@sensitive_variables()
@manager
def requests(request: MemberRequest) -> HttpResponse:
    """Find the person; the latest erasures are below."""
    form = FindPerson(request.POST if request.method == "POST" else None)
    shown = frame(
        "requests", form=form, latest=erasures.certificate_page(request.organisation, 1).items[:5]
    )
    shown["policy"] = retention_policy.retention_policy_of(request.organisation)
    if request.method == "POST" and form.is_valid():
        shown["matches"] = people.search(
            request.organisation,
            form.cleaned_data["who"],
            actor=request.membership.account,
            vault=default_vault(),
        )
        shown["who"] = form.cleaned_data["who"]
    return render(request, "privacy/requests.html", shown)


@manager
def person(request: MemberRequest, talent_id: UUID) -> HttpResponse:
    """The data about them, and the available actions."""
    chosen = _chosen(request, talent_id)
    held = people.personal_data_of(request.organisation, chosen, vault=default_vault())
    account = request.membership.account
    for talent in chosen:
        access_log.log_page_view(request.organisation, account, Action.SUBJECT_VIEWED, talent.id)
    return render(request, "privacy/person.html", frame("requests", held=held, person=chosen[0]))


@download
@require_POST
@manager
def export(request: MemberRequest, talent_id: UUID) -> Spooled | HttpResponse:
    chosen = _chosen(request, talent_id)

    def write(file: Spool) -> None:
        subject_export.export(
            request.organisation,
            [talent.id for talent in chosen],
            file,
            vault=default_vault(),
            storage=open_storage(),
            actor=request.membership.account,
        )

    try:
        answer = Spooled(
            request, write, content_type="application/zip", file_name=f"about-{talent_id}.zip"
        )
    except JemmoError as error:  # files are in another storage, or the storage doesn't respond
        messages.error(request, problem(error).message)
        return redirect("privacy_person", talent_id)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@manager
def erase(request: MemberRequest, talent_id: UUID) -> HttpResponse:
    """Show what is deleted and what stays, and erase once the name is typed."""
    chosen = _chosen(request, talent_id)
    named = chosen[0].full_name or chosen[0].remote_id
    form = TypedConfirmation(named, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = erasure.erase(
            request.organisation,
            [talent.id for talent in chosen],
            vault=default_vault(),
            storage=open_storage(),
            actor=request.membership.account,
        )
        messages.success(request, _("The person's data was erased. Here is the certificate."))
        return redirect("privacy_certificate", made.id)
    held = people.personal_data_of(request.organisation, chosen, vault=default_vault())
    shown = frame("requests", held=held, person=chosen[0], form=form)
    return render(request, "privacy/erase.html", shown)


@manager
def certificates(request: MemberRequest) -> HttpResponse:
    page = request.GET.get("page")
    return render(
        request,
        "privacy/certificates.html",
        frame("requests", found=erasures.certificate_page(request.organisation, page)),
    )


@manager
def certificate(request: MemberRequest, erasure_id: UUID) -> HttpResponse:
    row = _erasure(request, erasure_id)
    shown = frame(
        "requests",
        certificate=row,
        document=erasure.certificate(row),
        genuine=erasure.is_genuine(row, vault=default_vault()),
    )
    return render(request, "privacy/certificate.html", shown)


@manager
def certificate_file(request: MemberRequest, erasure_id: UUID) -> HttpResponse:
    document = erasure.certificate(_erasure(request, erasure_id))
    return as_file(document, f"erasure-{erasure_id}.json")


def as_file(document: Any, name: str) -> HttpResponse:
    content = msgspec.json.format(msgspec.json.encode(document), indent=2)
    answer = HttpResponse(content, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _erasure(request: MemberRequest, erasure_id: UUID) -> Erasure:
    record = erasures.find_certificate(request.organisation, erasure_id)
    if record is None:
        raise Http404
    return record


def _chosen(request: MemberRequest, talent_id: UUID) -> list[Talent]:
    """The record in the URL, and those that were checked as the same person."""
    ticked_ids = (request.POST if request.method == "POST" else request.GET).getlist("with")
    ids = [talent_id]
    for text in ticked_ids[:MOST_TOGETHER]:
        try:
            ids.append(UUID(text))
        except ValueError:
            raise Http404 from None
    talents = people.chosen(request.organisation, list(dict.fromkeys(ids)))
    if not talents or talents[0].id != talent_id:
        raise Http404
    return talents
