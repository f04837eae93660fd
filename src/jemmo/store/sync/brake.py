"""Decides what may be deleted now, and stores deletions that wait for a person and the decisions about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from jemmo.domain import brake
from jemmo.domain.brake import CascadeCounts, PendingDeletions
from jemmo.domain.entities import ENTITIES, target_of
from jemmo.domain.streams import Stream
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_column, afetch_rows
from jemmo.store.sync import sweeps
from jemmo.store.sync.tables import TABLES

APPROVED = " OR ".join(
    f"""{{row}}.{owner}_remote_id IN (SELECT x.remote_id FROM held_deletion d
        CROSS JOIN jsonb_array_elements_text(d.remote_ids) AS x (remote_id)
        JOIN {owner} o ON o.connection_id = d.connection_id AND o.remote_id = x.remote_id
        WHERE d.connection_id = %(connection)s AND d.stream = '{owner}s' AND d.released_at IS NOT NULL
            AND (d.closed_at IS NULL OR o.remote_deleted_at IS NOT NULL))"""
    for owner in ("talent", "job")
)
"""The condition that a person released the deletion of an application's talent or job, which covers it too.

It no longer covers the applications of a talent that was deleted and then restored.
"""

_STATE = """
    SELECT (SELECT count(*) FROM {table} WHERE connection_id = %(connection)s
            AND remote_deleted_at IS NULL),
        (SELECT count(*) FROM {table} t WHERE t.connection_id = %(connection)s
            AND t.remote_deleted_at > greatest(clock_timestamp() - %(window)s, (
                SELECT h.closed_at FROM held_deletion h WHERE h.connection_id = %(connection)s
                AND h.stream = %(stream)s AND h.released_at IS NOT NULL)){unapproved}),
        h.missing, CASE WHEN h.id IS NULL THEN ''
            WHEN h.closed_at IS NULL AND h.released_at IS NULL THEN 'open'
            WHEN h.closed_at IS NULL THEN 'released' WHEN h.released_at IS NULL THEN 'kept'
            ELSE '' END
    FROM (SELECT) one LEFT JOIN held_deletion h
        ON h.connection_id = %(connection)s AND h.stream = %(stream)s"""


async def pending_deletions(
    db: Connection, connection_id: UUID, stream: Stream, before: datetime
) -> PendingDeletions:
    """The records that the stream's sweep, started at ``before``, would delete."""
    names = await sweeps.missing(db, connection_id, stream, before)
    if names and (waiting := await parts_of_waiting(db, connection_id, stream)):
        names = [name for name in names if name not in waiting]
    return await _state(db, connection_id, stream, names)


OWNERS: dict[Stream, Stream] = {
    stream: target_of(entity.owner_link) for stream, entity in ENTITIES.items() if entity.owner
}
"""The stream of the records that own a stream's records. Stages belong to jobs, for example."""

KEPT = """
    SELECT jsonb_array_elements_text(remote_ids) FROM held_deletion
    WHERE connection_id = %s AND stream = %s AND closed_at IS NOT NULL AND released_at IS NULL"""
"""The ids of a stream's records that a person decided to keep."""


async def parts_of_waiting(db: Connection, connection_id: UUID, stream: Stream) -> frozenset[str]:
    """The parts of records whose deletion is paused, or which a person decided to keep.

    Locks those decisions, like ``waits``.
    """
    if stream not in OWNERS:
        return frozenset()
    waiting = await afetch_column(
        db,
        "SELECT remote_ids FROM held_deletion WHERE connection_id = %s AND stream = %s "
        "AND released_at IS NULL FOR UPDATE",
        [connection_id, OWNERS[stream]],
    )
    owners = [name for names in waiting for name in names]
    return await _parts_of(db, connection_id, stream, owners)


