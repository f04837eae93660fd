"""Takes webhooks in: who an address belongs to, and one statement that stores a delivery with all that follows."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import psycopg
from msgspec import Struct

from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import Hint
from jemmo.store.hints import CHANNEL
from jemmo.store.postgres import Connection, explained

KEPT = timedelta(days=7)
ORDER = {stream: place for place, stream in enumerate(Stream)}
CLEARED_AT_ONCE = 5000


class Addressee(Struct, frozen=True, kw_only=True):
    """The connection an address belongs to, as taking a webhook in needs it."""

    connection_id: UUID
    provider: str
    options: dict[str, str]
    state: str
    sealed_signing_key: bytes | None


class Arrival(Struct, frozen=True, kw_only=True):
    """A delivery to be kept. ``once`` is set where the same bytes mean the same event."""

    outcome: str
    event: str
    sealed_body: bytes
    once: bytes | None
    hints: list[Hint]


_STORE = """
    WITH kept AS (
        INSERT INTO webhook_delivery (connection_id, outcome, event, sealed_body, once)
        VALUES (%(connection)s, %(outcome)s, %(event)s, %(sealed_body)s, %(once)s)
        ON CONFLICT (connection_id, once) DO NOTHING RETURNING id),
    hinted AS (
        INSERT INTO webhook_hint AS h (connection_id, stream, remote_id, destroyed)
        SELECT %(connection)s, stream, remote_id, destroyed
        FROM unnest(%(streams)s::text[], %(ids)s::text[], %(destroyed)s::bool[])
            AS x (stream, remote_id, destroyed) WHERE EXISTS (SELECT FROM kept)
        ON CONFLICT (connection_id, stream, remote_id) DO UPDATE SET
            destroyed = excluded.destroyed, version = h.version + 1,
            heard_at = clock_timestamp(), due_at = coalesce(h.due_at, clock_timestamp())),
    heard AS (
        UPDATE webhook_address SET last_delivery_at = clock_timestamp(), missed = 0
        WHERE connection_id = %(connection)s AND EXISTS (SELECT FROM kept)),
    counted AS (
        INSERT INTO webhook_count AS w (connection_id, day, what, count)
        VALUES (%(connection)s, (clock_timestamp() AT TIME ZONE 'UTC')::date,
            CASE WHEN EXISTS (SELECT FROM kept) THEN %(outcome)s ELSE 'duplicate' END, 1)
        ON CONFLICT (connection_id, day, what) DO UPDATE SET count = w.count + 1)
    SELECT id, pg_notify(%(channel)s, '') FROM kept"""
"""Delivery, hints, health and count in one transaction: what is answered with 200 is safe on disk."""


async def addressee(db: Connection, digest: bytes) -> Addressee | None:
    answer = await db.execute(
        "SELECT c.id, c.provider, c.options, c.state, a.sealed_signing_key "
        "FROM webhook_address a JOIN connection c ON c.id = a.connection_id WHERE a.digest = %s",
        [digest],
    )
    row = await answer.fetchone()
    if row is None:
        return None
    return Addressee(
        connection_id=row[0],
        provider=row[1],
        options=row[2],
        state=row[3],
        sealed_signing_key=None if row[4] is None else bytes(row[4]),
    )


async def store(db: Connection, connection_id: UUID, arrival: Arrival) -> bool:
    """Keep a delivery and what it hints at; ``False`` when it is one that came before."""
    values = {
        "connection": connection_id,
        "outcome": arrival.outcome,
        "event": arrival.event,
        "sealed_body": arrival.sealed_body,
        "once": arrival.once,
        "channel": CHANNEL,
        **_columns(arrival.hints),
    }
    try:
        answer = await db.execute(_STORE, values)
    except psycopg.errors.DeadlockDetected:  # nothing was written; the other has gone on
        answer = await db.execute(_STORE, values)
    return await answer.fetchone() is not None


async def clear_old(db: Connection) -> int:
    """Delete deliveries past their time, some at once, and hints that nobody asks about any more; how many."""
    with explained():
        gone = await db.execute(
            "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery "
            "WHERE received_at < now() - %s ORDER BY received_at LIMIT %s)",
            [KEPT, CLEARED_AT_ONCE],
        )
        await db.execute(
            "DELETE FROM webhook_hint WHERE id IN (SELECT id FROM webhook_hint "
            "WHERE due_at IS NULL AND greatest(heard_at, applied_at) < now() - %s LIMIT %s)",
            [KEPT, CLEARED_AT_ONCE],
        )
        await db.execute("DELETE FROM webhook_count WHERE day < current_date - 90")
    return gone.rowcount


def _columns(hints: list[Hint]) -> dict[str, list[object]]:
    """In the order in which a look locks them."""
    listed = sorted(hints, key=lambda one: (ORDER[one.stream], one.remote_id))
    return {
        "streams": [one.stream for one in listed],
        "ids": [one.remote_id for one in listed],
        "destroyed": [one.destroyed for one in listed],
    }
