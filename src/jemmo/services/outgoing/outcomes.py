"""Updates a message and its endpoint after an attempt."""

from __future__ import annotations

import logging
import random
from datetime import datetime
from typing import Any

from django.db import transaction

from jemmo.domain import outgoing
from jemmo.domain.masking import without_contacts
from jemmo.domain.notices import Kind
from jemmo.domain.outgoing import Answer, MessageState, OffReason, State, Verdict
from jemmo.domain.validation import printable
from jemmo.services.notifications.alerts import notify
from jemmo.services.outgoing.endpoints import host_of
from jemmo.store.models import OutgoingAttempt, OutgoingEndpoint, OutgoingMessage

EXCERPT = 1000  # characters of a response that are stored
OUTAGE = 5  # failures in a row after which a recovery sends everything that waits at once

log = logging.getLogger(__name__)


@transaction.atomic
def note_outcome(message: OutgoingMessage, answer: Answer, now: datetime) -> None:
    """Save the outcome of one request."""
    endpoint = OutgoingEndpoint.objects.select_related("org").select_for_update(of=("self",))
    held = endpoint.filter(pk=message.endpoint_id).first()
    if held is None:  # deleted in the meantime
        return
    OutgoingAttempt.objects.create(
        message=message,
        at=now,
        seconds=round(answer.seconds, 3),
        status=answer.status,
        error=answer.error,
        response=_excerpt(answer.text),
    )
    if answer.error:
        _failed(held, message, answer, now)
    else:
        _arrived(held, message, now)


def _excerpt(text: str) -> str:
    return (without_contacts(printable(text[:EXCERPT])) or "")[:EXCERPT]


def _arrived(endpoint: OutgoingEndpoint, message: OutgoingMessage, now: datetime) -> None:
    _update(
        message,
        state=MessageState.DELIVERED,
        attempts=message.attempts + 1,
        first_try_at=message.first_try_at or now,
        ended_at=now,
    )
    if endpoint.failures >= OUTAGE:
        waiting = OutgoingMessage.objects.filter(endpoint=endpoint, state=MessageState.WAITING)
        waiting.filter(next_try_at__gt=now).update(next_try_at=now)
    endpoint.failures, endpoint.failing_since, endpoint.warned_at = 0, None, None
    endpoint.held_until, endpoint.last_success_at = None, now
    endpoint.save(
        update_fields=["failures", "failing_since", "warned_at", "held_until", "last_success_at"]
    )


def _failed(
    endpoint: OutgoingEndpoint, message: OutgoingMessage, answer: Answer, now: datetime
) -> None:
    attempts, first = message.attempts + 1, message.first_try_at or now
    again = outgoing.next_try(
        now=now,
        first=first,
        attempt=attempts,
        chance=random.random(),
        retry_after=answer.retry_after,
    )
    ended: dict[str, Any] = {"state": MessageState.FAILED, "ended_at": now}
    _update(
        message,
        attempts=attempts,
        first_try_at=first,
        **({"next_try_at": again} if again else ended),
    )
    log.info(
        "webhook not delivered",
        extra={"endpoint": str(endpoint.pk), "reason": answer.error, "status": answer.status},
    )
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.held_until = now + outgoing.hold(
        endpoint.failures, chance=random.random(), retry_after=answer.retry_after
    )
    _judge(endpoint, answer, now)
    endpoint.save(
        update_fields=[
            *("failures", "failing_since", "held_until", "warned_at", "state", "off_reason")
        ]
    )


def _judge(endpoint: OutgoingEndpoint, answer: Answer, now: datetime) -> None:
    if endpoint.state == State.OFF:
        return
    verdict = outgoing.verdict(
        now=now, failing_since=endpoint.failing_since, warned_at=endpoint.warned_at
    )
    if answer.is_gone or verdict is Verdict.SWITCH_OFF:
        endpoint.state = State.OFF
        endpoint.off_reason = OffReason.GONE if answer.is_gone else OffReason.FAILING
        _tell(endpoint, Kind.ENDPOINT_OFF, reason=str(endpoint.off_reason))
    elif verdict is Verdict.WARN:
        endpoint.warned_at = now
        _tell(endpoint, Kind.ENDPOINT_FAILING, days=outgoing.OFF_AFTER.days)


def _tell(endpoint: OutgoingEndpoint, kind: Kind, **facts: Any) -> None:
    notify(
        endpoint.org,
        kind,
        endpoint=str(endpoint.pk),
        name=endpoint.name,
        host=host_of(endpoint.url),
        **facts,
    )


def _update(message: OutgoingMessage, **values: Any) -> None:
    """Update the message if it still waits. Another worker may have sent it after this one's claim expired."""
    waiting = OutgoingMessage.objects.filter(pk=message.pk, state=MessageState.WAITING)
    waiting.update(**values)