async def kept(db: Connection, connection_id: UUID, stream: Stream) -> frozenset[str]:
    """Records that a person kept although the ATS no longer lists them, and the parts of such records."""
    own = await _kept(db, connection_id, stream)
    if stream not in OWNERS:
        return own
    owners = await _kept(db, connection_id, OWNERS[stream])
    return own | await _parts_of(db, connection_id, stream, sorted(owners))


async def _kept(db: Connection, connection_id: UUID, stream: Stream) -> frozenset[str]:
    return frozenset(await afetch_column(db, KEPT, [connection_id, stream]))


async def _parts_of(
    db: Connection, connection_id: UUID, stream: Stream, owners: Sequence[str]
) -> frozenset[str]:
    if not owners:
        return frozenset()
    entity = ENTITIES[stream]
    parts = await afetch_column(
        db,
        f"SELECT remote_id FROM {entity.table} WHERE connection_id = %s "
        f"AND {entity.owner_link.name} = ANY(%s)",
        [connection_id, list(owners)],
    )
    return frozenset(parts)


async def _state(
    db: Connection, connection_id: UUID, stream: Stream, missing: list[str]
) -> PendingDeletions:
    values = {"connection": connection_id, "stream": stream, "window": brake.WINDOW}
    is_dependent = stream is Stream.APPLICATIONS
    unapproved = f" AND ({APPROVED.format(row='t')}) IS NOT TRUE" if is_dependent else ""
    state = _STATE.format(table=TABLES[stream].name, unapproved=unapproved)
    row = (await sweeps.all_rows(db, state, values))[0]
    present, recent, released, decision = row
    return PendingDeletions(
        stream=stream,
        missing=missing,
        present=present,
        recent=recent,
        decision=decision or "",
        released=released or 0,
        approved=len(await _approved(db, connection_id, missing)) if is_dependent else 0,
    )


async def _approved(
    db: Connection, connection_id: UUID, applications: Sequence[str]
) -> frozenset[str]:
    """Return which of the applications the released deletion of their talent or job covers."""
    if not applications:
        return frozenset()
    rows = await sweeps.all_rows(
        db,
        f"""SELECT a.remote_id FROM application a WHERE a.connection_id = %(connection)s
            AND a.remote_id = ANY(%(ids)s) AND ({APPROVED.format(row="a")})""",
        {"connection": connection_id, "ids": list(applications)},
    )
    return frozenset(row[0] for row in rows)


async def cascade_counts(
    db: Connection, connection_id: UUID, losses: Sequence[PendingDeletions]
) -> CascadeCounts:
    """Count the applications and parts of the missing records."""
    missing = {loss.stream: loss.missing for loss in losses}
    unasked = {loss.stream: loss.missing for loss in losses if not loss.is_released}
    applications = missing.get(Stream.APPLICATIONS, [])
    approved = await _approved(db, connection_id, applications)
    rows = await sweeps.all_rows(
        db,
        """SELECT count(*) FILTER (WHERE missing AND NOT approved OR unasked),
               count(*) FILTER (WHERE of_talent), count(*) FILTER (WHERE missing AND of_job)
           FROM (SELECT remote_id = ANY(%(applications)s) AS missing,
                   remote_id = ANY(%(approved)s) AS approved,
                   talent_remote_id = ANY(%(unasked)s) AS unasked,
                   talent_remote_id = ANY(%(talents)s) AS of_talent,
                   job_remote_id = ANY(%(jobs)s) AS of_job
               FROM application
               WHERE connection_id = %(connection)s AND remote_deleted_at IS NULL) a""",
        {
            "connection": connection_id,
            "applications": applications,
            "approved": list(approved),
            "talents": missing.get(Stream.TALENTS, []),
            "jobs": missing.get(Stream.JOBS, []),
            "unasked": unasked.get(Stream.TALENTS, []),
        },
    )
    gone, under_talents, under_jobs = rows[0]
    parts = {
        stream: await _parts_of(db, connection_id, stream, missing.get(owner, []))
        for stream, owner in OWNERS.items()
    }
    return CascadeCounts(gone=gone, under_talents=under_talents, under_jobs=under_jobs, parts=parts)


