"""The demo page: the simulated ATS's address, and how to change a record there and watch the change arrive."""

from __future__ import annotations

import json
import shlex
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from msgspec import Struct

from jemmo.domain.validation import split_address
from jemmo.store.models import Connection, Job, Organisation, Talent
from jemmo.store.records import jobs, talents
from jemmo.web.frame.access import MemberRequest, member

SIMULATED = "127.0.0.1"
NAMES, TITLES = ("Zelda", "Zoe"), ("Head of Demos", "Demo Engineer")  # the second follows the first

R = TypeVar("R", Job, Talent)


class Order(Struct, frozen=True, kw_only=True):
    """A command that changes ``record``, a ``job`` or a ``talent``, in the simulated ATS."""

    kind: str
    record: Job | Talent
    command: str


@member
def demo(request: MemberRequest) -> HttpResponse:
    if not settings.JEMMO_DEMO:
        raise Http404
    connection = _simulated(request.organisation)
    orders = _orders(request.organisation, connection) if connection else []
    shown = {"connection": connection, "orders": orders, "section": "help"}
    return render(request, "frame/demo.html", shown)


def _simulated(org: Organisation) -> Connection | None:
    known = org.connections.filter(provider="teamtailor").order_by("created_at")
    return next(
        (
            connection
            for connection in known
            if split_address(connection.base_url).hostname == SIMULATED
        ),
        None,
    )


def _orders(org: Organisation, connection: Connection) -> list[Order]:
    """A change for a visible talent and one for a visible job."""
    orders = []
    if talent := _first(talents.visible(org), connection):
        order = {"type": "candidates", "id": talent.remote_id}
        name = NAMES[talent.first_name == NAMES[0]]
        body = {**order, "attributes": {"first-name": name}}
        orders.append(Order(kind="talent", record=talent, command=_command(connection, body)))
    if job := _first(jobs.visible(org), connection):
        title = TITLES[job.title == TITLES[0]]
        body = {"type": "jobs", "id": job.remote_id, "attributes": {"title": title}}
        orders.append(Order(kind="job", record=job, command=_command(connection, body)))
    return orders


def _first(shown: QuerySet[R], connection: Connection) -> R | None:
    return shown.filter(connection=connection).order_by("remote_id").first()


def _command(connection: Connection, body: dict[str, Any]) -> str:
    address = f"{connection.base_url}/__sandbox__/edit"
    return shlex.join(["curl", address, "-d", json.dumps(body)])
