"""Statements about a whole stream of a connection: id sweeps, deletions, waiting links."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from jemmo.domain.entities import ENTITIES
from jemmo.domain.fields import forgotten
from jemmo.domain.history import LIMITED
from jemmo.domain.stored_values import object_of
from jemmo.domain.streams import Sighting, Stream, Sweep
from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_row, afetch_rows
from jemmo.store.sync import statements as sql
from jemmo.store.sync.tables import TABLES

WHOLE_TABLES = "SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on"
"""For queries over whole tables, where the data path's own settings (see ``record_writer.SETTINGS``) are wrong."""

MAX_RETRIED = 100  # rejections per stream; more are not a coincidence, so none is retried


async def kept(db: Connection, names: dict[str, Any], stream: Stream) -> Sweep | None:
    """Return the stream's sweep from an earlier slice of this run. Another run's sweep doesn't count."""
    row = await afetch_row(
        db,
        "SELECT state, missing FROM sweep WHERE connection_id = %(connection)s "
        "AND stream = %(stream)s AND run_id = %(run)s",
        {**names, "stream": stream},
    )
    if row is None:
        return None
    try:
        return msgspec.convert({**object_of(row[0]), "missing": row[1]}, Sweep)
    except msgspec.ValidationError:
        return None  # written by another version: start over


async def keep(
    db: Connection, names: dict[str, Any], stream: Stream, sweep: Sweep, *, anew: bool
) -> None:
    """Store the sweep's progress.

    The list of records that a first sweep missed may be long, so it is written only with a new sweep.
    """
    state = msgspec.json.encode(replace(sweep, missing=[])).decode()
    values = {**names, "stream": stream, "state": state, "missing": sweep.missing}
    if anew:
        await db.execute(
            """INSERT INTO sweep (connection_id, stream, run_id, state, missing)
               VALUES (%(connection)s, %(stream)s, %(run)s, %(state)s::jsonb, %(missing)s::text[])
               ON CONFLICT (connection_id, stream) DO UPDATE SET run_id = excluded.run_id,
                   state = excluded.state, missing = excluded.missing""",
            values,
        )
        return
    await db.execute(
        "UPDATE sweep SET state = %(state)s::jsonb WHERE connection_id = %(connection)s "
        "AND stream = %(stream)s AND run_id = %(run)s",
        values,
    )


async def begin(db: Connection, connection_id: UUID, stream: Stream) -> None:
    await db.execute(
        "DELETE FROM sighting WHERE connection_id = %s AND stream = %s", [connection_id, stream]
    )


async def add(
    db: Connection, connection_id: UUID, stream: Stream, sightings: Sequence[Sighting]
) -> None:
    # A record with NUL in its id is rejected on every read.
    valid = [sighting for sighting in sightings if "\x00" not in sighting.remote_id]
    await db.execute(  # policies don't allow COPY
        """INSERT INTO sighting (connection_id, stream, remote_id, remote_updated_at)
           SELECT %s, %s, * FROM unnest(%s::text[], %s::timestamptz[])""",
        [
            *(connection_id, stream),
            [sighting.remote_id for sighting in valid],
            [sighting.remote_updated_at for sighting in valid],
        ],
    )


async def missing(
    db: Connection, connection_id: UUID, stream: Stream, before: datetime
) -> list[str]:
    """Return stored ids that the sweep did not find. Records that arrived after its start are ignored."""
    return await _ids(
        db,
        f"""SELECT t.remote_id FROM {TABLES[stream].name} t
            LEFT JOIN sighting s ON s.connection_id = t.connection_id AND s.stream = %s
                AND s.remote_id = t.remote_id
            WHERE t.connection_id = %s AND t.remote_deleted_at IS NULL AND s.id IS NULL
                AND t.created_at < %s
            ORDER BY t.remote_id""",
        [stream, connection_id, before],
    )


