"""Stores webhooks: finds an address's connection, and writes a delivery with all its effects in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from msgspec import Struct

from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import NAME, ROW, RefetchRequest
from jemmo.store.db.postgres import Connection
from jemmo.store.webhooks.refetch_writer import CHANNEL

KEPT = timedelta(days=7)
ORDER = {stream: place for place, stream in enumerate(Stream)}
CLEARED_AT_ONCE = 500
KEPT_BYTES = "kept_bytes"


class Addressee(Struct, frozen=True, kw_only=True):
    """The connection of an address, with what is needed to receive a webhook.

    ``kept`` is the number of bytes stored of its deliveries today.
    """

    connection_id: UUID
    org_id: UUID
    provider: str
    options: dict[str, str]
    state: str
    sealed_signing_key: bytes | None
    kept: int


class Arrival(Struct, frozen=True, kw_only=True):
    """A received delivery. Without a body, only its effects are stored.

    ``once`` is set if the same bytes mean the same event. ``named`` are the hashes of ``WebhookDelivery``.
    """

    outcome: str
    event: str
    sealed_body: bytes | None
    once: bytes | None
    named: list[int] | None
    hints: list[RefetchRequest]


_STORE = """
    WITH kept AS (
        INSERT INTO webhook_delivery (connection_id, outcome, event, sealed_body, once, named)
        SELECT %(connection)s, %(outcome)s, %(event)s, %(sealed_body)s, %(once)s, %(named)s::bigint[]
        WHERE %(sealed_body)s::bytea IS NOT NULL
        ON CONFLICT (connection_id, once) DO NOTHING
        RETURNING octet_length(sealed_body) + %(row)s + %(name)s * coalesce(cardinality(named), 0) AS size),
    taken AS (SELECT 1 FROM kept UNION ALL SELECT 1 WHERE %(sealed_body)s::bytea IS NULL),
    hinted AS (
        INSERT INTO webhook_hint AS h (connection_id, stream, remote_id, destroyed, file)
        SELECT %(connection)s, stream, remote_id, destroyed, file
        FROM unnest(%(streams)s::text[], %(ids)s::text[], %(destroyed)s::bool[], %(files)s::text[])
            AS x (stream, remote_id, destroyed, file) WHERE EXISTS (SELECT FROM taken)
        ON CONFLICT (connection_id, stream, remote_id) DO UPDATE SET
            destroyed = excluded.destroyed, file = coalesce(excluded.file, h.file), version = h.version + 1,
            heard_at = clock_timestamp(), due_at = coalesce(h.due_at, clock_timestamp())),
    heard AS (
        UPDATE webhook_address SET last_delivery_at = clock_timestamp(), missed = 0
        WHERE connection_id = %(connection)s AND EXISTS (SELECT FROM taken)),
    counted AS (
        INSERT INTO webhook_count AS w (connection_id, day, what, count)
        SELECT %(connection)s, (clock_timestamp() AT TIME ZONE 'UTC')::date, what, number FROM (
            SELECT CASE WHEN EXISTS (SELECT FROM taken) THEN %(outcome)s ELSE 'duplicate' END, 1
            UNION ALL SELECT %(kept_bytes)s, size FROM kept) AS x (what, number)
        ORDER BY what
        ON CONFLICT (connection_id, day, what) DO UPDATE SET count = w.count + excluded.count)
    SELECT pg_notify(%(channel)s, '') FROM taken"""
"""Delivery, requests, status and count in one transaction, so a delivery is on disk before the 200 response."""


_ADDRESSEES = """
    SELECT a.digest, c.id, c.org_id, c.provider, c.options, c.state, a.sealed_signing_key, coalesce(w.count, 0)
    FROM webhook_address a JOIN connection c ON c.id = a.connection_id
    LEFT JOIN webhook_count w ON w.connection_id = c.id AND w.what = %s
        AND w.day = (clock_timestamp() AT TIME ZONE 'UTC')::date
    WHERE a.digest = ANY(%s)"""


async def addressees(db: Connection, digests: Sequence[bytes]) -> list[Addressee | None]:
    """The connections of these addresses, in the same order; ``None`` for an unknown address."""
    answer = await db.execute(_ADDRESSEES, [KEPT_BYTES, list(digests)])
    known = {
        bytes(digest): Addressee(
            connection_id=connection_id,
            org_id=org_id,
            provider=provider,
            options=options,
            state=state,
            sealed_signing_key=None if key is None else bytes(key),
            kept=kept,
        )
        for digest, connection_id, org_id, provider, options, state, key, kept in await answer.fetchall()
    }
    return [known.get(digest) for digest in digests]


async def store(db: Connection, connection_id: UUID, arrival: Arrival) -> bool:
    """Store a delivery and the refetch requests from it. ``False`` if it came before."""
    values = _values(connection_id, arrival)
    try:
        answer = await db.execute(_STORE, values)
    except (
        psycopg.errors.DeadlockDetected
    ):  # nothing was written, and the other transaction has continued
        answer = await db.execute(_STORE, values)
    return await answer.fetchone() is not None


async def store_together(db: Connection, arrivals: Sequence[tuple[UUID, Arrival]]) -> list[bool]:
    """Store several deliveries in one commit, or none of them. Return the result of ``store`` for each.

    Raises ``psycopg.Error``, also when a needed row is locked for more than a moment: a lock on one connection's rows
    would delay the deliveries of all others.
    """
    async with db.pipeline(), db.transaction():
        await db.execute(_PATIENCE)
        answers = [
            await db.execute(_STORE, _values(connection_id, arrival))
            for connection_id, arrival in arrivals
        ]
    return [await answer.fetchone() is not None for answer in answers]


_PATIENCE = "SET LOCAL lock_timeout = '200ms'"


def _values(connection_id: UUID, arrival: Arrival) -> dict[str, object]:
    return {
        "connection": connection_id,
        "outcome": arrival.outcome,
        "event": arrival.event,
        "sealed_body": arrival.sealed_body,
        "once": arrival.once,
        "named": arrival.named,
        "channel": CHANNEL,
        "kept_bytes": KEPT_BYTES,
        "row": ROW,
        "name": NAME,
        **_columns(arrival.hints),
    }


# Wake the workers that refetch.
_WAKE = "SELECT pg_notify(%s, '')"


def wake_workers() -> None:
    """Tell the workers that refetch requests are due, on Django's connection."""
    with connection.cursor() as cursor:
        cursor.execute(_WAKE, [CHANNEL])


