"""The rows of files: what to download, what is stored, and the outcome.

The queue is the table itself: ``PENDING`` attachments whose next attempt is due. So a restart loses nothing, and
deleting a talent doesn't require cleaning up a queue.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from jemmo.store.db.postgres import Connection
from jemmo.store.db.query import afetch_row, afetch_rows, afetch_value, execute
from jemmo.store.db.visible import shown_sql

PENDING = f"""
    FROM attachment f JOIN talent t ON t.id = f.talent_id
    WHERE t.connection_id = %(connection)s AND f.fetch_status = 'PENDING'
        AND f.remote_deleted_at IS NULL AND {shown_sql("t")}"""
"""Only files of visible people are downloaded."""

WANTED = f"{PENDING} AND (f.next_try_at IS NULL OR f.next_try_at <= now())"

# Have the connection's files checked, after a change that may have added some to download.
_WAKE = "UPDATE connection SET files_due_at = clock_timestamp() WHERE id = %s"


class DueFile(Struct, frozen=True, kw_only=True):
    """A file to download."""

    id: int
    org_id: UUID
    talent_id: UUID
    talent_remote_id: str
    remote_id: str
    remote_version: str | None
    tries: int


async def due(db: Connection, connection_id: UUID, *, limit: int) -> list[DueFile]:
    """Return the files to download next: resumes before other files, newest first."""
    rows = await afetch_rows(
        db,
        "SELECT f.id, t.org_id, t.id, t.remote_id, f.remote_id, f.remote_version, f.tries"
        f"{WANTED} ORDER BY f.kind = 'RESUME' DESC, "
        "coalesce(f.remote_updated_at, t.remote_updated_at) DESC NULLS LAST, f.id DESC "
        "LIMIT %(limit)s",
        {"connection": connection_id, "limit": limit},
    )
    names = DueFile.__struct_fields__
    return [DueFile(**dict(zip(names, row, strict=True))) for row in rows]


async def due_since(db: Connection, connection_id: UUID) -> datetime | None:
    query = "SELECT files_due_at FROM connection WHERE id = %s"
    since: datetime | None = await afetch_value(db, query, [connection_id])
    return since


async def rest(db: Connection, connection_id: UUID, since: datetime | None) -> None:
    """Check the connection's files again when the next retry is due, since nothing is left to download now.

    If anything changed after ``since`` was read, the connection stays due.
    """
    await db.execute(
        f"UPDATE connection SET files_due_at = (SELECT min(coalesce(f.next_try_at, now())) {PENDING}) "
        "WHERE id = %(connection)s AND files_due_at IS NOT DISTINCT FROM %(since)s".encode(),
        {"connection": connection_id, "since": since},
    )


async def is_waiting(db: Connection, connection_id: UUID) -> bool:
    """Whether any file is still to be downloaded, now or later."""
    query = f"SELECT EXISTS (SELECT 1{PENDING})"
    return bool(await afetch_value(db, query, {"connection": connection_id}))


async def wake(db: Connection, connection_id: UUID) -> None:
    await db.execute(_WAKE, [connection_id])


def wake_now(connection_id: UUID) -> None:
    """Like ``wake``, on Django's connection."""
    execute(_WAKE, [connection_id])


class Version(Struct, frozen=True):
    id: UUID
    is_stored: bool


async def begin(
    db: Connection, attachment: DueFile, *, sha256: str, size: int, content_type: str
) -> Version:
    """Write the row of a file's content before its bytes are stored. Content that is already stored keeps its row."""
    row = await afetch_row(
        db,
        """INSERT INTO file_version AS v (id, org_id, attachment_id, sha256, size, content_type)
           VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (attachment_id, sha256) DO UPDATE SET written_at =
               CASE WHEN v.state = 'writing' THEN now() ELSE v.written_at END
           RETURNING id, state = 'stored'""",
        [uuid4(), attachment.org_id, attachment.id, sha256, size, content_type],
    )
    return Version(*row)