async def unread(
    db: Connection, connection_id: UUID, stream: Stream, limit: datetime | None = None
) -> list[str]:
    """Return ids found by the sweep whose records are missing, deleted or outdated here.

    Records older than ``limit``, the start of the history, are included only if a stored record waits for them.
    Rejected records are retried while they are few, since the ATS may have fixed them without a new date.
    """
    return await _ids(
        db,
        f"""SELECT DISTINCT s.remote_id FROM sighting s
            LEFT JOIN {TABLES[stream].name} t ON t.connection_id = s.connection_id
                AND t.remote_id = s.remote_id
            WHERE s.connection_id = %s AND s.stream = %s
                AND (t.id IS NULL AND NOT (coalesce(s.remote_updated_at < %s, false)
                        AND NOT EXISTS (SELECT FROM pending_link p WHERE p.connection_id = s.connection_id
                            AND p.target = s.stream AND p.target_remote_id = s.remote_id))
                    OR t.remote_deleted_at IS NOT NULL
                    OR t.id IS NOT NULL AND s.remote_updated_at IS DISTINCT FROM t.remote_updated_at
                        AND s.remote_updated_at IS NOT NULL)
                AND (NOT EXISTS (SELECT FROM rejection r WHERE r.connection_id = s.connection_id
                        AND r.stream = s.stream AND r.remote_id = s.remote_id)
                    OR %s >= (SELECT count(*) FROM rejection r
                        WHERE r.connection_id = s.connection_id AND r.stream = s.stream))
            ORDER BY s.remote_id""",
        [connection_id, stream, limit if stream in LIMITED else None, MAX_RETRIED],
    )


async def forget_rejected(
    db: Connection, connection_id: UUID, stream: Stream, before: datetime
) -> None:
    """Delete rejections of records that a complete sweep, started at ``before``, no longer found."""
    await db.execute(
        """DELETE FROM rejection r WHERE r.connection_id = %s AND r.stream = %s AND r.at < %s
               AND r.remote_id IS NOT NULL AND NOT EXISTS (SELECT FROM sighting s
                   WHERE s.connection_id = r.connection_id AND s.stream = r.stream
                   AND s.remote_id = r.remote_id)""",
        [connection_id, stream, before],
    )


async def write_tombstones(
    db: Connection, names: dict[str, Any], stream: Stream, remote_ids: Sequence[str]
) -> int:
    """Mark records as deleted, and update the visibility of records that depend on a deleted talent or application.

    Records that need a right of their own lose their text at once.
    """
    entity = ENTITIES[stream]
    texts = ("sealed_texts", *forgotten(entity.record)) if entity.right else ()
    blanks = "".join(f", {name} = NULL" for name in texts)
    touches = "talent_id" if stream is Stream.APPLICATIONS else "NULL::uuid"
    count, talents = await afetch_row(
        db,
        f"""WITH gone AS (
                UPDATE {TABLES[stream].name} SET remote_deleted_at = now(), modified_at = now(){blanks}
                WHERE connection_id = %(connection)s AND remote_id = ANY(%(ids)s)
                    AND remote_deleted_at IS NULL RETURNING {touches} AS talent)
            SELECT count(*), array_agg(DISTINCT talent) FILTER (WHERE talent IS NOT NULL)
            FROM gone""",
        {**names, "ids": list(remote_ids)},
    )
    if talents:
        await db.execute(sql.SHOW_BY_APPLICATIONS.encode(), {**names, "talents": talents})
    return int(count)


