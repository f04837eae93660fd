"""Deleting the organization: requested by an owner, and canceled by one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jemmo.domain.errors import JemmoError
from jemmo.services.accounts import organization_deletion
from jemmo.store.models import OrganisationDeletion, Role
from jemmo.vault import default_vault
from jemmo.web.frame.access import MemberRequest, manager
from jemmo.web.frame.forms import TypedConfirmation
from jemmo.web.frame.problems import problem
from jemmo.web.privacy.requests import as_file, frame


@manager
def organisation(request: MemberRequest) -> HttpResponse:
    _only_owners(request)
    org = request.organisation
    form = TypedConfirmation(org.name, request.POST if request.method == "POST" else None)
    shown = frame(
        "organisation",
        form=form,
        asked=organization_deletion.pending_org_deletion(org),
        grace=organization_deletion.GRACE.days,
    )
    if request.method == "POST" and form.is_valid():
        try:
            organization_deletion.schedule_org_deletion(
                org, actor=request.membership.account, now=timezone.now()
            )
        except JemmoError as error:
            shown["problem"] = problem(error)
        else:
            messages.success(
                request,
                _(
                    "The organization is scheduled for deletion. You can undo the deletion "
                    "until it takes place."
                ),
            )
            return redirect("privacy_organisation")
    return render(request, "accounts/organisation.html", shown)


@require_POST
@manager
def undo(request: MemberRequest) -> HttpResponse:
    _only_owners(request)
    try:
        organization_deletion.cancel_org_deletion(
            request.organisation, actor=request.membership.account, now=timezone.now()
        )
        messages.success(request, _("The deletion was canceled. Automatic syncs have resumed."))
    except JemmoError as error:
        messages.error(request, problem(error).message)
    return redirect("privacy_organisation")


@login_required
def certificate(request: HttpRequest, deletion_id: UUID) -> HttpResponse:
    """The certificate, for the person who requested it, who may no longer be a member."""
    deletion = _own(request, deletion_id)
    genuine = organization_deletion.is_genuine(deletion, vault=default_vault())
    shown = {"certificate": deletion, "genuine": genuine}
    return render(request, "accounts/organisation_deleted.html", shown)


@login_required
def certificate_file(request: HttpRequest, deletion_id: UUID) -> HttpResponse:
    deletion = _own(request, deletion_id)
    return as_file(organization_deletion.certificate(deletion), f"organisation-{deletion_id}.json")


def _own(request: HttpRequest, deletion_id: UUID) -> OrganisationDeletion:
    for deletion in organization_deletion.certificates(request.user):  # type: ignore[arg-type]
        if deletion.id == deletion_id:
            return deletion
    raise Http404


def _only_owners(request: MemberRequest) -> None:
    if request.membership.role != Role.OWNER:
        raise Http404