async def finish(db: Connection, attachment: DueFile, version_id: UUID, key_id: int | None) -> bool:
    """Show the stored bytes. ``False`` if the row was deleted meanwhile, so that the content has no owner.

    If the ATS reported another version meanwhile, the file stays in the queue.
    """
    async with db.transaction():
        row = await afetch_row(
            db,
            "UPDATE file_version SET state = 'stored', key_id = coalesce(%s, key_id) WHERE id = %s "
            "RETURNING sha256, size, content_type",
            [key_id, version_id],
        )
        if row is None:
            return False
        await db.execute(
            """UPDATE attachment SET current_version = %s, sha256 = %s, size = %s, content_type = %s,
                   fetched_at = now(), tries = 0, next_try_at = NULL, reason = NULL,
                   fetch_status = CASE WHEN remote_version IS NOT DISTINCT FROM %s
                       THEN 'STORED' ELSE 'PENDING' END
               WHERE id = %s""",
            [version_id, *row, attachment.remote_version, attachment.id],
        )
    return True


async def conclude(db: Connection, attachment: DueFile, status: str, reason: str) -> None:
    """Record why the file is not stored. An earlier stored version stays, with its own download time.

    With ``GONE``, the cleanup removes that version.
    """
    await db.execute(
        """UPDATE attachment SET fetch_status = %s, reason = %s, next_try_at = NULL,
               fetched_at = CASE WHEN current_version IS NULL THEN now() ELSE fetched_at END
           WHERE id = %s AND remote_version IS NOT DISTINCT FROM %s""",
        [status, reason, attachment.id, attachment.remote_version],
    )


async def retry(db: Connection, attachment: DueFile, reason: str, seconds: float) -> None:
    await db.execute(
        "UPDATE attachment SET tries = least(tries + 1, 1000), reason = %s, "
        "next_try_at = now() + make_interval(secs => %s) WHERE id = %s",
        [reason, seconds, attachment.id],
    )


async def abandon(db: Connection, version_id: UUID) -> None:
    """Delete the row of content that could not be stored."""
    await db.execute("DELETE FROM file_version WHERE id = %s AND state = 'writing'", [version_id])


async def note_failure(db: Connection, connection_id: UUID, error: dict[str, str]) -> int:
    """Store the error that stops a connection's files. Return the number of failures in a row."""
    failures = await afetch_value(
        db,
        "UPDATE connection SET files_error = %s::jsonb, files_failures = least(files_failures + 1, 1000) "
        "WHERE id = %s RETURNING files_failures",
        [msgspec.json.encode(error).decode(), connection_id],
    )
    return failures or 1


async def note_recovery(db: Connection, connection_id: UUID) -> None:
    await db.execute(
        "UPDATE connection SET files_error = NULL, files_failures = 0 "
        "WHERE id = %s AND files_error IS NOT NULL",
        [connection_id],
    )


async def postpone(db: Connection, connection_id: UUID, until: datetime, reason: str) -> None:
    """Postpone all of this connection's downloads until ``until``."""
    await db.execute(
        f"UPDATE attachment SET next_try_at = %(until)s, reason = %(reason)s "
        f"WHERE id IN (SELECT f.id {WANTED})".encode(),
        {"connection": connection_id, "until": until, "reason": reason},
    )


async def keep_text(
    db: Connection, attachment: DueFile, version_id: UUID, sealed: bytes, words: list[int]
) -> None:
    """Make a version's text searchable, if it is still the one shown."""
    async with db.transaction():
        await db.execute(
            """INSERT INTO file_text AS x (attachment_id, org_id, talent_id, version, sealed, words)
               SELECT f.id, %s, f.talent_id, %s, %s, %s FROM attachment f
               WHERE f.id = %s AND f.current_version = %s
               ON CONFLICT (attachment_id) DO UPDATE SET version = excluded.version,
                   sealed = excluded.sealed, words = excluded.words""",
            [attachment.org_id, version_id, sealed, words, attachment.id, version_id],
        )
        await note_text(db, version_id, "DONE")


async def no_text(db: Connection, attachment: DueFile, version_id: UUID, cause: str) -> None:
    """Record that this version has no text, so that an earlier version's text is no longer found."""
    async with db.transaction():
        await db.execute(
            "DELETE FROM file_text WHERE attachment_id = %s AND version <> %s",
            [attachment.id, version_id],
        )
        await note_text(db, version_id, cause.upper())


async def note_text(db: Connection, version_id: UUID, status: str) -> None:
    await db.execute("UPDATE file_version SET text_status = %s WHERE id = %s", [status, version_id])


async def text_status(db: Connection, version_id: UUID) -> str | None:
    query = "SELECT text_status FROM file_version WHERE id = %s"
    status: str | None = await afetch_value(db, query, [version_id])
    return status