async def orphans(
    db: Connection, connection_id: UUID, stream: Stream, since: datetime
) -> list[str]:
    """Return ids found by the sweep whose parent was deleted after ``since``, latest deletion first."""
    table = TABLES[stream]
    if not table.links:
        return []
    parents = [f"p{place}" for place in range(len(table.links))]
    joins = " ".join(
        f"LEFT JOIN {TABLES[link.target].name} {name} ON {name}.id = t.{link.column} "
        f"AND {name}.remote_deleted_at > %(since)s"
        for name, link in zip(parents, table.links, strict=True)
    )
    deleted_at = f"greatest({', '.join(f'{name}.remote_deleted_at' for name in parents)})"
    return await _ids(
        db,
        f"""SELECT t.remote_id FROM {table.name} t {joins}
            WHERE t.connection_id = %(connection)s AND t.remote_deleted_at IS NULL
                AND {deleted_at} IS NOT NULL AND EXISTS (SELECT FROM sighting s
                    WHERE s.connection_id = t.connection_id AND s.stream = %(stream)s
                    AND s.remote_id = t.remote_id)
            ORDER BY {deleted_at} DESC, t.remote_id""",
        {"connection": connection_id, "stream": stream, "since": since},
    )


async def decide_visibility(db: Connection, names: dict[str, Any]) -> None:
    """Decide every talent's visibility again, since rules, the history limit or applications may have changed."""
    async with db.transaction():
        await db.execute(WHOLE_TABLES)
        await db.execute(sql.SHOW_ALL_BY_APPLICATIONS.encode(), names)


async def hidden_since(db: Connection, names: dict[str, Any], stream: Stream) -> int:
    """Count the records created by this run that end up excluded."""
    if TABLES[stream].hides:
        query = (
            f"SELECT count(*) FROM {TABLES[stream].name} WHERE connection_id = %(connection)s "
            "AND created_at >= %(began)s AND excluded_reason IS NOT NULL"
        )
    elif stream is Stream.APPLICATIONS:
        query = (
            "SELECT count(*) FROM application a JOIN talent t ON t.id = a.talent_id "
            "WHERE a.connection_id = %(connection)s AND a.created_at >= %(began)s "
            "AND t.excluded_reason IS NOT NULL"
        )
    else:
        return 0
    return await _count(db, query, names)


async def waiting_links(
    db: Connection, connection_id: UUID, *, without_rejected: bool = False
) -> dict[tuple[str, str], int]:
    """Count the waiting links by stream and target, with or without those whose target was rejected."""
    rejected = (
        "AND NOT EXISTS (SELECT FROM rejection j WHERE j.connection_id = p.connection_id "
        "AND j.stream = p.target AND j.remote_id = p.target_remote_id)"
    )
    rows = await afetch_rows(
        db,
        "SELECT stream, target, count(*) FROM pending_link p WHERE connection_id = %s "
        f"{rejected if without_rejected else ''} GROUP BY 1, 2",
        [connection_id],
    )
    return {(row[0], row[1]): row[2] for row in rows}


async def forget_stale_links(
    db: Connection, connection_id: UUID, waiting: Collection[tuple[str, str]]
) -> None:
    """Delete waiting links whose record is gone, linked, or now points elsewhere."""
    for table in TABLES.values():
        for link in table.links:
            if (table.stream, link.target) in waiting:
                await db.execute(
                    f"""DELETE FROM pending_link p WHERE p.connection_id = %s AND p.stream = %s
                            AND p.target = %s AND NOT EXISTS (
                                SELECT FROM {table.name} r WHERE r.connection_id = p.connection_id
                                AND r.remote_id = p.remote_id AND r.remote_deleted_at IS NULL
                                AND r.{link.column} IS NULL
                                AND r.{link.via} = p.target_remote_id)""".encode(),
                    [connection_id, table.stream, link.target],
                )


async def _ids(db: Connection, query: str, values: Any) -> list[str]:
    return [row[0] for row in await all_rows(db, query, values)]


async def _count(db: Connection, query: str, values: Any) -> int:
    return int((await all_rows(db, query, values))[0][0])


async def all_rows(db: Connection, query: str, values: Any) -> list[Any]:
    """Return the rows of a query that reads whole tables."""
    async with db.transaction():
        await db.execute(WHOLE_TABLES)
        return await afetch_rows(db, query, values)
