"""A person's e-mail address: proving it, and changing it after the new one is proved."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from jemmo.services.accounts import accounts
from jemmo.services.notifications import mailing
from jemmo.store.models import Account
from jemmo.web.accounts.adapters import AskForReset
from jemmo.web.accounts.forms import NewAddress
from jemmo.web.frame.errors import too_many
from jemmo.web.frame.links import absolute
from jemmo.web.frame.mail import send_address_taken, send_new_address

SALT = "jemmo.new-address"
VALID = 86_400  # seconds
WAITING = "new_address"
"""In the session: the address to which a link was sent. It is shown to the person who typed it."""


@never_cache
@login_required
def address(request: HttpRequest) -> HttpResponse:
    """Request another address. The response is the same whether or not the address is taken."""
    account = accounts.account(str(request.user.pk))
    form = NewAddress(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="manage_email"):
            return too_many(request)
        raise_if_reauthentication_required(request, app="allauth.account")
        if not mailing.is_set_up():
            messages.warning(request, _("Email isn't set up, so no link was sent."))
            return redirect("account_email")
        _send(request, account, form.cleaned_data["email"])
        request.session[WAITING] = form.cleaned_data["email"]
        return redirect("account_email")
    waiting = request.session.get(WAITING)
    shown = {"form": form, "waiting": waiting if waiting != account.email else None}
    return render(request, "account/email_change.html", shown)


@require_POST
@login_required
def forget(request: HttpRequest) -> HttpResponse:
    """Keep the current address. The link that was sent stays unused."""
    request.session.pop(WAITING, None)
    return redirect("account_email")


@never_cache
@login_required
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link's target. It requires both the mailbox and the requesting account."""
    account = accounts.account(str(request.user.pk))
    payload = _read(token, account)
    if payload is None:
        return render(request, "account/email_confirm.html", {"email": None}, status=410)
    if request.method != "POST":
        return render(request, "account/email_confirm.html", {"email": payload["email"]})
    if accounts.change_email(account, before=payload["before"], email=payload["email"]):
        get_adapter(request).send_notification_mail(
            "account/email/email_changed",
            account,
            context={"from_email": payload["before"], "to_email": payload["email"]},
            email=payload["before"],
        )
        request.session.pop(WAITING, None)
        messages.success(request, _("Your email address was changed."))
    else:
        messages.error(
            request, _("This address can't be used, so your current address stays the same.")
        )
    return redirect("account_email")


@require_POST
@login_required
def prove(request: HttpRequest) -> HttpResponse:
    """Send the link that proves a person's current address. Like every reset, it sets a new password."""
    account = accounts.account(str(request.user.pk))
    if account.is_verified:
        return redirect("account_email")
    if not ratelimit.consume(request, action="reset_password", key=account.email):
        return too_many(request)
    if not mailing.is_set_up():
        messages.warning(request, _("Email isn't set up, so no link was sent."))
        return redirect("account_email")
    form = AskForReset({"email": account.email})
    if form.is_valid():
        form.save(request)
    messages.success(
        request,
        _(
            "We sent a link to %(email)s. Open the link and choose a password to confirm your "
            "address."
        )
        % {"email": account.email},
    )
    return redirect("account_email")


def _send(request: HttpRequest, account: Account, email: str) -> None:
    if Account.objects.filter(email=email).exists():
        send_address_taken(email)
        return
    payload = {"account": account.pk.hex, "before": account.email, "email": email}
    path = reverse("account_email_confirm", args=[signing.dumps(payload, salt=SALT)])
    send_new_address(email, absolute(request, path))


def _read(token: str, account: Account) -> dict[str, Any] | None:
    """Return the content of a link, if it belongs to this account and is still valid."""
    try:
        payload: dict[str, Any] = signing.loads(token, salt=SALT, max_age=VALID)
    except signing.BadSignature:
        return None
    fits = payload["account"] == account.pk.hex and payload["before"] == account.email
    return payload if fits and account.is_verified else None
