"""Which records of a connection were erased and stay out, and which people may return."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from jemmo.domain.entities import PERSONAL_STREAMS
from jemmo.domain.records import Application, Record
from jemmo.domain.retention import Lift, lifts
from jemmo.domain.streams import Stream
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_column, afetch_rows, afetch_value
from jemmo.store.db.run_context import SuppressionHasher

LOCK = "hashtextextended('jemmo erasure ' || %s::text, 0)"
"""Page writes take the lock shared and erasures exclusively, so no running write brings an erased person back."""


class SuppressedRecord(Struct, frozen=True):
    """A suppression: since when, for whom, and what activity would readmit that person."""

    at: datetime
    person: bytes | None
    lift: Lift | None


async def hashes(db: Connection, connection_id: UUID) -> set[bytes]:
    """The hashes of all suppressed records of a connection."""
    query = "SELECT hash FROM suppression WHERE connection_id = %s"
    return {bytes(sealed) for sealed in await afetch_column(db, query, [connection_id])}


async def erased(
    db: Connection,
    connection_id: UUID,
    stream: Stream,
    hashed: SuppressionHasher,
    asked: Sequence[Any],
) -> Callable[[Any], bool] | None:
    """Return a test for records or ids of erased people; ``None`` if nobody was erased.

    Runs in the transaction that is about to write, so nobody is erased before it ends. People erased by retention rules
    who show activity are readmitted here and refetched with all their records.
    """
    if stream not in PERSONAL_STREAMS:
        return None
    await db.execute(f"SELECT pg_advisory_xact_lock_shared({LOCK})".encode(), [connection_id])
    any_suppressed = "SELECT EXISTS (SELECT FROM suppression WHERE connection_id = %s)"
    if not await afetch_value(db, any_suppressed, [connection_id]):
        return None
    hashes_of = {id(subject): _hashes(subject, stream, hashed) for subject in asked}
    known = await _known(db, connection_id, {key for keys in hashes_of.values() for key in keys})
    if not known:
        return None
    readmitted = _readmitted(asked, hashes_of, known)
    if readmitted:
        await _lift(db, connection_id, readmitted)
        known = {key: entry for key, entry in known.items() if entry.person not in readmitted}
    for new, talent in _new(hashes_of.values(), known):
        names = {"connection": connection_id, "new": new, "talent": talent}
        await db.execute(_KEEP_OUT, names)
    return lambda subject: any(key in known for key in _hashes(subject, stream, hashed))


_KEEP_OUT = """
    INSERT INTO suppression (connection_id, hash, at, person, lifts_on)
    SELECT connection_id, %(new)s, at, person, lifts_on FROM suppression
    WHERE connection_id = %(connection)s AND hash = %(talent)s
    ON CONFLICT DO NOTHING"""


def _new(
    hashes: Iterable[list[bytes]], known: dict[bytes, SuppressedRecord]
) -> list[tuple[bytes, bytes]]:
    """The hashes of new applications of erased talents, each with the talent's, to suppress them by their own ids."""
    return [
        (pair[0], pair[1])
        for pair in hashes
        if len(pair) == 2 and pair[0] not in known and pair[1] in known
    ]


def _hashes(subject: Any, stream: Stream, hashed: SuppressionHasher) -> list[bytes]:
    """The hashes of a record, its talent, or an id alone."""
    remote_id = subject if isinstance(subject, str | None) else subject.remote_id
    talent = getattr(subject, "talent_remote_id", None)
    own_hashes = [hashed(stream, remote_id)] if remote_id is not None else []
    return [*own_hashes, hashed(Stream.TALENTS, talent)] if talent is not None else own_hashes


async def _known(
    db: Connection, connection_id: UUID, asked: set[bytes]
) -> dict[bytes, SuppressedRecord]:
    rows = await afetch_rows(
        db,
        "SELECT hash, at, person, lifts_on FROM suppression "
        "WHERE connection_id = %s AND hash = ANY(%s)",
        [connection_id, list(asked)],
    )
    return {
        bytes(row[0]): SuppressedRecord(
            row[1],
            bytes(row[2]) if row[2] is not None else None,
            Lift(row[3]) if row[3] else None,
        )
        for row in rows
    }


def _readmitted(
    asked: Sequence[Any], hashes_of: dict[int, list[bytes]], known: dict[bytes, SuppressedRecord]
) -> dict[bytes, str | None]:
    """The people who may be stored again, by keyed hash, with the talent's id if an application named it."""
    people: dict[bytes, str | None] = {}
    for subject in asked:
        if not isinstance(subject, Record):
            continue
        for key in hashes_of[id(subject)]:
            entry = known.get(key)
            if entry and entry.person and entry.lift and lifts(subject, entry.lift, entry.at):
                people[entry.person] = (
                    subject.talent_remote_id
                    if isinstance(subject, Application)
                    else people.get(entry.person)
                )
    return people


_QUEUE_REFETCHES = """
    INSERT INTO webhook_hint AS h (connection_id, stream, remote_id)
    SELECT connection_id, 'talents', unnest(%(ids)s::text[]) FROM webhook_address
    WHERE connection_id = %(connection)s
    ON CONFLICT (connection_id, stream, remote_id) DO UPDATE
    SET version = h.version + 1, due_at = now(), attempts = 0, destroyed = false"""
"""The ATS may not list a person again because they applied, so they are refetched. Without webhooks, the next sweep
finds them."""


async def _lift(db: Connection, connection_id: UUID, people: dict[bytes, str | None]) -> None:
    await db.execute(
        "DELETE FROM suppression WHERE connection_id = %s AND person = ANY(%s) "
        "AND lifts_on IS NOT NULL",
        [connection_id, list(people)],
    )
    if ids := [talent_id for talent_id in people.values() if talent_id]:
        await db.execute(_QUEUE_REFETCHES, {"connection": connection_id, "ids": ids})
