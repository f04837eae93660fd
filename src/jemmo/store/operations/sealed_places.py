"""Every table column with encrypted values, which key rotation must cover.

The texts of records are derived from ``domain.entities``; add any other new column here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from msgspec import Struct

from jemmo.domain.entities import ENTITIES
from jemmo.domain.errors import ConfigError
from jemmo.store.db.query import execute, fetch_rows
from jemmo.store.db.run_context import contact_context, talent_texts_context, texts_context

Opens = Callable[[bytes, bytes], bytes]
Seals = Callable[[bytes, bytes], bytes]
BATCH = 200
KEY_OF = "('x' || encode(substring({column} from 2 for 4), 'hex'))::bit(32)::bigint"
"""The id of the key that sealed a value, which Tink writes after a version byte."""


class Place(Struct, frozen=True):
    """A column of encrypted values. ``bound_to`` are the columns that form a value's context."""

    table: str
    column: str
    key: str
    bound_to: str
    context: Callable[..., bytes]
    source: str = ""

    def rows(self) -> str:
        return self.source or f"{self.table} s"


def uses(place: Place) -> dict[int, int]:
    """How many of a column's values each key encrypted, by key id."""
    key = KEY_OF.format(column=place.column)
    rows = fetch_rows(
        f"SELECT {key}, count(*) FROM {place.table} WHERE {place.column} IS NOT NULL GROUP BY 1"
    )
    return {int(row[0]): int(row[1]) for row in rows}


def reseal(place: Place, primary: int, opens: Opens, seals: Seals) -> tuple[int, int]:
    """Re-encrypt values of other keys. Return how many were re-encrypted, and how many could not be decrypted.

    Uses small transactions and changes a value only if nobody else did meanwhile, so it can run beside everything else
    and can be interrupted at any point and started again.
    """
    done, unreadable = 0, 0
    after: Any = None
    while rows := _others(place, primary, after):
        after = rows[-1][0]
        fresh = []
        for pk, sealed, *bound in rows:
            try:
                context = place.context(*bound)
                fresh.append((pk, bytes(sealed), seals(opens(bytes(sealed), context), context)))
            except ConfigError:
                unreadable += 1
        done += _exchange(place, fresh)
    return done, unreadable


def _others(place: Place, primary: int, after: Any) -> Sequence[Any]:
    key = KEY_OF.format(column=f"s.{place.column}")
    later = f"AND s.{place.key} > %s" if after is not None else ""
    return fetch_rows(
        f"SELECT s.{place.key}, s.{place.column}, {place.bound_to} FROM {place.rows()} "
        f"WHERE s.{place.column} IS NOT NULL AND {key} <> %s {later} "
        f"ORDER BY s.{place.key} LIMIT {BATCH}",
        [primary, *([after] if after is not None else [])],
    )


def _exchange(place: Place, fresh: list[tuple[Any, bytes, bytes]]) -> int:
    change = (
        f"UPDATE {place.table} SET {place.column} = %s "
        f"WHERE {place.key} = %s AND {place.column} = %s"
    )
    with transaction.atomic():
        return sum(execute(change, [new, pk, old]) for pk, old, new in fresh)


def places(
    *,
    key_context: Callable[[UUID, str, str], bytes],
    text_context: Callable[[int], bytes],
    secret_context: Callable[[str], bytes],
    address_context: Callable[[UUID], bytes],
    signing_context: Callable[[UUID], bytes],
    body_context: Callable[[UUID], bytes],
    chat_context: Callable[[UUID], bytes],
    picture_context: Callable[[int], bytes],
    endpoint_context: Callable[[UUID], bytes],
) -> list[Place]:
    return [
        Place("connection", "sealed_key", "id", "s.id, s.provider, s.base_url", key_context),
        _of_talent("sealed", contact_context),
        _of_talent("sealed_texts", talent_texts_context),
        *(
            Place(
                entity.table,
                "sealed_texts",
                "id",
                "s.connection_id, s.remote_id",
                texts_context(entity.table),
            )
            for entity in ENTITIES.values()
            if entity.has_sealed_texts
        ),
        Place("rejection", "sealed_raw", "id", "s.connection_id", rejection_context),
        Place("file_text", "sealed", "attachment_id", "s.attachment_id", text_context),
        Place("vault_secret", "sealed", "name", "s.name", secret_context),
        Place(
            "webhook_address", "sealed_secret", "connection_id", "s.connection_id", address_context
        ),
        Place(
            "webhook_address",
            "sealed_signing_key",
            "connection_id",
            "s.connection_id",
            signing_context,
        ),
        Place("webhook_delivery", "sealed_body", "id", "s.connection_id", body_context),
        Place("organisation_notices", "sealed_chat_url", "org_id", "s.org_id", chat_context),
        Place("support_picture", "sealed", "message_id", "s.message_id", picture_context),
        *(
            Place("outgoing_endpoint", column, "id", "s.id", endpoint_context)
            for column in ("sealed_secret", "sealed_old_secret")
        ),
    ]


def _of_talent(column: str, context: Callable[..., bytes]) -> Place:
    return Place(
        table="talent_contacts",
        column=column,
        key="talent_id",
        bound_to="t.connection_id, t.remote_id",
        context=context,
        source="talent_contacts s JOIN talent t ON t.id = s.talent_id",
    )


def rejection_context(connection_id: UUID) -> bytes:
    """The context of an encrypted rejected record."""
    return b"rejection:" + connection_id.bytes
