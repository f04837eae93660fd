"""Reads a connection's stored webhooks, for its page and to find those that name a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection as database
from django.db.models import Count, Min
from msgspec import Struct

from jemmo.store.models import Connection, WebhookDelivery

SHOWN = 20


class Kept(Struct, frozen=True, kw_only=True):
    """How many deliveries are stored, since when, and the latest ones without their bodies."""

    number: int
    since: datetime | None
    latest: list[WebhookDelivery]


def kept(connection: Connection) -> Kept:
    deliveries = WebhookDelivery.objects.filter(connection=connection)
    counted = deliveries.aggregate(number=Count("id"), since=Min("received_at"))
    latest = deliveries.defer("sealed_body").order_by("-received_at", "-id")[:SHOWN]
    return Kept(number=counted["number"], since=counted["since"], latest=list(latest))


def naming(connection_id: UUID, hashes: Sequence[int]) -> list[int]:
    """The ids of deliveries that name a person by one of these hashes, or that may name anyone."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT jemmo_deliveries_naming(%s::bigint[], %s)", [list(hashes), connection_id]
        )
        return [int(row[0]) for row in cursor.fetchall()]
