"""Manages a connection's webhooks: the secret address, the status, and replays of deliveries."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum
from msgspec import Struct

from jemmo.connectors.base import Webhooks
from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import ConfigError, RecordRejected
from jemmo.domain.webhooks import (
    Health,
    Outcome,
    Reception,
    RefetchRequest,
    coalesce,
    health_message,
)
from jemmo.services.base.contexts import address_context, body_context, signing_context
from jemmo.store.connections.connections import PARTED
from jemmo.store.models import (
    Connection,
    ConnectionState,
    WebhookAddress,
    WebhookCount,
    WebhookDelivery,
    WebhookHint,
)
from jemmo.store.webhooks import ingest
from jemmo.vault import Vault

SECRET_BYTES = 32
COUNTED_DAYS = 7
MAX_KEY = 500
AT_ONCE = 500  # deliveries per batch of a replay


class Address(Struct, frozen=True, kw_only=True):
    """A connection's webhook address. ``path`` is secret, for admins only; ``setup`` says where the ATS needs it."""

    path: str
    made_at: datetime
    setup: str
    signed: bool
    has_signing_key: bool


class WebhookStatus(Struct, frozen=True, kw_only=True):
    """The status of a connection's webhooks. Counts are of the last seven days, by outcome.

    ``set_up``: the connection has a webhook address. ``words`` is the status as a sentence, marked for translation.

        announced    changes that a webhook brought
        unannounced  changes that polling found and no webhook had named; ``None`` if none are counted
        only_new     of unannounced changes, only new records are counted
        waiting      records still to be refetched
    """

    supported: bool
    set_up: bool
    health: Health
    words: str
    last_delivery_at: datetime | None
    counts: dict[str, int]
    announced: int
    unannounced: int | None
    only_new: bool
    waiting: int


class Held(StrEnum):
    """Why refetches wait: the connection is paused, for example, or its organization will be deleted."""

    INACTIVE = "inactive"
    LEAVING = "leaving"


class Replayed(Struct, frozen=True, kw_only=True):
    """How many deliveries were replayed, how many of them named nothing, and how many records they named.

    ``held`` is why the records are not refetched for now.
    """

    deliveries: int
    without_hint: int
    records: int
    held: Held | None


def digest_of(secret: str) -> bytes:
    """Return the hash by which a secret is found. The secret is long and random, so a plain hash reveals nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def address(connection: Connection, vault: Vault) -> Address:
    """Return the connection's address, created on first use. Raises ``ConfigError`` if the ATS has no webhooks."""
    rules = _rules(connection)
    with transaction.atomic():
        row = WebhookAddress.objects.select_for_update().filter(connection=connection).first()
        if row is None or row.requested_at is None:
            row = _request(row, connection, rules, vault)
    return _shown(row, rules, vault)


def existing_address(connection: Connection, vault: Vault) -> Address | None:
    """Return the connection's address if it exists."""
    rules = _rules(connection)
    row = _requested(connection)
    return _shown(row, rules, vault) if row else None


def renew(connection: Connection, vault: Vault, *, seen: datetime | None = None) -> Address:
    """Replace the address. The old one stops working at once.

    ``seen`` is the creation time of the address to replace. A newer one, set by another person, stays.
    """
    rules = _rules(connection)
    with transaction.atomic():
        address = WebhookAddress.objects.select_for_update().filter(connection=connection).first()
        if address is None or address.requested_at is None:
            address = _request(address, connection, rules, vault)
        elif seen is None or address.made_at == seen:
            _rotate_secret(address, vault)
    return _shown(address, rules, vault)


def set_signing_key(connection: Connection, key: str, vault: Vault) -> Address:
    """Store the key with which the ATS signs its webhooks. Raises ``ConfigError`` for an invalid one."""
    rules = _rules(connection)
    key = key.strip()
    if rules.verify is None:
        raise ConfigError("not_signed", ats=connector_for(connection.provider).label)
    if not key or len(key) > MAX_KEY or not key.isprintable():
        raise ConfigError("signing_key_malformed")
    address(connection, vault)
    WebhookAddress.objects.filter(connection=connection).update(
        sealed_signing_key=vault.seal(key.encode(), signing_context(connection.id))
    )
    return address(connection, vault)


def status(connection: Connection, now: datetime | None = None) -> WebhookStatus:
    """Return the status of webhooks, for pages and ``jemmo hooks list``."""
    now = now or datetime.now(UTC)
    rules = connector_for(connection.provider).webhooks
    address = _requested(connection)
    counts = _counts([connection.id], now).get(connection.id, {})
    counts_missed = rules is not None and bool(rules.streams)
    state = _health(connection, address, counts_missed=counts_missed)
    return WebhookStatus(
        supported=rules is not None,
        set_up=address is not None,
        health=state,
        words=health_message(
            state,
            supported=rules is not None,
            set_up=address is not None,
            refused_as=address.refused_as if address else "",
        ),
        last_delivery_at=address.last_delivery_at if address else None,
        counts={name: counts[name] for name in Outcome if counts.get(name)},
        announced=counts.get("announced", 0),
        unannounced=counts.get("unannounced", 0) if counts_missed else None,
        only_new=rules is not None and rules.only_new,
        waiting=WebhookHint.objects.filter(connection=connection, due_at__isnull=False).count(),
    )


