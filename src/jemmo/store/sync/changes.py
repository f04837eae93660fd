"""Finds out which fields of a record a write changed, from its rows before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from jemmo.domain.entities import ENTITIES
from jemmo.domain.redaction import FILES
from jemmo.domain.streams import Stream
from jemmo.store.db.postgres import Connection
from jemmo.store.db.run_context import contact_context, texts_context
from jemmo.store.sync.children import CHILDREN, Child
from jemmo.store.sync.tables import TABLES

Open = Callable[[bytes, bytes], bytes]
"""Decrypts a value that is bound to a context: (sealed, context) -> plain."""

Images = dict[str, dict[str, Any]]
"""The content of records by remote id: fields by their names in ``domain.records``, in comparable form."""


class Change(Struct, frozen=True, kw_only=True):
    """A record that was created, or updated in these fields."""

    remote_id: str
    created: bool = False
    fields: frozenset[str] = frozenset()


def between(created: Iterable[str], before: Images, after: Images) -> list[Change]:
    """Return the changes between two images of the same rows. Unchanged rows have none."""
    changes = [Change(remote_id=remote_id, created=True) for remote_id in created]
    for remote_id, old in before.items():
        if fields := _differing(old, after.get(remote_id, {})):
            changes.append(Change(remote_id=remote_id, fields=fields))
    return changes


def _differing(old: dict[str, Any], new: dict[str, Any]) -> frozenset[str]:
    return frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


async def images(
    db: Connection, connection_id: UUID, stream: Stream, ids: Sequence[str], open_sealed: Open
) -> Images:
    """Return these records' rows, decrypted, since encrypting the same text twice gives different values."""
    answer = await db.execute(_query(stream).encode(), [connection_id, list(ids)])
    by_remote_id: Images = {}
    for remote_id, image, contacts, texts in await answer.fetchall():
        if contacts is not None:
            plain = open_sealed(contacts, contact_context(connection_id, remote_id))
            image["contacts"] = msgspec.json.decode(plain)
        if texts is not None:
            context = texts_context(ENTITIES[stream].table)
            plain = open_sealed(texts, context(connection_id, remote_id))
            _restore_texts(image, msgspec.json.decode(plain))
        by_remote_id[remote_id] = image
    return by_remote_id


def _restore_texts(image: dict[str, Any], texts: dict[str, Any]) -> None:
    """Restore the texts that ``domain.redaction`` stores encrypted, next to the plain ones."""
    for name, value in texts.items():
        field = "attachments" if name == FILES else name
        image[field] = [image.get(field), value]


@cache
def _query(stream: Stream) -> str:
    table = TABLES[stream]
    fields = [f"t.{column.name}" for column in table.columns]
    fields += ["t.remote_deleted_at", *(["t.excluded_reason"] if table.hides else [])]
    fields += [_children(child) for child in CHILDREN.get(stream, ())]
    sealed, joined = "NULL, NULL", ""
    if stream is Stream.TALENTS:
        sealed, joined = (
            "c.sealed, c.sealed_texts",
            "LEFT JOIN talent_contacts c ON c.talent_id = t.id",
        )
    elif ENTITIES[stream].has_sealed_texts:
        sealed = "NULL, t.sealed_texts"
    return (
        f"SELECT t.remote_id, to_jsonb(f), {sealed} FROM {table.name} t {joined} "
        f"CROSS JOIN LATERAL (SELECT {', '.join(fields)}) f "
        "WHERE t.connection_id = %s AND t.remote_id = ANY(%s)"
    )


def _children(child: Child) -> str:
    names = ", ".join(column.name for column in child.columns)
    return (
        f"(SELECT jsonb_agg(to_jsonb(x)) FROM (SELECT {names} FROM {child.table} "
        f"WHERE {child.owner} = t.id AND {child.present} ORDER BY {child.order}) x) AS {child.attribute}"
    )