# Delete, one batch each: expired deliveries, refetch requests settled long ago, old counts.
_CLEAR = (
    """DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery
           WHERE received_at < now() - %(kept)s ORDER BY received_at LIMIT %(batch)s)""",
    """DELETE FROM webhook_hint WHERE id IN (SELECT id FROM webhook_hint
           WHERE due_at IS NULL AND greatest(heard_at, applied_at) < now() - %(kept)s
           ORDER BY greatest(heard_at, applied_at) LIMIT %(batch)s)""",
    "DELETE FROM webhook_count WHERE day < current_date - 90",
)


def clear_old() -> int:
    """Delete a batch of expired rows. Return their number."""
    count = 0
    values: dict[str, Any] = {"kept": KEPT, "batch": CLEARED_AT_ONCE}
    with connection.cursor() as cursor:
        for statement in _CLEAR:
            cursor.execute(statement, values)
            count += cursor.rowcount
    return count


def _columns(hints: list[RefetchRequest]) -> dict[str, list[object]]:
    """The columns' values, in the order in which a refetch locks the rows."""
    listed = sorted(hints, key=lambda request: (ORDER[request.stream], request.remote_id))
    return {
        "streams": [request.stream for request in listed],
        "ids": [request.remote_id for request in listed],
        "destroyed": [request.destroyed for request in listed],
        "files": [request.file for request in listed],
    }