def _health(
    connection: Connection, address: WebhookAddress | None, *, counts_missed: bool
) -> Health:
    if address is None:
        return Health.NEVER
    if connection.state in PARTED:
        return Health.DISCONNECTED
    reception = Reception(
        made_at=address.made_at,
        last_delivery_at=address.last_delivery_at,
        refused_at=address.refused_at,
        missed=address.missed if counts_missed else None,
    )
    return reception.health


def replay(connection: Connection, vault: Vault, *, since: datetime | None = None) -> Replayed:
    """Replay the stored deliveries: every record they name is refetched.

    Their signatures were checked on arrival, so their age does not matter now.
    """
    rules = _rules(connection)
    options = connector_for(connection.provider).with_defaults(connection.options)
    kept = WebhookDelivery.objects.filter(connection=connection).order_by("id")
    if since is not None:
        kept = kept.filter(received_at__gte=since)
    requests: list[RefetchRequest] = []
    number = silent = 0
    for delivery in kept.iterator(chunk_size=AT_ONCE):
        body = vault.open(delivery.sealed_body, body_context(connection.id))
        try:
            named = rules.read(body, options).requests
        except RecordRejected:
            named = ()
        requests += named
        number, silent = number + 1, silent + (not named)
    requests = coalesce(requests)
    with transaction.atomic():
        _enqueue_refetches(connection, requests)
        kept.update(replayed_at=datetime.now(UTC))
    return Replayed(
        deliveries=number, without_hint=silent, records=len(requests), held=_held(connection)
    )


def _held(connection: Connection) -> Held | None:
    if connection.org.deleted_at:
        return Held.LEAVING
    return None if connection.state == ConnectionState.ACTIVE else Held.INACTIVE


def request_refetches(
    connection: Connection, requests: Iterable[RefetchRequest], vault: Vault
) -> None:
    """Request refetches as if a webhook had just named the records, whether or not the ATS sends any."""
    with transaction.atomic():
        if not WebhookAddress.objects.filter(connection=connection).exists():
            # Refetches take turns with this row. Creating it does not set up webhooks.
            _rotate_secret(_unrequested(connection), vault)
        _enqueue_refetches(connection, requests, heard_at=datetime.now(UTC))


def _enqueue_refetches(
    connection: Connection, requests: Iterable[RefetchRequest], heard_at: datetime | None = None
) -> None:
    """Queue refetches. Without ``heard_at``, a queued refetch keeps the time at which it was first requested."""
    rows = [
        WebhookHint(
            connection=connection,
            stream=request.stream,
            remote_id=request.remote_id,
            destroyed=request.destroyed,
            version=1,
            heard_at=datetime.now(UTC),
            due_at=datetime.now(UTC),
            attempts=0,
            gone=False,
        )
        for request in requests
    ]
    WebhookHint.objects.bulk_create(rows, ignore_conflicts=True, batch_size=AT_ONCE)
    by_kind: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)
    for row in rows:
        by_kind[row.stream, row.destroyed].append(row.remote_id)
    for (stream, destroyed), ids in by_kind.items():  # requeue those that already had a row
        WebhookHint.objects.filter(connection=connection, stream=stream, remote_id__in=ids).update(
            version=F("version") + 1,
            due_at=datetime.now(UTC),
            attempts=0,
            trouble="",
            destroyed=destroyed,
            heard_at=heard_at or F("heard_at"),
        )
    ingest.wake_workers()


def _rules(connection: Connection) -> Webhooks:
    connector = connector_for(connection.provider)
    if connector.webhooks is None:
        raise ConfigError("no_webhooks", ats=connector.label)
    return connector.webhooks


def _requested(connection: Connection) -> WebhookAddress | None:
    """Return the address if someone requested it, which means that webhooks are set up."""
    addresses = WebhookAddress.objects.filter(connection=connection, requested_at__isnull=False)
    return addresses.first()


def _unrequested(connection: Connection) -> WebhookAddress:
    return WebhookAddress(
        connection=connection, streams=[], only_new=False, missed=0, links=0, requested_at=None
    )


def _request(
    row: WebhookAddress | None, connection: Connection, rules: Webhooks, vault: Vault
) -> WebhookAddress:
    """Set up webhooks: from now on, changes without a webhook are counted."""
    row = row or _unrequested(connection)
    row.streams, row.only_new = list(rules.streams), rules.only_new
    row.requested_at = datetime.now(UTC)
    _rotate_secret(row, vault)
    return row


def _rotate_secret(row: WebhookAddress, vault: Vault) -> None:
    """Save the row with a new secret."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row.digest = digest_of(secret)
    row.sealed_secret = vault.seal(secret.encode(), address_context(row.connection_id))
    row.made_at = datetime.now(UTC)
    row.save()


def _shown(address: WebhookAddress, rules: Webhooks, vault: Vault) -> Address:
    secret = vault.open(address.sealed_secret, address_context(address.connection_id)).decode()
    return Address(
        path=f"/hooks/{secret}/",
        made_at=address.made_at,
        setup=rules.setup,
        signed=rules.verify is not None,
        has_signing_key=address.sealed_signing_key is not None,
    )


def _counts(connection_ids: list[UUID], now: datetime) -> dict[UUID, dict[str, int]]:
    rows = (
        WebhookCount.objects.filter(
            connection_id__in=connection_ids,
            day__gt=(now - timedelta(days=COUNTED_DAYS)).astimezone(UTC).date(),
        )
        .values("connection_id", "what")
        .annotate(total=Sum("count"))
    )
    counts: dict[UUID, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(row["connection_id"], {})[row["what"]] = int(row["total"])
    return counts
