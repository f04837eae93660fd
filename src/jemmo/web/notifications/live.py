"""Live events for open pages, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import msgspec
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from jemmo.domain.typed_values import time_or_none
from jemmo.services.base import turns
from jemmo.services.base.turns import Busy
from jemmo.services.notifications import live
from jemmo.store.db import scope, sessions
from jemmo.store.models import Membership
from jemmo.store.sync import reports

HEARTBEAT = 15.0  # seconds; proxies close connections that are silent for longer
RETRY = 2000  # milliseconds until a browser reconnects
LONG_AGO = timedelta(days=1)
HEARD = ("kind", "streams", "final", "status", "read", "notification")
"""The parts of an event that a page receives."""


@require_safe
def stream(request: HttpRequest) -> HttpResponseBase:
    """Stream the events of the member's organization until the page closes.

    Anyone else, and a reader with too many open pages, gets a 204, which stops the browser from reconnecting.
    """
    membership = getattr(request, "membership", None)
    if membership is None or not request.session.session_key:
        return HttpResponse(status=204)
    since = _moment(request.headers.get("Last-Event-ID") or request.GET.get("since", ""))
    session = sessions.hashed(request.session.session_key)
    if not live.has_room(session, membership.account_id):
        return HttpResponse(status=204)
    news = _news(membership, session, since)
    response = StreamingHttpResponse(news, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _news(
    membership: Membership, session: str, since: datetime | None
) -> AsyncIterator[bytes]:
    org_id, account = membership.org_id, membership.account_id
    if not live.has_room(session, account):  # other pages that opened meanwhile took the places
        return
    async with live.hub().page(org_id, session, membership.pk, account) as page:
        yield f"retry: {RETRY}\n\n".encode()
        if (
            since is not None
            and live.hub().may_have_missed(org_id, since)
            and (missed := await _news_since(org_id, since))
        ):
            yield _event(missed)
        yield _event({"kind": "hello"})
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT):
                    event = await page.queue.get()
            except TimeoutError:
                yield _event({"kind": "alive"})
                continue
            if event is None:
                return
            yield _event({name: event[name] for name in HEARD if name in event})


def _event(data: dict[str, object]) -> bytes:
    """Format an event. Its id is the time; a reconnecting browser sends the last one it received."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return f"id: {now}\ndata: {msgspec.json.encode(data).decode()}\n\n".encode()


async def _news_since(org_id: UUID, since: datetime) -> dict[str, object] | None:
    """The changes since then. If they can't be read now, the page requests them itself."""
    try:
        missed = await turns.pages().run(partial(_missed, org_id, since), str(org_id))
    except (Busy, DatabaseError):
        return live.RESYNC
    return {"kind": "records_changed", "streams": missed, "final": True} if missed else None


def _missed(org_id: UUID, since: datetime) -> dict[str, int]:
    try:
        with scope.acting_in(
            scope.organization_scope(org_id)
        ):  # a stream outlives its request's own
            return reports.changed_since(org_id, since)
    finally:
        connections.close_all()


def _moment(text: str) -> datetime | None:
    """The time in a browser's last event id; old values count as yesterday, invalid ones as missing."""
    time = time_or_none(text)
    return time and max(time, datetime.now(UTC) - LONG_AGO)
