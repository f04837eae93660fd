"""Settings > API: the tokens that programs use."""

from __future__ import annotations

from datetime import UTC, datetime, time
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from jemmo.domain.errors import ConfigError
from jemmo.domain.tokens import ApiScope
from jemmo.services.accounts import tokens
from jemmo.services.accounts.tokens import NewToken
from jemmo.store.connections.connections import name_connections
from jemmo.web.accounts.forms import ApiTokenForm
from jemmo.web.frame.access import MemberRequest, manager
from jemmo.web.frame.links import absolute
from jemmo.web.frame.screenshots import shows_secret_once


@manager
def listing(request: MemberRequest) -> HttpResponse:
    return _page(request, _form(request))


@require_POST
@manager
@shows_secret_once
@sensitive_variables()
def create(request: MemberRequest) -> HttpResponse:
    """Create a token. Only this response contains it."""
    form = _form(request, data=request.POST)
    if not form.is_valid():
        return _page(request, form)
    last_day = form.cleaned_data["expires"]
    try:
        made = tokens.create(
            request.organisation,
            [ApiScope.RECORDS, *form.cleaned_data["scopes"]],
            name=form.cleaned_data["name"],
            now=datetime.now(UTC),
            expires_at=datetime.combine(last_day, time.max, UTC) if last_day else None,
            actor=request.membership.account,
            connection_id=form.cleaned_data.get("connection"),
        )
    except ConfigError:  # the form has checked everything else
        form.add_error(
            None,
            _("Your organization has too many tokens. Revoke tokens that are no longer used."),
        )
        return _page(request, form)
    return _page(request, _form(request), made)


@require_POST
@manager
def revoke(request: MemberRequest, token_id: UUID) -> HttpResponseBase:
    """Revoke a token. A second click shows the same message."""
    try:
        ended = tokens.revoke(
            request.organisation,
            str(token_id),
            now=datetime.now(UTC),
            actor=request.membership.account,
        )
    except ConfigError:
        raise Http404 from None
    messages.success(request, _("The token “%(name)s” no longer works.") % {"name": ended.name})
    return redirect("api_tokens")


def _form(request: MemberRequest, data: object = None) -> ApiTokenForm:
    return ApiTokenForm(data, maker=request.membership)


def _page(request: MemberRequest, form: ApiTokenForm, made: NewToken | None = None) -> HttpResponse:
    listed = tokens.listed(request.organisation)
    name_connections(listed, form.connections)
    shown = {
        "form": form,
        "made": made,
        "tokens": listed,
        "now": datetime.now(UTC),
        "address": absolute(request, "/api/v1"),
        "section": "settings",
        "settings_page": "api_tokens",
        "api_page": "tokens",
    }
    return render(request, "accounts/api_tokens.html", shown, status=422 if form.errors else 200)
