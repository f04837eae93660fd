"""An admin's actions on a connection. A GET shows what the action would do, a POST does it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from jemmo.domain.errors import JemmoError
from jemmo.domain.history import FROM, YEARS
from jemmo.domain.streams import Mode
from jemmo.services.connections import connections, key_tests
from jemmo.services.connections.ats_access import PATIENCE
from jemmo.services.connections.history_limit import HistoryHides
from jemmo.services.connections.wizard import connector_named, sync_again
from jemmo.services.sync import manual
from jemmo.store.models import Connection, ConnectionState
from jemmo.vault import default_vault
from jemmo.web.connections import forms
from jemmo.web.connections.ats import FRAME, connection_of, to_connection
from jemmo.web.connections.attempts import key_attempt, question
from jemmo.web.connections.forms import PREFIX
from jemmo.web.frame.access import MemberRequest, manager
from jemmo.web.frame.problems import problem


@manager
def sync(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    text = _("Reads what has changed in the ATS since the last sync.")
    return _offer_sync(request, connection_id, None, _("Sync now"), text)


@manager
def compare(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    text = _(
        "Compares every ID with the ATS, reads any records that Jemmo missed, and deletes those that "
        "are no longer in the ATS."
    )
    return _offer_sync(request, connection_id, Mode.RECONCILE, _("Compare with the ATS"), text)


@manager
def resync(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    text = _(
        "Reads everything again, like the first sync. This takes longer and uses more of the ATS's "
        "rate limit. No data is lost."
    )
    return _offer_sync(request, connection_id, Mode.INITIAL, _("Read everything again"), text)


@manager
def pause(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    connection = connection_of(request, connection_id)
    if request.method != "POST":
        text = _("No automatic syncs will run until you resume them. Your records will be kept.")
        return _confirm(request, connection, _("Pause"), text)
    if connections.pause(connection):
        messages.success(request, _("Paused. No syncs will start until you resume the connection."))
    else:
        messages.info(request, _("Automatic syncs were already paused."))
    return to_connection(connection)


@manager
def resume(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    connection = connection_of(request, connection_id)
    if request.method != "POST":
        text = _("Automatic syncs will resume.")
        return _confirm(request, connection, _("Resume"), text)
    if connections.resume(connection):
        messages.success(request, _("Automatic syncs resumed."))
    elif request.organisation.deleted_at:
        messages.info(
            request, _("This organization is scheduled for deletion, so its syncs are paused.")
        )
    else:
        messages.info(request, _("Automatic syncs weren't paused."))
    return to_connection(connection)


@manager
def test(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """Ask the ATS what the key may do."""
    connection = connection_of(request, connection_id)
    shown: dict[str, Any] = {"connection": connection, **FRAME}
    if request.method == "POST":
        try:
            with question(request):
                shown["report"] = key_tests.require_key(
                    connection, default_vault(), patience=PATIENCE
                )
        except JemmoError as error:
            shown["problem"] = problem(error)
    return render(request, "connections/test.html", shown)


@sensitive_post_parameters("key")
@sensitive_variables()
@manager
def key(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """Replace the key after testing the new one, or connect a disconnected ATS again."""
    connection = connection_of(request, connection_id)
    had_key = bool(connection.sealed_key)
    names_address = connections.names_address(connection)
    form = forms.Key(request.POST or None, has_key=had_key, names_address=names_address)
    shown: dict[str, Any] = {
        "connection": connection,
        "connector": connector_named(connection.provider),
        "form": form,
        "has_key": had_key,
        **FRAME,
    }
    if request.method == "POST" and form.is_valid():
        try:
            with key_attempt(request):
                connections.rotate(
                    connection,
                    form.cleaned_data["key"],
                    vault=default_vault(),
                    address=form.cleaned_data.get("address", ""),
                    patience=PATIENCE,
                )
        except JemmoError as error:
            shown["problem"] = problem(error)
        else:
            again = not had_key and sync_again(connection)
            messages.success(
                request,
                _("Connected again. A sync is starting.")
                if again
                else _("The new key works and is now in use."),
            )
            return to_connection(connection)
    return render(request, "connections/key.html", shown)


@manager
def revoked(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    connection = connection_of(request, connection_id)
    if request.method != "POST":
        text = _(
            "Confirm only after you have revoked the old key in the ATS. This reminder will then "
            "disappear."
        )
        return _confirm(request, connection, _("The old key has been revoked"), text)
    connections.revoked(connection)
    return to_connection(connection)


@manager
def edit(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """Name, interval and options. Changed options are tested first."""
    connection = connection_of(request, connection_id)
    connector = connector_named(connection.provider)
    if connector is None:
        raise Http404
    form = forms.Edit(connector, request.POST or None, initial=_filled(connection))
    options = dict(connection.options)
    shown: dict[str, Any] = {
        "connection": connection,
        "connector": connector,
        "form": form,
        **FRAME,
    }
    if request.method == "POST" and form.is_valid():
        try:
            with question(request):
                reads_more = connections.change(
                    connection,
                    label=form.cleaned_data["label"],
                    options=form.options(),
                    sync_every_hours=form.cleaned_data["sync_every_hours"],
                    seen=form.cleaned_data["seen"],
                    vault=default_vault(),
                    patience=PATIENCE,
                    hides_ok=form.cleaned_data["hides_ok"],
                )
        except HistoryHides as error:
            shown["hides"] = error
        except JemmoError as error:
            shown["problem"] = problem(error)
        else:
            starts = reads_more and connection.state == ConnectionState.ACTIVE
            if starts:
                manual.request_sync(connection.id)
            later = _applied_by_syncs(connection.options) != _applied_by_syncs(options)
            messages.success(request, _saved(starts=starts, later=later))
            return to_connection(connection)
    return render(request, "connections/edit.html", shown)


def _applied_by_syncs(options: Mapping[str, str]) -> dict[str, str]:
    """The options that take effect when a sync starts. A shorter history hides records at once."""
    return {name: value for name, value in options.items() if name not in {YEARS, FROM}}


def _saved(*, starts: bool, later: bool) -> str:
    """Say when a change takes effect."""
    if starts:
        return _("Saved. A sync with the new options is starting.")
    return _("Saved. The new options take effect with the next sync.") if later else _("Saved.")


@manager
def disconnect(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """Remove the key, and keep or delete what was synced. The name is typed to confirm."""
    connection = connection_of(request, connection_id)
    name = connection.display_name.strip()
    form = forms.Disconnect(name, request.POST or None)
    if request.method == "POST" and form.is_valid():
        deletes = form.cleaned_data["fate"] == "delete"
        connections.disconnect(connection, delete=deletes)
        messages.success(
            request,
            _("The ATS is disconnected. Its jobs and talents are being deleted from Jemmo.")
            if deletes
            else _("The ATS is disconnected. Its jobs and talents remain unchanged in Jemmo."),
        )
        return to_connection(connection)
    gone = connection.state == ConnectionState.DISCONNECTED
    shown = {"connection": connection, "form": form, "gone": gone, **FRAME}
    return render(request, "connections/disconnect.html", shown)


def _filled(connection: Connection) -> dict[str, Any]:
    options = {PREFIX + name: value for name, value in connection.options.items()}
    return {
        "seen": connections.connection_fingerprint(connection),
        "label": connection.label,
        "sync_every_hours": connection.sync_every_hours,
        **options,
    }


def _offer_sync(
    request: MemberRequest, connection_id: UUID, mode: Mode | None, title: str, text: str
) -> HttpResponse:
    connection = connection_of(request, connection_id)
    if request.method != "POST":
        return _confirm(request, connection, title, text)
    try:
        asked = manual.request_sync(connection.id, mode=mode)
    except JemmoError as error:
        return _confirm(request, connection, title, text, problem=problem(error))
    if asked.joined:
        text = _("A %(name)s sync was already running or waiting to start.")
        messages.info(request, text % {"name": connection.display_name})
    else:
        messages.success(request, _("Sync requested."))
    return to_connection(connection)


def _confirm(
    request: MemberRequest, connection: Connection, title: str, text: str, **more: Any
) -> HttpResponse:
    shown = {"connection": connection, "title": title, "text": text, **more, **FRAME}
    return render(request, "connections/confirm.html", shown)
