"""Chooses the next endpoint to send to. One worker at a time sends to an endpoint, one message after another."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Case, Q, When
from msgspec import Struct

from jemmo.domain.outgoing import TEST, Event
from jemmo.store.db.query import execute, fetch_row
from jemmo.store.models import OutgoingEndpoint, OutgoingMessage

CLAIM = timedelta(seconds=60)  # renewed before each request, which takes at most 15 seconds
EACH_ORG = 8  # endpoints of one organization that are sent to at the same time
FAILING = 2  # how many of these may be endpoints whose last attempt failed
BATCH = 500  # rows per statement
KEPT, KEPT_FAILED = timedelta(days=7), timedelta(days=30)

_RECORDS = f"""'{Event.RECORDS}' = ANY(e.events)
    AND NOT EXISTS (SELECT FROM outgoing_message m WHERE m.endpoint_id = e.id AND m.state = 'waiting' AND m.in_order)
    AND (e.after IS NULL OR EXISTS (SELECT FROM feed_mark f WHERE f.org_id = e.org_id)
        OR NOT EXISTS (SELECT FROM feed_position p WHERE p.org_id = e.org_id AND p.seq = e.after))"""
"""Whether records may have changed since the last message about them, and no such message waits."""

_CLAIM = f"""
    UPDATE outgoing_endpoint SET claim = %(claim)s, busy_until = now() + %(claim_for)s, served_at = now()
    WHERE id = (
        SELECT e.id FROM outgoing_endpoint e JOIN organisation o ON o.id = e.org_id AND o.deleted_at IS NULL
        WHERE e.state = 'active' AND (e.busy_until IS NULL OR e.busy_until < now())
            AND (e.held_until IS NULL OR e.held_until <= %(now)s)
            AND (EXISTS (SELECT FROM outgoing_message m
                    WHERE m.endpoint_id = e.id AND m.state = 'waiting' AND m.next_try_at <= %(now)s)
                OR ({_RECORDS}))
            AND (SELECT count(*) < %(each)s
                    AND (e.failures = 0 OR count(*) FILTER (WHERE b.failures > 0) < %(failing)s)
                FROM outgoing_endpoint b WHERE b.org_id = e.org_id AND b.busy_until >= now())
        ORDER BY e.served_at LIMIT 1 FOR UPDATE OF e SKIP LOCKED)
    RETURNING id, org_id"""
_RENEW = """
    UPDATE outgoing_endpoint SET busy_until = now() + %(claim_for)s
    WHERE id = %(id)s AND claim = %(claim)s AND state = 'active'
        AND (held_until IS NULL OR held_until <= %(now)s)"""
_RELEASE = """
    UPDATE outgoing_endpoint SET busy_until = NULL, claim = NULL WHERE id = %(id)s AND claim = %(claim)s"""


class Claim(Struct, frozen=True, kw_only=True):
    """A claimed endpoint. The claim lasts while it is renewed."""

    endpoint: UUID
    org: UUID
    claim: UUID


def claim(now: datetime) -> Claim | None:
    """Claim the longest-waiting endpoint with due messages; ``None`` if there is none."""
    token = uuid4()
    limits = {"each": EACH_ORG, "failing": FAILING}
    params: dict[str, Any] = {"claim": token, "claim_for": CLAIM, "now": now, **limits}
    row = fetch_row(_CLAIM, params)
    return Claim(endpoint=row[0], org=row[1], claim=token) if row else None


def renew(held: Claim, now: datetime) -> bool:
    """Renew the claim. Return whether it still holds and the endpoint may be sent to."""
    params: dict[str, Any] = {
        "id": held.endpoint,
        "claim": held.claim,
        "claim_for": CLAIM,
        "now": now,
    }
    return bool(execute(_RENEW, params))


def release(held: Claim) -> None:
    execute(_RELEASE, {"id": held.endpoint, "claim": held.claim})


def put_off(held: Claim, now: datetime) -> None:
    """Pause an endpoint after an error of our own while sending."""
    OutgoingEndpoint.objects.filter(pk=held.endpoint).update(held_until=now + CLAIM)


def due(endpoint_id: UUID, now: datetime) -> OutgoingMessage | None:
    """Return the message to send next; ``None`` if none is due. A test event comes before all others."""
    waiting = OutgoingMessage.objects.filter(
        endpoint=endpoint_id, state="waiting", next_try_at__lte=now
    )
    is_other = Case(When(event=TEST, then=0), default=1)
    return waiting.order_by(is_other, "next_try_at", "created_at", "id").first()


def reads_records() -> list[UUID]:
    """Organizations whose feed is read for an endpoint."""
    endpoints = OutgoingEndpoint.objects.filter(
        state="active", events__contains=[str(Event.RECORDS)]
    )
    return list(endpoints.values_list("org_id", flat=True).distinct())


def forget(now: datetime) -> int:
    """Delete some expired messages with their attempts. Return their number."""
    old = OutgoingMessage.objects.filter(created_at__lt=now - KEPT)
    gone = old.filter(Q(state="delivered") | Q(created_at__lt=now - KEPT_FAILED))
    ids = list(gone.order_by("created_at").values_list("id", flat=True)[:BATCH])
    if ids:
        OutgoingMessage.objects.filter(id__in=ids).delete()
    return len(ids)
