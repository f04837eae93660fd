"""The connect wizard: choose an ATS, enter a key, see the plan, start now or tonight."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from jemmo.domain.errors import JemmoError
from jemmo.services.connections import wizard
from jemmo.services.connections.connections import Connected, has_begun
from jemmo.services.connections.history_limit import HistoryHides
from jemmo.store.models import Connection
from jemmo.vault import default_vault
from jemmo.web.connections.ats import FRAME, connection_of, to_connection
from jemmo.web.connections.attempts import key_attempt, question
from jemmo.web.connections.forms import Connect
from jemmo.web.frame.access import MemberRequest, manager
from jemmo.web.frame.problems import problem
from jemmo.web.templatetags.times import exact


@manager
def choose(request: MemberRequest) -> HttpResponse:
    return render(request, "connections/choose.html", {"choices": wizard.choices(), **FRAME})


@sensitive_post_parameters("key")
@sensitive_variables()
@manager
def connect(request: MemberRequest, provider: str) -> HttpResponse:
    """Test and store the key. It is in no response and no session, so it must be retyped after an error."""
    connector = wizard.connector_named(provider)
    if connector is None:
        raise Http404
    form = Connect(connector, request.POST or None)
    shown: dict[str, Any] = {"form": form, "connector": connector, **FRAME}
    if request.method == "POST" and form.is_valid():
        try:
            made = _connect(request, provider, form)
        except HistoryHides as error:
            shown["hides"] = error
        except JemmoError as error:
            shown["problem"] = problem(error)
            form.point_at(error.code)
        else:
            return _connected(request, connection_of(request, made.id))
    return render(request, "connections/connect.html", shown)


def _connect(request: MemberRequest, provider: str, form: Connect) -> Connected:
    with key_attempt(request):
        return wizard.connect(
            request.organisation,
            provider,
            form.cleaned_data["key"],
            vault=default_vault(),
            new_id=form.cleaned_data["new_id"],
            label=form.cleaned_data["label"],
            base_url=form.cleaned_data["base_url"],
            options=form.options(),
            allowed_hosts=settings.JEMMO_ATS_HOSTS,
            hides_ok=form.cleaned_data["hides_ok"],
        )


def _connected(request: MemberRequest, connection: Connection) -> HttpResponse:
    """Go on with the plan of the first sync, unless the account was connected before and has been synced."""
    if wizard.sync_again(connection):
        messages.success(request, _("Connected again. A sync is starting."))
        return to_connection(connection)
    messages.success(request, _("The key works and has been encrypted and stored."))
    if has_begun(connection):
        return to_connection(connection)
    return redirect("ats_plan", connection.id)


@manager
def plan(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """The estimate of the first sync and the choice of its start. Once it has started, there is nothing to plan."""
    connection, now = connection_of(request, connection_id), datetime.now(UTC)
    if has_begun(connection):
        messages.info(request, _("The first sync has already started."))
        return to_connection(connection)
    shown: dict[str, Any] = {"connection": connection, **FRAME}
    try:
        if request.method == "POST":
            at_night = request.POST.get("when") == "tonight"
            begins = wizard.start(connection, at_night=at_night, now=now)
            if begins is None:
                messages.success(request, _("First sync requested."))
            else:
                message = _("The first sync starts on %(time)s.")
                messages.success(request, message % {"time": _plain(begins)})
            return to_connection(connection)
        with question(request):
            shown["plan"] = wizard.plan(connection, vault=default_vault(), now=now)
    except JemmoError as error:
        shown["problem"] = problem(error)
    return render(request, "connections/plan.html", shown)


def _plain(moment: datetime) -> str:
    """The time without HTML."""
    return exact(moment).partition(">")[2].partition("<")[0]