async def pause_deletions(
    db: Connection, connection_id: UUID, losses: Sequence[PendingDeletions]
) -> None:
    """Pause these deletions until a person decides, all of them or none."""
    async with db.transaction():
        for loss in losses:
            await db.execute(
                """INSERT INTO held_deletion
                       (connection_id, stream, missing, present, recent, remote_ids)
                   VALUES (%s, %s, %s, %s, %s, to_jsonb(%s::text[]))
                   ON CONFLICT (connection_id, stream) DO UPDATE SET missing = excluded.missing,
                       present = excluded.present, recent = excluded.recent,
                       remote_ids = excluded.remote_ids, held_at = now(),
                       released_at = NULL, closed_at = NULL""",
                [
                    *(connection_id, loss.stream, len(loss.missing), loss.present, loss.recent),
                    loss.missing,
                ],
            )


async def deletable_ids(
    db: Connection, connection_id: UUID, stream: Stream, named: Sequence[str], *, holds: bool
) -> list[str]:
    """Return which of the records that the ATS reports as deleted may be deleted now. Runs in a transaction.

    These are all of them within the brake's limit, or else those that a person released. The others wait for a person
    if this ``holds`` deletions, otherwise for the next reconcile.
    """
    candidates = await _present(db, connection_id, stream, named)
    if stream is not Stream.APPLICATIONS:
        return await _within_brake(db, connection_id, stream, candidates, holds=holds)
    approved = await _approved(db, connection_id, candidates)
    others = [candidate for candidate in candidates if candidate not in approved]
    return [*approved, *await _within_brake(db, connection_id, stream, others, holds=holds)]


async def _within_brake(
    db: Connection, connection_id: UUID, stream: Stream, candidates: Sequence[str], *, holds: bool
) -> list[str]:
    """Return those within the brake's limit, or released. Decisions about other streams are not considered."""
    if not candidates:
        return []
    states = {
        candidate: await _state(db, connection_id, Stream(candidate), [])
        for candidate in brake.related(stream)
    }
    state = states[stream]
    reviewed = await _reviewed(db, connection_id, stream) if state.decision else set()
    if state.decision == "released":
        return [candidate for candidate in candidates if candidate in reviewed]
    is_open = any(candidate.decision in {"open", "released"} for candidate in states.values())
    if not (is_open or state.decision) and await _fits(
        db, connection_id, states, stream, candidates
    ):
        return [*candidates]
    if holds and not reviewed.issuperset(candidates):
        missing = await _present(db, connection_id, stream, sorted(reviewed.union(candidates)))
        await pause_deletions(db, connection_id, [replace(state, missing=missing)])
    return []


async def _present(
    db: Connection, connection_id: UUID, stream: Stream, remote_ids: Sequence[str]
) -> list[str]:
    """Return the ids that are stored and not deleted."""
    return await afetch_column(
        db,
        f"SELECT remote_id FROM {TABLES[stream].name} WHERE connection_id = %s "
        "AND remote_id = ANY(%s) AND remote_deleted_at IS NULL ORDER BY remote_id",
        [connection_id, list(remote_ids)],
    )


async def _reviewed(db: Connection, connection_id: UUID, stream: Stream) -> set[str]:
    """The records of a decision, made or pending."""
    reviewed = await afetch_column(
        db,
        "SELECT jsonb_array_elements_text(remote_ids) FROM held_deletion "
        "WHERE connection_id = %s AND stream = %s",
        [connection_id, stream],
    )
    return set(reviewed)


async def _fits(
    db: Connection,
    connection_id: UUID,
    states: Mapping[str, PendingDeletions],
    stream: Stream,
    remote_ids: Sequence[str],
) -> bool:
    """Whether this many records may be deleted. A talent's applications are deleted too, so they count."""
    needs = {stream: len(remote_ids)}
    if stream is Stream.TALENTS:
        along = await applications_of(db, connection_id, remote_ids)
        needs[Stream.APPLICATIONS] = sum(along.values())
    return all(
        number <= brake.remaining_allowance(states[affected].present, states[affected].recent)
        for affected, number in needs.items()
    )


