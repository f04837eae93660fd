"""Downloads files from the ATS, one at a time, until the time is up or a sync needs the quota.

A crash at any point leaves no file without a row and no row that claims a missing file:

1. write the row of the content (``writing``)
2. put its encrypted bytes into the storage
3. in one transaction, mark the row ``stored`` and point the attachment at it

After a crash at 1 or 2, the attachment is still pending and is fetched again. ``cleanup`` resumes or removes the rest.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, field

from jemmo.domain.errors import (
    ConfigError,
    JemmoError,
    Postponed,
    RecordRejected,
    SliceOver,
    TransientError,
    Unexpected,
)
from jemmo.domain.ports import FileSource, FoundFile, WantedFile
from jemmo.domain.search_words import search_words
from jemmo.files.limits import max_bytes
from jemmo.files.storage import Storage, StorageError, TooLarge, is_down
from jemmo.files.text import Examined, examine, ready
from jemmo.files.verdict import Refused, Unfinished
from jemmo.services.base.ats_sessions import ats_files
from jemmo.services.base.contexts import file_context, text_context
from jemmo.services.base.lookups import lookup_key_by
from jemmo.services.base.scopes import connected, run_for_all_orgs
from jemmo.services.files import storage as place
from jemmo.store.connections import key_refusals
from jemmo.store.db import leases
from jemmo.store.db.postgres import Connection, explained
from jemmo.store.files import fetch_queue as store
from jemmo.store.sync.quota import SENT_AT_ONCE
from jemmo.store.sync.request_counts import counted
from jemmo.vault import Vault, key_id
from jemmo.vault.lookups import word_hashes

AT_ONCE = 20  # files taken from the queue at a time
DAY = 24 * 3600.0
FILES_PART = 0.5
"""The share of the quota: files leave the rest to syncs with the same key, and to refetches."""
TOO_LARGE = {"too_large", TooLarge.default_code}
INSPECTIONS = 3  # interrupted inspections per file; then the file is refused
NO_FILES = {"files_off", "resumes_off"}
"""The ATS provides no files, which is not a failure."""
PER_FILE = {"file_host"}
"""Errors about one file that a person must handle; others concern the whole connection."""


class DownloadSummary(Struct, kw_only=True):
    """The outcome of one turn.

    ``outcomes`` counts stored, unchanged, gone, refused and other files. ``more``: some files are still waiting.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    more: bool = False
    error: dict[str, Any] | None = None


class DownloadContext(Struct, frozen=True, kw_only=True):
    """Everything needed to handle one file."""

    db: Connection
    source: FileSource
    storage: Storage
    vault: Vault
    key: bytes
    limit: int


async def download_files(
    connection_id: UUID,
    *,
    database_url: str,
    vault: Vault,
    storage: Storage,
    seconds: float = 50.0,
    enough: Callable[[], bool] = lambda: False,
) -> DownloadSummary:
    """Download due files for about ``seconds``, or until ``enough``. A sync of the connection ends the turn early.

    Failures are stored with each file or in ``error``. Raises ``TransientError`` if the database is unreachable.
    """
    summary = DownloadSummary()
    clock = asyncio.get_running_loop().time
    ends = clock() + seconds
    async with connected(connection_id, database_url) as (db, row):
        if row.state != "active":
            return summary
        with explained():
            since = await store.due_since(db, connection_id)
            waiting = await store.due(db, connection_id, limit=1)
        if waiting:
            try:
                with explained():
                    key = await lookup_key_by(db, vault)
                if not place.is_ready(storage):
                    await run_for_all_orgs(place.ready, storage)
                await asyncio.to_thread(ready)  # otherwise a broken reader would refuse every file
                async with (
                    ats_files(
                        row, vault, database_url, part=FILES_PART, at_once=SENT_AT_ONCE
                    ) as source,
                    counted(db, connection_id, source),
                ):
                    bench = DownloadContext(
                        db=db,
                        source=source,
                        storage=storage,
                        vault=vault,
                        key=key,
                        limit=max_bytes(),
                    )
                    summary.more = await _drain_queue(
                        bench, connection_id, summary, lambda: clock() >= ends or enough()
                    )
            except JemmoError as error:
                summary.error = error.as_record()
                with explained():
                    await _stop(db, connection_id, error)
        with explained():
            if summary.error is None and (
                summary.outcomes or not await store.is_waiting(db, connection_id)
            ):
                await store.note_recovery(db, connection_id)
            if not summary.more:
                await store.rest(db, connection_id, since)
    return summary


async def _stop(db: Connection, connection_id: UUID, error: JemmoError) -> None:
    """Pause the connection's files for a while, and store the reason for the status page.

    A refused key concerns the whole connection, so a sync becomes due, which checks the key.
    """
    failures = 1
    await key_refusals.store_refusal_on(db, connection_id, error)
    if _is_failure(error):
        failures = await store.note_failure(db, connection_id, error.as_record())
    await store.postpone(db, connection_id, _next_chance(error, failures), error.code)


