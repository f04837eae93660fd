"""The SQL for batches that contain only new rows, as nearly all do in an initial sync.

``statements.upsert`` would do the same but take half as long again: it looks up each row's predecessor, joins parts by
the row's final id, and decides about talents that a new application cannot hide. Whether rows exist is checked in the
transaction that writes the batch, while no other transaction writes the connection's records. If that check were ever
wrong, the unique keys would reject the batch.
"""

from __future__ import annotations

from functools import cache

from jemmo.domain.streams import Stream
from jemmo.store.sync.activity import HIRED_AT, counts_as_active
from jemmo.store.sync.children import CHILDREN, Child
from jemmo.store.sync.statements import NO_ACTIVE, inserted, waiting
from jemmo.store.sync.tables import TABLES, Table


@cache
def insert(stream: Stream) -> str:
    """Like ``statements.upsert``, with the same parameters and result.

    It returns talents to decide about only if the history is limited.
    """
    table = TABLES[stream]
    written = f"written AS ({inserted(table)} RETURNING {_returned(table)})"
    parts = [written, *_children(stream), *waiting(table)]
    return f"WITH {', '.join(parts)} SELECT count(*), 0, {_talents(table)} FROM written"


def _talents(table: Table) -> str:
    if table.stream is not Stream.APPLICATIONS:
        return "NULL::uuid[]"
    return (
        "array_agg(DISTINCT talent_id) FILTER (WHERE talent_id IS NOT NULL "
        "AND %(limit)s::timestamptz IS NOT NULL)"
    )


def _returned(table: Table) -> str:
    names = [f"t.{name}" for link in table.links for name in (link.column, link.via)]
    names += ["t.remote_id"] if table.links else []
    if table.stream is Stream.APPLICATIONS:
        names += ["t.status", *(f"t.{name}" for name in HIRED_AT)]
    return ", ".join(names) or "1"


def _children(stream: Stream) -> list[str]:
    if stream is Stream.APPLICATIONS:
        return [_SHOWN, *map(_child, CHILDREN[stream])]
    sealed = [_CONTACTS] if stream is Stream.TALENTS else []
    return [*sealed, *map(_child, CHILDREN.get(stream, ()))]


def _child(child: Child) -> str:
    names = ", ".join(column.name for column in child.kept)
    return (
        f"new_{child.name} AS (INSERT INTO {child.table} (org_id, {child.owner}, {names}) "
        f"SELECT %(org)s, owner_id, {names} FROM staged_{child.name})"
    )


_CONTACTS = """new_contacts AS (
    INSERT INTO talent_contacts (org_id, talent_id, sealed, hashes, hashes_outdated, sealed_texts)
    SELECT %(org)s, id, sealed, hashes, hashes IS NULL, sealed_texts FROM staged_talent WHERE sealed IS NOT NULL)"""

_SHOWN = f"""shown AS (
    UPDATE talent SET excluded_reason = NULL, modified_at = now()
    WHERE excluded_reason = '{NO_ACTIVE}' AND id = ANY(ARRAY(
        SELECT w.talent_id FROM written w WHERE w.talent_id IS NOT NULL
            AND (%(hidden)s::text IS NULL OR {counts_as_active("w")}))))"""
"""Talents that were hidden without an active application and have one now. A new application hides no one."""
