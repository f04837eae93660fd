"""Settings > API > Webhooks: endpoints, their status, and their messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from jemmo.domain.errors import ConfigError
from jemmo.domain.outgoing import State
from jemmo.services.outgoing import endpoints, log
from jemmo.store.models import OutgoingEndpoint
from jemmo.vault import default_vault
from jemmo.web.frame.access import MemberRequest, manager
from jemmo.web.frame.problems import problem
from jemmo.web.frame.screenshots import shows_secret_once
from jemmo.web.outgoing.forms import EndpointForm

SOON = timedelta(minutes=1)  # the page refreshes itself for messages due by then


@manager
def listing(request: MemberRequest) -> HttpResponse:
    return _list(request, _form(request))


@require_POST
@manager
@shows_secret_once
@sensitive_variables()
def create(request: MemberRequest) -> HttpResponse:
    """Create an endpoint. Only this response contains its secret."""
    form = _form(request, data=request.POST)
    if not form.is_valid():
        return _list(request, form)
    try:
        made = endpoints.create(
            request.organisation,
            form.choice,
            vault=default_vault(),
            now=datetime.now(UTC),
            actor=request.membership.account,
        )
    except ConfigError as error:
        return _list(request, form, problem=problem(error))
    return _page(request, made.endpoint, secret=made.secret)


@manager
def page(request: MemberRequest, endpoint_id: UUID) -> HttpResponse:
    return _page(request, _endpoint(request, endpoint_id))


@require_POST
@manager
def edit(request: MemberRequest, endpoint_id: UUID) -> HttpResponseBase:
    endpoint = _endpoint(request, endpoint_id)
    form = _form(request, data=request.POST)
    if not form.is_valid():
        return _page(request, endpoint, form=form)
    try:
        endpoints.change(
            endpoint, form.choice, now=datetime.now(UTC), actor=request.membership.account
        )
    except ConfigError as error:
        return _page(request, endpoint, form=form, problem=problem(error))
    messages.success(request, _("Endpoint saved."))
    return redirect("endpoint", endpoint_id)


@require_POST
@manager
def send_test(request: MemberRequest, endpoint_id: UUID) -> HttpResponseBase:
    endpoint = _endpoint(request, endpoint_id)
    try:
        endpoints.send_test(endpoint, now=datetime.now(UTC))
    except ConfigError as error:
        messages.error(request, problem(error).message)
    else:
        messages.success(request, _("Test event queued. The response appears below."))
    return redirect("endpoint", endpoint_id)


@require_POST
@manager
@shows_secret_once
@sensitive_variables()
def rotate(request: MemberRequest, endpoint_id: UUID) -> HttpResponse:
    """Create a new secret, shown only in this response."""
    endpoint = _endpoint(request, endpoint_id)
    secret = endpoints.rotate(
        endpoint, vault=default_vault(), now=datetime.now(UTC), actor=request.membership.account
    )
    return _page(request, endpoint, secret=secret)


@require_POST
@manager
def end_old_secret(request: MemberRequest, endpoint_id: UUID) -> HttpResponseBase:
    endpoints.end_old_secret(
        _endpoint(request, endpoint_id), now=datetime.now(UTC), actor=request.membership.account
    )
    messages.success(request, _("Webhooks are now signed with the new secret only."))
    return redirect("endpoint", endpoint_id)


@require_POST
@manager
def switch(request: MemberRequest, endpoint_id: UUID) -> HttpResponseBase:
    """Turn it on or off, as the form says. A second click changes nothing."""
    endpoints.switch(
        _endpoint(request, endpoint_id),
        on=request.POST.get("on") == "1",
        now=datetime.now(UTC),
        actor=request.membership.account,
    )
    return redirect("endpoint", endpoint_id)


@require_POST
@manager
def replay(request: MemberRequest, endpoint_id: UUID) -> HttpResponseBase:
    """Send one failed message again, or all."""
    endpoint = _endpoint(request, endpoint_id)
    try:
        chosen = UUID(request.POST["message"]) if request.POST.get("message") else None
    except ValueError:
        raise Http404 from None
    count = endpoints.replay(endpoint, now=datetime.now(UTC), message_id=chosen)
    messages.success(request, _replayed(endpoint, count))
    return redirect("endpoint", endpoint_id)


def _replayed(endpoint: OutgoingEndpoint, count: int) -> str:
    """What happens to the failed messages that someone resent."""
    if not count:
        return _("There are no failed webhooks to resend.")
    if endpoint.org.deleted_at:
        text = ngettext(
            "%(count)s webhook is waiting. Nothing is sent while this organization is scheduled for deletion.",
            "%(count)s webhooks are waiting. Nothing is sent while this organization is scheduled for deletion.",
            count,
        )
    elif endpoint.state != State.ACTIVE:
        text = ngettext(
            "%(count)s webhook will be sent once you turn the endpoint on.",
            "%(count)s webhooks will be sent once you turn the endpoint on.",
            count,
        )
    else:
        text = ngettext(
            "%(count)s webhook is being sent again.",
            "%(count)s webhooks are being sent again.",
            count,
        )
    return text % {"count": count}


@manager
def delete(request: MemberRequest, endpoint_id: UUID) -> HttpResponseBase:
    """Ask, then delete."""
    endpoint = _endpoint(request, endpoint_id)
    if request.method != "POST":
        return render(request, "outgoing/delete.html", {"endpoint": endpoint, **_frame()})
    endpoints.delete(endpoint, now=datetime.now(UTC), actor=request.membership.account)
    messages.success(request, _("Endpoint deleted."))
    return redirect("endpoints")


def _endpoint(request: MemberRequest, endpoint_id: UUID) -> OutgoingEndpoint:
    try:
        return endpoints.endpoint_of(request.organisation, endpoint_id)
    except ConfigError:
        raise Http404 from None


def _form(
    request: MemberRequest, data: object = None, endpoint: OutgoingEndpoint | None = None
) -> EndpointForm:
    initial: dict[str, Any] = {"events": ["records.changed"]}
    if endpoint is not None:
        names = ("name", "url", "events", "entities")
        initial = {name: getattr(endpoint, name) for name in names}
        initial["connections"] = [str(key) for key in endpoint.connections]
        initial["update_fields"] = " ".join(endpoint.update_fields)
    return EndpointForm(data, org=request.organisation, initial=initial)


def _list(request: MemberRequest, form: EndpointForm, **more: Any) -> HttpResponse:
    status = 422 if form.errors or more.get("problem") else 200
    rows = endpoints.listed(request.organisation)
    shown = {"form": form, "endpoints": rows, **_frame(), **more}
    return render(request, "outgoing/endpoints.html", shown, status=status)


def _page(
    request: MemberRequest,
    endpoint: OutgoingEndpoint,
    *,
    form: EndpointForm | None = None,
    **more: Any,
) -> HttpResponse:
    now = datetime.now(UTC)
    shown = {
        "endpoint": endpoint,
        "form": form or _form(request, endpoint=endpoint),
        "is_editing": form is not None,
        "log": log.recent(endpoint, soon=now + SOON),
        "old_secret_signs": endpoint.old_secret_until and endpoint.old_secret_until > now,
        **_frame(),
        **more,
    }
    status = 422 if form is not None else 200
    return render(request, "outgoing/endpoint.html", shown, status=status)


def _frame() -> dict[str, str]:
    return {"section": "settings", "settings_page": "api_tokens", "api_page": "webhooks"}
