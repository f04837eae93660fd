"""Settings > Members, and joining through an invitation's link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from jemmo.domain import roles
from jemmo.domain.errors import ConfigError
from jemmo.services.accounts import members, tokens
from jemmo.store.accounts import members as selected
from jemmo.store.models import Membership, Role
from jemmo.web.accounts.adapters import BACKEND
from jemmo.web.accounts.forms import InviteMember, NewAccount
from jemmo.web.frame.access import MemberRequest, manager, manages, member
from jemmo.web.frame.errors import too_many
from jemmo.web.frame.labels import label_for
from jemmo.web.frame.links import absolute
from jemmo.web.frame.mail import send_invitation
from jemmo.web.frame.problems import localized_error


@member
def listing(request: MemberRequest, form: InviteMember | None = None) -> HttpResponse:
    acting = request.membership
    manages = acting.role in roles.MANAGERS
    page = selected.members_page(request.organisation, manages=manages)
    shown = {
        "page": page,
        "members": [
            {
                "member": membership,
                "mine": membership.id == acting.id,
                "may": manages and roles.may_change(acting.role, membership.role),
                "rights": _rights(membership),
            }
            for membership in page.members
        ],
        "invitations": [
            {
                "invitation": invitation,
                "link": _link(request, members.link_token(invitation)),
                "expired": invitation.expires_at <= datetime.now(UTC),
                "may": roles.may_change(acting.role, invitation.role),
            }
            for invitation in page.invitations
        ],
        "form": form or InviteMember(roles=roles.offered(acting.role)),
        "roles": roles.offered(acting.role),
        "every_role": roles.ROLES,
        "manages": manages,
        "section": "settings",
        "settings_page": "members",
    }
    return render(request, "accounts/members.html", shown, status=422 if form else 200)


@require_POST
@manager
def invite(request: MemberRequest) -> HttpResponseBase:
    form = InviteMember(request.POST, roles=roles.offered(request.membership.role))
    if not form.is_valid():
        return listing(request, form)
    if not ratelimit.consume(request, action="invite"):
        return too_many(request)
    try:
        made = members.invite(request.membership, **form.cleaned_data, now=datetime.now(UTC))
    except ConfigError as error:
        form.add_error(None, explained(error))
        return listing(request, form)
    if send_invitation(made, _link(request, members.mailed_token(made))):
        messages.success(
            request, _("We're sending an invitation to %(email)s.") % {"email": made.email}
        )
    else:
        messages.warning(
            request,
            _("Email isn't set up, so no invitation was sent. Copy the link below instead."),
        )
    return redirect("members")


@require_POST
@manager
def revoke(request: MemberRequest, invitation_id: UUID) -> HttpResponse:
    if not selected.invited(request.organisation, invitation_id):
        raise Http404
    return _done(
        request,
        lambda: members.revoke(request.membership, invitation_id, now=datetime.now(UTC)),
        _("The invitation was withdrawn."),
    )


@require_POST
@manager
def role(request: MemberRequest, membership_id: int) -> HttpResponse:
    _of_this_organisation(request, membership_id)
    changes = {name: request.POST.get(name, "") for name in ("role", "was")}
    return _done(
        request,
        lambda: members.change_role(
            request.membership, membership_id, **changes, now=datetime.now(UTC)
        ),
        _("The role was changed."),
    )


@require_POST
@manager
def confidential(request: MemberRequest, membership_id: int) -> HttpResponse:
    """Grant or revoke access to confidential jobs and private talents."""
    return _right(
        request,
        membership_id,
        "confidential",
        _("This member can now see confidential jobs and private talents."),
        _("This member can no longer see confidential jobs or private talents."),
    )


@require_POST
@manager
def notes(request: MemberRequest, membership_id: int) -> HttpResponse:
    """Grant or revoke access to notes about people."""
    return _right(
        request,
        membership_id,
        "notes",
        _("This member can now see notes about talents."),
        _("This member can no longer see notes about talents."),
    )


def _right(
    request: MemberRequest, membership_id: int, right: str, granted: str, revoked: str
) -> HttpResponse:
    _of_this_organisation(request, membership_id)
    sees = "sees" in request.POST
    return _done(
        request,
        lambda: members.give_right(
            request.membership, membership_id, right, sees=sees, now=datetime.now(UTC)
        ),
        granted if sees else revoked,
    )


def _rights(membership: Membership) -> list[dict[str, Any]]:
    """The rights that this member has individually, or by their role."""
    role = Role(membership.role)
    return [
        {
            "url": reverse(f"member_{right}", args=[membership.id]),
            "label": label_for(right, "member_right"),
            "has": getattr(membership, right),
            "by_role": getattr(role, f"sees_{right}"),
        }
        for right in members.RIGHTS
    ]


@member
def remove(request: MemberRequest, membership_id: int) -> HttpResponse:
    """Remove a member after a confirmation. Members can remove themselves, which means leaving."""
    target = _of_this_organisation(request, membership_id)
    mine = target.id == request.membership.id
    if not mine and not roles.may_change(request.membership.role, target.role):
        who = "owners" if manages(request) else "managers"
        return render(request, "frame/403.html", {"who": who}, status=403)
    if request.method != "POST":
        made = tokens.made_by(request.organisation, target.account)
        shown = {"target": target, "mine": mine, "has_tokens": made, "section": "settings"}
        return render(request, "accounts/member_remove.html", shown)
    done = _("You left the organization.") if mine else _("The member was removed.")
    return _done(
        request,
        lambda: members.remove(request.membership, membership_id, now=datetime.now(UTC)),
        done,
        then="home" if mine else "members",
    )


@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The target of an invitation's link: a new account, or joining with an existing one."""
    now = datetime.now(UTC)
    try:
        opened = members.invitation(token, now=now)
        record, existing = opened.invitation, opened.account is not None
        form = None if existing else NewAccount(request.POST or None, email=record.email)
        if request.method == "POST" and (existing or (form is not None and form.is_valid())):
            return _joined(request, token, form, now)
    except ConfigError as error:
        return render(
            request, "accounts/invitation_gone.html", {"reason": explained(error)}, status=410
        )
    signed_in = request.user.is_authenticated
    shown = {
        "invitation": record,
        "form": form,
        "existing": existing,
        "taken_over": opened.is_taken_over,
        "unproved": existing and request.user.is_authenticated and opened.needs_proof(request.user),
        "signed_in": signed_in,
        "other": signed_in and getattr(request.user, "email", "") != record.email,
        "here": request.path,
    }
    return render(request, "accounts/invitation.html", shown)


