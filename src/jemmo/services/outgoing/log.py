"""Recent messages to an endpoint, and their outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db.models import Count
from msgspec import Struct

from jemmo.domain.outgoing import MessageState
from jemmo.services.outgoing import signing
from jemmo.store.models import OutgoingAttempt, OutgoingEndpoint, OutgoingMessage

SHOWN = 50  # newest messages on the page
SHOWN_ATTEMPTS = 10  # per message


class Line(Struct, frozen=True, kw_only=True):
    """A message, the JSON that it sends, and its attempts, newest first.

    ``next_attempt_at`` is ``None`` if no attempt is planned, because the message no longer waits, its endpoint is off,
    or its organization is scheduled for deletion.
    """

    message: OutgoingMessage
    next_attempt_at: datetime | None
    webhook_id: str
    body: str
    attempts: Sequence[OutgoingAttempt]

    @property
    def last(self) -> OutgoingAttempt | None:
        return self.attempts[0] if self.attempts else None


class Log(Struct, frozen=True, kw_only=True):
    """The latest messages, and how many are stored, waiting, and failed. ``is_moving``: one is due soon.

    ``next_attempt_at`` is the earliest attempt of all waiting messages.
    """

    next_attempt_at: datetime | None
    lines: Sequence[Line]
    stored: int
    waiting: int
    failed: int
    is_moving: bool


def recent(endpoint: OutgoingEndpoint, *, soon: datetime) -> Log:
    messages = OutgoingMessage.objects.filter(endpoint=endpoint)
    latest = list(messages.order_by("-created_at", "id")[:SHOWN])
    attempts: dict[object, list[OutgoingAttempt]] = {}
    for attempt in OutgoingAttempt.objects.filter(message__in=latest).order_by("-id"):
        attempts.setdefault(attempt.message_id, []).append(attempt)
    counted = messages.values_list("state").annotate(count=Count("id")).order_by()
    counts = dict(counted)
    waiting = messages.filter(state=MessageState.WAITING)
    first = waiting.order_by("next_try_at").first()
    return Log(
        next_attempt_at=_next_attempt(endpoint, first) if first else None,
        lines=[_line(endpoint, message, attempts.get(message.pk, [])) for message in latest],
        stored=sum(counts.values()),
        waiting=counts.get(MessageState.WAITING, 0),
        failed=counts.get(MessageState.FAILED, 0),
        is_moving=endpoint.sends and first is not None and first.next_try_at <= soon,
    )


def _next_attempt(endpoint: OutgoingEndpoint, message: OutgoingMessage) -> datetime | None:
    """Return when the message is next tried. A failing endpoint is paused for a while, whatever is due."""
    if not endpoint.sends or message.state != MessageState.WAITING:
        return None
    return max(message.next_try_at, endpoint.held_until or message.next_try_at)


def _line(
    endpoint: OutgoingEndpoint, message: OutgoingMessage, attempts: Sequence[OutgoingAttempt]
) -> Line:
    return Line(
        message=message,
        next_attempt_at=_next_attempt(endpoint, message),
        webhook_id=signing.message_id(message),
        body=msgspec.json.format(signing.body_of(message), indent=2).decode(),
        attempts=attempts[:SHOWN_ATTEMPTS],
    )
