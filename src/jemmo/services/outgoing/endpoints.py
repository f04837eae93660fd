"""Endpoints that receive an organization's events, managed by owners, admins and operators."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from msgspec import Struct

from jemmo.domain.errors import ConfigError
from jemmo.domain.outgoing import OLD_SECRET_SIGNS, TEST, Event, MessageState, OffReason, State
from jemmo.domain.validation import one_line, split_address
from jemmo.environment import hosts
from jemmo.rest_client.outward import check_address
from jemmo.services.base.audit import log_audit_event
from jemmo.services.base.contexts import endpoint_context
from jemmo.services.outgoing import records, signing
from jemmo.store.feed.entities import FIELDS_FOR_ALL, FOR_ALL
from jemmo.store.models import Account, Connection, Organisation, OutgoingEndpoint, OutgoingMessage
from jemmo.store.outgoing import events
from jemmo.vault import Vault

MAX_ENDPOINTS = 20  # per organization
MAX_TESTS = 5  # test events per endpoint in ``TEST_WINDOW``
TEST_WINDOW = timedelta(minutes=1)


class Choice(Struct, frozen=True, kw_only=True):
    """What an endpoint receives, and its address. Empty ``entities``, ``connections``, ``update_fields`` mean all."""

    name: str
    url: str
    events: Collection[str]
    entities: Collection[str] = ()
    connections: Collection[UUID] = ()
    update_fields: Collection[str] = ()


class NewEndpoint(Struct, frozen=True, kw_only=True):
    """A new endpoint with the ``secret`` that signs what is sent, which is available only now."""

    endpoint: OutgoingEndpoint
    secret: str


def allowed_hosts() -> frozenset[str]:
    """Return the hosts that may receive webhooks even inside our own network (``JEMMO_WEBHOOK_HOSTS``)."""
    return hosts("JEMMO_WEBHOOK_HOSTS")


def create(
    org: Organisation, choice: Choice, *, vault: Vault, now: datetime, actor: Account | None = None
) -> NewEndpoint:
    """Create an endpoint that receives events from now on. Raises ``ConfigError``; ``actor=None`` is the operator."""
    values = _checked(org, choice)
    if OutgoingEndpoint.objects.filter(org=org).count() >= MAX_ENDPOINTS:
        raise ConfigError("too_many_endpoints", most=MAX_ENDPOINTS)
    secret = signing.new_secret()
    endpoint = OutgoingEndpoint(org=org, created_by=actor, created_at=now, **values)
    endpoint.sealed_secret = vault.seal(secret.encode(), endpoint_context(endpoint.pk))
    endpoint.after = _position(endpoint)
    with transaction.atomic():
        endpoint.save(force_insert=True)
        _log(endpoint, "endpoint.created", actor, now)
    return NewEndpoint(endpoint=endpoint, secret=secret)


def change(
    endpoint: OutgoingEndpoint, choice: Choice, *, now: datetime, actor: Account | None = None
) -> None:
    """Change an endpoint's filters and address. Kinds of records chosen now are sent from now on."""
    values = _checked(endpoint.org, choice)
    heard_records = Event.RECORDS in endpoint.events
    for name, value in values.items():
        setattr(endpoint, name, value)
    fields = list(values)
    if not heard_records:
        endpoint.after = _position(endpoint)
        fields.append("after")
    with transaction.atomic():
        endpoint.save(update_fields=fields)
        _log(endpoint, "endpoint.changed", actor, now)


def rotate(
    endpoint: OutgoingEndpoint, *, vault: Vault, now: datetime, actor: Account | None = None
) -> str:
    """Create a new secret. The old one also signs for a day, so that the receiver can switch."""
    secret = signing.new_secret()
    endpoint.sealed_old_secret = endpoint.sealed_secret
    endpoint.old_secret_until = now + OLD_SECRET_SIGNS
    endpoint.sealed_secret = vault.seal(secret.encode(), endpoint_context(endpoint.pk))
    with transaction.atomic():
        endpoint.save(update_fields=["sealed_secret", "sealed_old_secret", "old_secret_until"])
        _log(endpoint, "endpoint.rotated", actor, now)
    return secret


def end_old_secret(
    endpoint: OutgoingEndpoint, *, now: datetime, actor: Account | None = None
) -> None:
    """Stop signing with the old secret at once, and delete it."""
    endpoint.sealed_old_secret, endpoint.old_secret_until = None, None
    with transaction.atomic():
        endpoint.save(update_fields=["sealed_old_secret", "old_secret_until"])
        _log(endpoint, "endpoint.old_secret_ended", actor, now)


def switch(
    endpoint: OutgoingEndpoint, *, on: bool, now: datetime, actor: Account | None = None
) -> None:
    """Stop sending, or resume it with the messages that waited, followed by the changes since then.

    If the endpoint is in this state already, its reason, warning, and log stay as they are.
    """
    if (endpoint.state == State.ACTIVE) is on:
        return
    endpoint.state = State.ACTIVE if on else State.OFF
    endpoint.off_reason = OffReason.NONE if on else OffReason.PERSON
    endpoint.failures, endpoint.failing_since, endpoint.warned_at = 0, None, None
    endpoint.held_until = None
    with transaction.atomic():
        endpoint.save(
            update_fields=[
                *("state", "off_reason", "failures", "failing_since", "warned_at", "held_until")
            ]
        )
        if on:
            waiting = OutgoingMessage.objects.filter(endpoint=endpoint, state=MessageState.WAITING)
            waiting.update(first_try_at=None, next_try_at=now)
        _log(endpoint, "endpoint.switched_on" if on else "endpoint.switched_off", actor, now)
        events.wake()