async def paused(db: Connection, connection_id: UUID, since: datetime) -> list[dict[str, Any]]:
    """The facts of deletions that wait for a person since then, in the shape of ``PendingDeletions.facts``."""
    answer = await db.execute(
        "SELECT stream, missing, present, recent FROM held_deletion WHERE connection_id = %s "
        "AND held_at >= %s AND closed_at IS NULL AND released_at IS NULL ORDER BY id",
        [connection_id, since],
    )
    names = ("stream", "missing", "present", "recent")
    return [dict(zip(names, row, strict=True)) for row in await answer.fetchall()]


async def waits(db: Connection, connection_id: UUID, stream: Stream) -> bool:
    """Whether a decision is pending, or a person kept the records while a sync was using their release.

    Locks the decision, so that a person who withdraws a release waits for this transaction and sees what it deleted.
    """
    return None in await afetch_column(
        db,
        "SELECT released_at FROM held_deletion WHERE connection_id = %s AND stream = %s FOR UPDATE",
        [connection_id, stream],
    )


async def close_used(db: Connection, connection_id: UUID) -> None:
    """Close releases whose records have all been deleted, some of them since the release."""
    streams = await afetch_column(
        db,
        "SELECT stream FROM held_deletion WHERE connection_id = %s AND released_at IS NOT NULL "
        "AND closed_at IS NULL",
        [connection_id],
    )
    for stream in streams:
        await db.execute(
            f"""UPDATE held_deletion h SET closed_at = clock_timestamp()
                WHERE h.connection_id = %s AND h.stream = %s AND h.released_at IS NOT NULL
                    AND h.closed_at IS NULL
                    AND (SELECT bool_and(t.remote_deleted_at IS NOT NULL)
                            AND bool_or(t.remote_deleted_at >= h.released_at)
                        FROM jsonb_array_elements_text(h.remote_ids) AS x (remote_id)
                        JOIN {TABLES[stream].name} t ON t.connection_id = h.connection_id
                            AND t.remote_id = x.remote_id)""".encode(),
            [connection_id, stream],
        )


async def close(db: Connection, connection_id: UUID, stream: Stream) -> None:
    """Close a used release. Deletions before it no longer count for the day."""
    await db.execute(
        "UPDATE held_deletion SET closed_at = clock_timestamp() WHERE connection_id = %s "
        "AND stream = %s AND released_at IS NOT NULL AND closed_at IS NULL",
        [connection_id, stream],
    )


async def forget(db: Connection, connection_id: UUID, stream: Stream) -> None:
    """Delete a decision, since no records are missing anymore."""
    await db.execute(
        "DELETE FROM held_deletion WHERE connection_id = %s AND stream = %s "
        "AND (closed_at IS NULL OR released_at IS NULL)",
        [connection_id, stream],
    )


async def deletion_allowance(db: Connection, connection_id: UUID, stream: Stream) -> int:
    """How many records a webhook may delete; none while related deletions are paused."""
    states = [
        await _state(db, connection_id, Stream(related), []) for related in brake.related(stream)
    ]
    if any(state.decision in {"open", "kept", "released"} for state in states):
        return 0
    state = next(related for related in states if related.stream is stream)
    return brake.remaining_allowance(state.present, state.recent)


async def applications_of(
    db: Connection, connection_id: UUID, talents: Sequence[str]
) -> dict[str, Any]:
    """Count the applications that would be deleted with each of these talents."""
    rows = await afetch_rows(
        db,
        "SELECT talent_remote_id, count(*) FROM application WHERE connection_id = %s "
        "AND talent_remote_id = ANY(%s) AND remote_deleted_at IS NULL GROUP BY 1",
        [connection_id, list(talents)],
    )
    return dict(rows)