async def _drain_queue(
    bench: DownloadContext,
    connection_id: UUID,
    summary: DownloadSummary,
    is_over: Callable[[], bool],
) -> bool:
    """Download files until the queue is empty or the turn is over. ``True`` if more files are waiting."""
    while True:
        with explained():
            waiting = await store.due(bench.db, connection_id, limit=AT_ONCE)
        if not waiting:
            return False
        for file in waiting:
            with explained():
                if await leases.is_held(bench.db, connection_id):
                    return False  # the schedule retries it
                if is_over():
                    return True
                summary.outcomes[await _download_file(bench, file)] += 1


async def _download_file(bench: DownloadContext, file: store.DueFile) -> str:
    """Download one file and record the outcome. Raises errors that concern the whole connection or the storage."""
    request = WantedFile(
        talent_remote_id=file.talent_remote_id,
        remote_id=file.remote_id,
        remote_version=file.remote_version,
        max_bytes=bench.limit,
    )
    try:
        download = await _open(bench.source, request)
        if download is None:
            await store.conclude(bench.db, file, "GONE", "gone")
            return "gone"
        return await _store_file(bench, file, download)
    except (RecordRejected, Refused, TooLarge) as error:
        if isinstance(error, Unfinished) and file.tries < INSPECTIONS - 1:
            await store.retry(bench.db, file, error.code, pause(file.tries))
            return "failed"
        status = "TOO_LARGE" if error.code in TOO_LARGE else "REFUSED"
        await store.conclude(bench.db, file, status, error.code)
        return "refused"
    except Postponed:
        raise
    except StorageError as error:
        if await asyncio.to_thread(is_down, bench.storage):
            raise
        await store.retry(bench.db, file, error.code, pause(file.tries))
        return "failed"
    except ConfigError as error:
        if error.code not in PER_FILE:
            raise
        await store.retry(bench.db, file, error.code, DAY)
        return "failed"
    except JemmoError as error:
        await store.retry(bench.db, file, error.code, pause(file.tries))
        return "failed"


async def _open(source: FileSource, request: WantedFile) -> FoundFile | None:
    """Open the file. A bug is recorded with this file, so that it doesn't stop the next ones."""
    try:
        return await source.open_file(request)
    except SliceOver:
        raise TransientError("timeout", variant="file") from None
    except JemmoError:
        raise
    except Exception as error:
        raise Unexpected from error


def pause(tries: int) -> float:
    """Return the seconds until a failed file is tried again, from a minute to a day.

    >>> [pause(tries) for tries in (0, 3, 30)]
    [60.0, 480.0, 86400.0]
    """
    return min(60.0 * float(2 ** min(tries, 20)), DAY)


async def _store_file(bench: DownloadContext, file: store.DueFile, download: FoundFile) -> str:
    examined = await asyncio.to_thread(examine, download.content, max_bytes=bench.limit)
    version = await store.begin(
        bench.db,
        file,
        sha256=hashlib.sha256(download.content).hexdigest(),
        size=len(download.content),
        content_type=examined.content_type,
    )
    name = f"{file.org_id}/{version.id}"
    sealed_with = None
    if not version.is_stored:
        sealed = bench.vault.seal(download.content, file_context(version.id))
        try:
            await asyncio.to_thread(bench.storage.put, name, sealed)
        except TooLarge:
            await store.abandon(bench.db, version.id)
            raise
        sealed_with = key_id(sealed)
    if not await store.finish(bench.db, file, version.id, sealed_with):
        await asyncio.to_thread(bench.storage.delete, name)
        return "gone"
    if await store.text_status(bench.db, version.id) == "PENDING" or version.is_stored:
        await _keep_words(bench, file, version.id, examined)
    return "unchanged" if version.is_stored else "stored"


async def _keep_words(
    bench: DownloadContext, file: store.DueFile, version_id: UUID, examined: Examined
) -> None:
    """Store the file's text for search, if it has any and could be read."""
    text = examined.text
    if not text:
        await store.no_text(bench.db, file, version_id, examined.reason or "empty")
        return
    await store.keep_text(
        bench.db,
        file,
        version_id,
        bench.vault.seal(text.encode(), text_context(file.id)),
        word_hashes(bench.key, file.org_id, search_words(text)),
    )


def _is_failure(error: JemmoError) -> bool:
    """Whether the status page shows this error."""
    return not isinstance(error, Postponed) and error.code not in NO_FILES


def _next_chance(error: JemmoError, failures: int) -> datetime:
    """Return when to retry a connection: when the ATS asks, soon, or once a person may have acted."""
    now = datetime.now(UTC)
    if isinstance(error, Postponed):
        return error.resume_at
    if isinstance(error, ConfigError):
        return now + timedelta(hours=6 if error.code in NO_FILES else 1)
    return now + timedelta(minutes=min(5 * 2 ** min(failures - 1, 8), 60))
