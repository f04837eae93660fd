"""Removes a person's remaining data after the ATS has anonymized their record."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from jemmo.domain import brake
from jemmo.domain.anonymity import is_anonymous, names_somebody
from jemmo.domain.entities import ENTITIES
from jemmo.domain.fields import forgotten
from jemmo.domain.records import Record, Talent
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_column, afetch_row, afetch_rows
from jemmo.store.db.run_context import AnonymizedTalent, MentionHasher

_BEFORE = """
    SELECT t.id, t.first_name, t.last_name, t.remote_id || t.remote_aliases, c.sealed, c.sealed_texts
    FROM talent t LEFT JOIN talent_contacts c ON c.talent_id = t.id
    WHERE t.connection_id = %s AND t.remote_id = ANY(%s) AND t.anonymised_at IS NULL"""

_STATE = """
    SELECT count(*) FILTER (WHERE anonymised_at IS NULL),
        count(*) FILTER (WHERE anonymised_at > clock_timestamp() - %s)
    FROM talent WHERE connection_id = %s AND remote_deleted_at IS NULL"""

_WRITTEN = """
    UPDATE talent SET anonymised_at = now(), do_not_contact_reason = NULL
    WHERE id = ANY(%(ids)s) AND modified_at >= now() RETURNING id"""
"""Rows written by this transaction. An older version than ours is not written and proves nothing."""

_STEPS = {
    "words": "DELETE FROM file_text WHERE talent_id = ANY(%(ids)s)",
    # The next cleanup deletes the bytes; until then nothing shows them.
    "files": "UPDATE attachment SET remote_deleted_at = coalesce(remote_deleted_at, now()), "
    "file_name = NULL WHERE talent_id = ANY(%(ids)s)",
    "rejected talents": "DELETE FROM rejection r USING talent t WHERE t.id = ANY(%(ids)s) "
    "AND r.connection_id = t.connection_id AND r.stream = 'talents' AND r.remote_id = t.remote_id",
}
_OUTDATE: list[str] = []
for _entity in ENTITIES.values():
    if _entity.is_personal and _entity.record is not Talent:
        _STEPS[f"rejected {_entity.stream}"] = (
            f"DELETE FROM rejection r USING {_entity.table} a "
            "WHERE a.talent_id = ANY(%(ids)s) AND r.connection_id = a.connection_id "
            f"AND r.stream = '{_entity.stream}' AND r.remote_id = a.remote_id"
        )
        _taken = ("sealed_texts", *forgotten(_entity.record))
        _STEPS[f"texts of {_entity.stream}"] = (
            f"UPDATE {_entity.table} SET {', '.join(f'{name} = NULL' for name in _taken)} "
            "WHERE talent_id = ANY(%(ids)s)"
        )
        _OUTDATE.append(f"UPDATE {_entity.table} SET content_hash = '' WHERE talent_id = ANY(%s)")

_NAMED_AGAIN = """
    UPDATE talent SET anonymised_at = NULL WHERE connection_id = %s AND remote_id = ANY(%s)
        AND anonymised_at IS NOT NULL AND modified_at >= now() RETURNING id"""

_APPLICATIONS = "SELECT remote_id FROM application WHERE talent_id = ANY(%s)"
_FORGET = """
    DELETE FROM webhook_delivery
    WHERE id IN (SELECT jemmo_deliveries_naming(%(named)s::bigint[], %(connection)s))"""


async def newly_anonymous(
    db: Connection, connection_id: UUID, records: Sequence[Record]
) -> list[AnonymizedTalent]:
    """The incoming records that no longer name a person, but whose stored rows do."""
    blank = [
        record.remote_id
        for record in records
        if isinstance(record, Talent) and is_anonymous(record)
    ]
    if not blank:
        return []
    rows = await afetch_rows(db, _BEFORE, [connection_id, blank])
    return [
        AnonymizedTalent(id=key, remote_ids=remote_ids, sealed=sealed, sealed_texts=texts)
        for key, first_name, last_name, remote_ids, sealed, texts in rows
        if sealed is not None or names_somebody(first_name, last_name)
    ]


async def are_too_many(
    db: Connection, connection_id: UUID, talents: Sequence[AnonymizedTalent]
) -> bool:
    """Whether the ATS may only be hiding these people's data: so many are rarely anonymized within a day."""
    if not talents:
        return False
    present, recent = await afetch_row(db, _STATE, [brake.WINDOW, connection_id])
    return len(talents) > brake.remaining_allowance(present, recent)


async def restore_talents(db: Connection, connection_id: UUID, records: Sequence[Record]) -> None:
    """Store the texts of people whom the ATS names again once it sends them, even if they haven't changed."""
    named = [
        record.remote_id
        for record in records
        if isinstance(record, Talent) and not is_anonymous(record)
    ]
    if not named:
        return
    if ids := await afetch_column(db, _NAMED_AGAIN, [connection_id, named]):
        for outdate in _OUTDATE:
            await db.execute(outdate.encode(), [ids])


async def anonymize_talents(
    db: Connection, connection_id: UUID, talents: list[AnonymizedTalent], abouts: MentionHasher
) -> list[str]:
    """Remove all other data about these people, in the transaction that wrote the records; return their remote ids."""
    if not talents:
        return []
    ids = await afetch_column(db, _WRITTEN, {"ids": [talent.id for talent in talents]})
    if not ids:
        return []
    for step in _STEPS.values():
        await db.execute(step.encode(), {"ids": ids})
    applications = await afetch_column(db, _APPLICATIONS, [ids])
    people = [talent for talent in talents if talent.id in ids]
    named = await asyncio.to_thread(abouts, people, applications)
    await db.execute(_FORGET, {"named": named, "connection": connection_id})
    return [person.remote_ids[0] for person in people]
