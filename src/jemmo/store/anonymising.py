"""A person who was taken out of a record in the ATS is taken out of it here, old texts and files included."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from jemmo.domain.anonymity import names_somebody, nobody
from jemmo.domain.records import Record, Talent
from jemmo.store.postgres import Connection

_BEFORE = """
    SELECT t.id, t.first_name, t.last_name,
        EXISTS (SELECT FROM talent_contacts c WHERE c.talent_id = t.id)
    FROM talent t WHERE t.connection_id = %s AND t.remote_id = ANY(%s) AND t.anonymised_at IS NULL"""

_WRITTEN = """
    UPDATE talent SET anonymised_at = now(), do_not_contact_reason = NULL
    WHERE id = ANY(%(ids)s) AND modified_at = now() RETURNING id"""
"""Those that this transaction wrote: an older version than ours is not written, and says nothing."""

_STEPS = {
    "words": "DELETE FROM file_text WHERE talent_id = ANY(%(ids)s)",
    # The bytes go with the next tidying; until then nothing shows them.
    "files": "UPDATE attachment SET remote_deleted_at = coalesce(remote_deleted_at, now()), "
    "file_name = NULL WHERE talent_id = ANY(%(ids)s)",
    "rejected talents": "DELETE FROM rejection r USING talent t WHERE t.id = ANY(%(ids)s) "
    "AND r.connection_id = t.connection_id AND r.stream = 'talents' AND r.remote_id = t.remote_id",
    "rejected applications": "DELETE FROM rejection r USING application a "
    "WHERE a.talent_id = ANY(%(ids)s) AND r.connection_id = a.connection_id "
    "AND r.stream = 'applications' AND r.remote_id = a.remote_id",
    "letters": "UPDATE application SET sealed_texts = NULL, source_url = NULL "
    "WHERE talent_id = ANY(%(ids)s)",
    "webhooks": "DELETE FROM webhook_delivery WHERE connection_id = %(connection)s",
}


async def were_somebody(
    db: Connection, connection_id: UUID, records: Sequence[Record]
) -> list[UUID]:
    """Of the records about to be written, the rows that named somebody and no longer will."""
    blank = [
        record.remote_id for record in records if isinstance(record, Talent) and nobody(record)
    ]
    if not blank:
        return []
    answer = await db.execute(_BEFORE, [connection_id, blank])
    return [row[0] for row in await answer.fetchall() if row[3] or names_somebody(row[1], row[2])]


async def anonymise(db: Connection, connection_id: UUID, talents: list[UUID]) -> int:
    """Take what is left of these people out of the tables, in the transaction that wrote them."""
    if not talents:
        return 0
    answer = await db.execute(_WRITTEN, {"ids": talents})
    ids = [row[0] for row in await answer.fetchall()]
    if ids:
        for step in _STEPS.values():
            await db.execute(step.encode(), {"ids": ids, "connection": connection_id})
    return len(ids)