def delete(endpoint: OutgoingEndpoint, *, now: datetime, actor: Account | None = None) -> None:
    """Delete an endpoint with its waiting messages and log."""
    with transaction.atomic():
        _log(endpoint, "endpoint.deleted", actor, now)
        endpoint.delete()


def send_test(endpoint: OutgoingEndpoint, *, now: datetime) -> OutgoingMessage:
    """Queue a test event. It is sent before any other message, even to a failing endpoint.

    Raises ``ConfigError`` if nothing is sent to the endpoint, and after too many tests within a minute, since the
    receiver may be someone else's server.
    """
    if not endpoint.sends:
        raise ConfigError("no_test_event", variant="leaving" if endpoint.org.deleted_at else "")
    with transaction.atomic():
        OutgoingEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        recent = OutgoingMessage.objects.filter(
            endpoint=endpoint, event=TEST, created_at__gt=now - TEST_WINDOW
        )
        if recent.count() >= MAX_TESTS:
            raise ConfigError("too_many_test_events", most=MAX_TESTS)
        message = OutgoingMessage.objects.create(
            org_id=endpoint.org_id,
            endpoint=endpoint,
            event=TEST,
            data={"endpoint_id": str(endpoint.pk)},
            created_at=now,
            next_try_at=now,
        )
        OutgoingEndpoint.objects.filter(pk=endpoint.pk).update(held_until=None)
        events.wake()
    return message


def replay(endpoint: OutgoingEndpoint, *, now: datetime, message_id: UUID | None = None) -> int:
    """Resend one or all failed messages, with the same ids. Return their number. Changes may arrive out of order."""
    failed = OutgoingMessage.objects.filter(endpoint=endpoint, state=MessageState.FAILED)
    if message_id is not None:
        failed = failed.filter(pk=message_id)
    with transaction.atomic():
        count = failed.update(
            state=MessageState.WAITING,
            in_order=False,
            attempts=0,
            first_try_at=None,
            next_try_at=now,
            ended_at=None,
        )
        OutgoingEndpoint.objects.filter(pk=endpoint.pk).update(held_until=None)
        events.wake()
    return count


def listed(org: Organisation) -> Sequence[OutgoingEndpoint]:
    """Return the organization's endpoints, newest first."""
    endpoints = OutgoingEndpoint.objects.filter(org=org).select_related("created_by", "org")
    return list(endpoints.order_by("-created_at", "id"))


def endpoint_of(org: Organisation, endpoint_id: UUID) -> OutgoingEndpoint:
    """Return an endpoint. Raises ``ConfigError`` if the organization has no such endpoint."""
    endpoint = OutgoingEndpoint.objects.select_related("org").filter(org=org, pk=endpoint_id)
    if (known := endpoint.first()) is None:
        raise ConfigError("unknown_endpoint")
    return known


def host_of(url: str) -> str:
    """Return the part of an address that logs and notifications may show, since the rest may be a secret."""
    return (split_address(url).hostname or "")[:200]


def _checked(org: Organisation, choice: Choice) -> dict[str, object]:
    host = check_address(choice.url, allowed_hosts(), code="endpoint_refused")
    if host == host_of(settings.SITE_URL).lower() and host not in allowed_hosts():
        raise ConfigError("endpoint_refused", variant="ourselves")
    unknown = sorted(set(choice.events) - set(Event)) or sorted(set(choice.entities) - set(FOR_ALL))
    if unknown or not choice.events:
        raise ConfigError(
            "endpoint_events",
            variant="unknown" if unknown else "",
            name=unknown[0] if unknown else None,
            events=", ".join(Event),
            entities=", ".join(FOR_ALL),
        )
    if wrong := sorted(set(choice.update_fields) - set(FIELDS_FOR_ALL)):
        raise ConfigError("endpoint_events", variant="field", name=wrong[0])
    own = Connection.objects.filter(org=org, id__in=list(choice.connections))
    connections = list(own.values_list("id", flat=True))
    if len(connections) != len(set(choice.connections)):
        raise ConfigError("endpoint_events", variant="connection")
    return {
        "name": one_line(choice.name)[:100] or host[:100],
        "url": choice.url,
        "events": [str(event) for event in Event if event in choice.events],
        "entities": [name for name in FOR_ALL if name in choice.entities],
        "connections": connections,
        "update_fields": [name for name in FIELDS_FOR_ALL if name in choice.update_fields],
    }


def _position(endpoint: OutgoingEndpoint) -> int | None:
    return records.position(endpoint.org_id) if Event.RECORDS in endpoint.events else None


def _log(endpoint: OutgoingEndpoint, action: str, actor: Account | None, now: datetime) -> None:
    log_audit_event(
        endpoint.org,
        action,
        actor=actor,
        now=now,
        subject=("endpoint", endpoint.pk),
        host=host_of(endpoint.url),
    )
