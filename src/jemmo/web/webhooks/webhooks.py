"""A connection's webhooks: the secret address and where to enter it, the signature key, status, replay.

Each action has its own URL. A GET there leads back to the page.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from jemmo.connectors.base import Connector, Webhooks
from jemmo.domain.errors import JemmoError
from jemmo.domain.validation import split_address
from jemmo.services.connections.wizard import connector_named
from jemmo.services.webhooks import endpoints
from jemmo.services.webhooks.endpoints import Address
from jemmo.store.models import Connection
from jemmo.store.webhooks import deliveries
from jemmo.vault import default_vault
from jemmo.web.connections.ats import connection_of
from jemmo.web.connections.forms import Replay, SigningKey
from jemmo.web.frame.access import MemberRequest, manager
from jemmo.web.frame.links import absolute
from jemmo.web.frame.problems import problem

HERE_ALONE = ("localhost", "127.0.0.1", "[::1]")


def _is_here(netloc: str) -> bool:
    """Whether an address is this computer's own, which no other can reach."""
    return netloc.rpartition(":")[0] in HERE_ALONE or netloc in HERE_ALONE


@manager
def page(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """The page itself. It neither creates nor shows the address: both need a click."""
    return _page(request, _connection(request, connection_id))


@manager
@sensitive_variables()
def address(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """Show the address, created on first request. Only this response contains it."""
    connection = _connection(request, connection_id)
    if request.method != "POST":
        return redirect("ats_webhooks", connection.id)
    return _page(request, connection, address=endpoints.address(connection, default_vault()))


@manager
@sensitive_variables()
def renew(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """Replace the address shown on the page. A second click replaces nothing."""
    connection = _connection(request, connection_id)
    vault = default_vault()
    known = endpoints.existing_address(connection, vault)
    if known is None:
        return redirect("ats_webhooks", connection.id)
    if request.method != "POST":
        shown = {"connection": connection, "made_at": known.made_at, **_frame()}
        return render(request, "webhooks/renew.html", shown)
    seen = _moment(request.POST.get("seen", ""))
    made = endpoints.renew(connection, vault, seen=seen)
    return _page(request, connection, address=made, renewed=known.made_at == seen)


@manager
@sensitive_post_parameters("key")
@sensitive_variables()
def signing_key(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """Store the key with which the ATS signs. It is never shown again."""
    connection = _connection(request, connection_id)
    if request.method != "POST":
        return redirect("ats_webhooks", connection.id)
    form = SigningKey(request.POST)
    if not form.is_valid():
        return _page(request, connection, form=form)
    try:
        endpoints.set_signing_key(connection, form.cleaned_data["key"], default_vault())
    except JemmoError as error:
        return _page(request, connection, form=form, problem=problem(error))
    messages.success(request, _("Signature key saved."))
    return redirect("ats_webhooks", connection.id)


@manager
def replay(request: MemberRequest, connection_id: UUID) -> HttpResponse:
    """Replay stored webhooks."""
    connection = _connection(request, connection_id)
    form = Replay(request.POST)
    if request.method != "POST" or not form.is_valid():
        return redirect("ats_webhooks", connection.id)
    since = datetime.now(UTC) - timedelta(hours=int(form.cleaned_data["hours"]))
    done = endpoints.replay(connection, default_vault(), since=since)
    texts = {
        None: _("Webhooks replayed: %(deliveries)s. Records being refetched: %(records)s."),
        endpoints.Held.INACTIVE: _(
            "Webhooks replayed: %(deliveries)s. Records to be refetched once the connection is active: "
            "%(records)s."
        ),
        endpoints.Held.LEAVING: _(
            "Webhooks replayed: %(deliveries)s. Nothing is refetched while this organization is scheduled "
            "for deletion. Records waiting: %(records)s."
        ),
    }
    counts = {
        "deliveries": number_format(done.deliveries, force_grouping=True),
        "records": number_format(done.records, force_grouping=True),
    }
    messages.success(request, texts[done.held] % counts)
    return redirect("ats_webhooks", connection.id)


def _connection(request: MemberRequest, connection_id: UUID) -> Connection:
    """The connection in the URL, if its ATS sends webhooks."""
    connection = connection_of(request, connection_id)
    _rules(connection)
    return connection


def _rules(connection: Connection) -> tuple[Connector, Webhooks]:
    connector = connector_named(connection.provider)
    if connector is None or connector.webhooks is None:
        raise Http404
    return connector, connector.webhooks


def _page(
    request: MemberRequest, connection: Connection, *, address: Address | None = None, **more: Any
) -> HttpResponse:
    """The page, with ``address`` unless screenshot mode is on."""
    connector, rules = _rules(connection)
    hidden = request.screenshot_mode  # type: ignore[attr-defined]
    shown = {
        "connection": connection,
        "connector": connector,
        "setup": rules.setup,
        "signs": rules.verify is not None,
        "known": address or endpoints.existing_address(connection, default_vault()),
        "address": absolute(request, address.path) if address and not hidden else "",
        "here_alone": _is_here(request.get_host())
        and not _is_here(split_address(connection.base_url).netloc),
        "status": endpoints.status(connection),
        "kept": deliveries.kept(connection),
        "form": SigningKey(),
        "replay": Replay(),
        **more,
        **_frame(),
    }
    return render(request, "webhooks/webhooks.html", shown)


def _frame() -> dict[str, str]:
    return {"section": "settings", "settings_page": "ats"}


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
