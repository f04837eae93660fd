"""A page's records as rows: all of it that can be done before the transaction that writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from jemmo.domain.apart import set_apart
from jemmo.domain.outcomes import Accepted
from jemmo.domain.records import Record
from jemmo.domain.streams import Stream
from jemmo.store.ids import new_ids
from jemmo.store.sealing import Sealing
from jemmo.store.statements import CHILDREN, Child
from jemmo.store.tables import TABLES


class Row(Struct):
    """A record on its way into the staging tables.

    record    as it was read
    clear     as it is stored in clear
    values    of ``statements.staged_columns``, in their order
    children  of each of the stream's child tables, the rows
    """

    record: Record
    clear: Record
    values: list[Any]
    children: list[list[list[Any]]]


def rows_of(stream: Stream, accepted: Sequence[Accepted], sealing: Sealing) -> list[Row]:
    """The rows of these records, each with an id that it gets if it is new."""
    table, children = TABLES[stream], CHILDREN.get(stream, ())
    rows = []
    for row_id, one in zip(new_ids(len(accepted)), accepted, strict=True):
        clear, texts = set_apart(one.record)
        values = table.row(row_id, one.content_hash, one.excluded, clear)
        values += sealing.values(clear, texts)
        parts = [_parts(child, clear, row_id) for child in children]
        rows.append(Row(one.record, clear, values, parts))
    return rows


def _parts(child: Child, record: Record, row_id: bytes) -> list[list[Any]]:
    return [
        [record.remote_id, row_id, place, *child.values(part)]
        for place, part in enumerate(getattr(record, child.attribute))
    ]
