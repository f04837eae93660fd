"""Stores webhooks: finds an address's connection, and writes a delivery with all its effects in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

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

    ``kept`` is how many bytes of its deliveries have been stored today.
    """

    connection_id: UUID
    org_id: UUID
    provider: str
    options: dict[str, str]
    state: str
    sealed_signing_key: bytes | None
    kept: int


class Arrival(Struct, frozen=True, kw_only=True):
    """A received delivery. If it has no body, only its effects are stored.

    ``once`` is set if the same bytes mean the same event. ``named`` are the hashes of ``WebhookDelivery``.
    """

    outcome: str
    event: str
    sealed_body: bytes | None
    once: bytes | None
    named: list[int] | None
    requests: list[RefetchRequest]


_STORE = """
    WITH arrived AS (
        SELECT x.*, substring(%(bodies)s::bytea FROM (sum(size) OVER so_far)::int - size + 1 FOR size) AS sealed_body,
            once IS NOT NULL AND row_number() OVER (
                PARTITION BY connection_id, once, size IS NULL ORDER BY place) > 1 AS again
        FROM unnest(%(connections)s::uuid[], %(outcomes)s::text[], %(events)s::text[], %(sizes)s::int[],
                %(onces)s::bytea[], %(names)s::text[])
            WITH ORDINALITY AS x (connection_id, outcome, event, size, once, named, place)
        WINDOW so_far AS (ORDER BY place)),
    kept AS (
        INSERT INTO webhook_delivery (connection_id, outcome, event, sealed_body, once, named)
        SELECT connection_id, outcome, event, sealed_body, once, named::bigint[] FROM arrived
        WHERE sealed_body IS NOT NULL AND NOT again ORDER BY place
        ON CONFLICT (connection_id, once) DO NOTHING
        RETURNING connection_id, once,
            octet_length(sealed_body) + %(row)s + %(name)s * coalesce(cardinality(named), 0) AS size),
    taken AS (
        SELECT place, connection_id, outcome FROM arrived a
        WHERE sealed_body IS NULL OR once IS NULL OR NOT again AND EXISTS (
            SELECT FROM kept WHERE kept.connection_id = a.connection_id AND kept.once = a.once)),
    hinted AS (
        INSERT INTO webhook_hint AS h (connection_id, stream, remote_id, destroyed, file)
        SELECT connection_id, stream, remote_id, (array_agg(destroyed ORDER BY place DESC))[1],
            (array_agg(file ORDER BY place DESC) FILTER (WHERE file IS NOT NULL))[1]
        FROM unnest(%(places)s::bigint[], %(orders)s::int[], %(streams)s::text[], %(ids)s::text[],
            %(destroyed)s::bool[], %(files)s::text[]) AS x (place, stream_order, stream, remote_id, destroyed, file)
        JOIN taken USING (place)
        GROUP BY connection_id, stream_order, stream, remote_id
        ORDER BY connection_id, stream_order, remote_id COLLATE "C"
        ON CONFLICT (connection_id, stream, remote_id) DO UPDATE SET
            destroyed = excluded.destroyed, file = coalesce(excluded.file, h.file), version = h.version + 1,
            heard_at = clock_timestamp(), due_at = coalesce(h.due_at, clock_timestamp())),
    heard AS (
        UPDATE webhook_address SET last_delivery_at = clock_timestamp(), missed = 0
        WHERE connection_id IN (SELECT connection_id FROM taken)),
    counted AS (
        INSERT INTO webhook_count AS w (connection_id, day, what, count)
        SELECT connection_id, (clock_timestamp() AT TIME ZONE 'UTC')::date, what, sum(number) FROM (
            SELECT connection_id, CASE WHEN taken.place IS NULL THEN 'duplicate' ELSE arrived.outcome END, 1
            FROM arrived LEFT JOIN taken USING (place, connection_id)
            UNION ALL SELECT connection_id, %(kept_bytes)s, size FROM kept) AS x (connection_id, what, number)
        GROUP BY connection_id, what ORDER BY connection_id, what
        ON CONFLICT (connection_id, day, what) DO UPDATE SET count = w.count + excluded.count)
    SELECT place, pg_notify(%(channel)s, '') FROM taken"""
"""Deliveries, requests, status and counts in one transaction, so a delivery is on disk before the 200 response.

The bodies arrive as one value, because psycopg takes seconds to write an array of large ones. ``again`` marks a
repetition within the same batch. Rows are locked in the same order as by a refetch.
"""


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


async def store(
    db: Connection, arrivals: Sequence[tuple[UUID, Arrival]], *, patience: float
) -> list[bool]:
    """Store deliveries and their refetch requests in one commit. Return ``False`` for each repeated one.

    Raises ``psycopg.Error``, and ``LockNotAvailable`` when a needed row is locked for more than ``patience`` seconds.
    """
    async with db.pipeline(), db.transaction():
        await db.execute(_PATIENCE, [f"{patience * 1000:.0f}ms"])
        answer = await db.execute(_STORE, _values(arrivals))
    new = {place for place, _ in await answer.fetchall()}
    return [place in new for place in range(1, len(arrivals) + 1)]


_REFUSED = """
    UPDATE webhook_address SET refused_at = clock_timestamp() - make_interval(secs => %s), refused_as = %s
    WHERE connection_id = %s"""
REFUSAL_PATIENCE = 5.0  # seconds


async def note_refusal(db: Connection, connection_id: UUID, outcome: str, age: float) -> None:
    """Save the outcome and time of a connection's latest refused webhook, which was ``age`` seconds ago.

    Raises ``LockNotAvailable`` if the row stays locked, since others need the database connection meanwhile.
    """
    async with db.transaction():
        await db.execute(_PATIENCE, [f"{REFUSAL_PATIENCE:.0f}s"])
        await db.execute(_REFUSED, [age, outcome, connection_id])


_PATIENCE = "SELECT set_config('lock_timeout', %s, true)"
"""Shorter than ``deadlock_timeout``, so the others always continue."""


def _values(arrivals: Sequence[tuple[UUID, Arrival]]) -> dict[str, object]:
    """Return the columns of the deliveries and of their requests, which name their delivery by its position from 1."""
    connections, deliveries = zip(*arrivals, strict=True)
    bodies = [delivery.sealed_body for delivery in deliveries]
    requests = [
        (place, request)
        for place, delivery in enumerate(deliveries, start=1)
        for request in delivery.requests
    ]
    return {
        "connections": list(connections),
        "outcomes": [delivery.outcome for delivery in deliveries],
        "events": [delivery.event for delivery in deliveries],
        "bodies": b"".join(body for body in bodies if body is not None),
        "sizes": [None if body is None else len(body) for body in bodies],
        "onces": [delivery.once for delivery in deliveries],
        "names": [_array(delivery.named) for delivery in deliveries],
        "places": [place for place, _ in requests],
        "orders": [ORDER[request.stream] for _, request in requests],
        "streams": [request.stream for _, request in requests],
        "ids": [request.remote_id for _, request in requests],
        "destroyed": [request.destroyed for _, request in requests],
        "files": [request.file for _, request in requests],
        "channel": CHANNEL,
        "kept_bytes": KEPT_BYTES,
        "row": ROW,
        "name": NAME,
    }


def _array(numbers: list[int] | None) -> str | None:
    """Return a Postgres array as text, since arrays of arrays must be rectangular in Postgres."""
    return None if numbers is None else "{" + ",".join(map(str, numbers)) + "}"


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
