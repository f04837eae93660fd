"""Notifies listeners with Postgres's NOTIFY, inside the transaction that the event is about.

Postgres delivers the event after the commit, so the listener can read the new rows. The payload is a small JSON object:
``org``, ``kind``, ``at`` and facts such as ids and counts, never a person's data. Missed events do no harm, because a
process that was disconnected reads the tables (``sync.reports``).
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import execute

CHANNEL = "jemmo_events"
LIMIT = 7900  # bytes; Postgres refuses 8000

_OF_CONNECTION = """
    SELECT pg_notify(%s, (jsonb_build_object('org', org_id, 'connection', id, 'at', clock_timestamp())
        || %s::jsonb)::text) FROM connection WHERE id = %s"""
_OF_ORG = """
    SELECT pg_notify(%s, (jsonb_build_object('org', %s::text, 'at', clock_timestamp()) || %s::jsonb)::text)"""


def _facts(kind: str, facts: Mapping[str, object]) -> str:
    text = msgspec.json.encode({"kind": kind, **facts}).decode()
    if len(text) > LIMIT:
        raise ValueError(f"the event {kind} is too large to tell: {len(text)} bytes")
    return text


async def publish_event(db: Connection, connection_id: UUID, kind: str, **facts: object) -> None:
    """Notify a connection's organization, in the current transaction."""
    await db.execute(_OF_CONNECTION, [CHANNEL, _facts(kind, facts), connection_id])


def publish_to_organization(org_id: UUID, kind: str, **facts: object) -> None:
    """Like ``publish_event``, on Django's connection."""
    execute(_OF_ORG, [CHANNEL, str(org_id), _facts(kind, facts)])