def _joined(
    request: HttpRequest, token: str, form: NewAccount | None, now: datetime
) -> HttpResponse:
    if form is not None:
        try:
            joined = members.accept_as_new(token, **form.cleaned_data, now=now)
        except ValidationError:  # the form has checked it already, so the request bypassed the page
            raise Http404 from None
        login(request, joined.account, backend=BACKEND)
    elif request.user.is_authenticated:
        joined = members.accept(token, account=request.user, now=now)
    else:
        return redirect(f"{reverse('account_login')}?next={request.path}")
    request.session["organisation"] = str(joined.org_id)
    return redirect("jobs")


def explained(error: ConfigError) -> str:
    """The reason for a refusal, in the reader's language."""
    words = localized_error(error.as_record())
    return f"{words['message']} {words['next_step']}"


def _of_this_organisation(request: MemberRequest, membership_id: int) -> Membership:
    membership = selected.find_membership(request.organisation, membership_id)
    if membership is None:
        raise Http404
    return membership


def _done(
    request: HttpRequest, deed: Callable[[], object], message: str, then: str = "members"
) -> HttpResponse:
    try:
        deed()
    except ConfigError as error:
        messages.error(request, explained(error))
        return redirect("members")
    messages.success(request, message)
    return redirect(then)


def _link(request: HttpRequest, token: str) -> str:
    return absolute(request, reverse("invitation", args=[token]))
