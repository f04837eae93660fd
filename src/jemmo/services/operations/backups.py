"""Makes a backup: the tables as of one moment, the files they name, and the facts that a restore needs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from msgspec import Struct

from jemmo.domain.errors import ConfigError
from jemmo.files.storage import Missing, Storage
from jemmo.services.operations import archive
from jemmo.services.operations.archive import Archive, Files, Manifest, Table
from jemmo.store.operations import copying, snapshots
from jemmo.vault import Vault, rotation

Tell = Callable[[str, int, int], None]
"""Called with the progress: (what, done, total)."""

COUNTED = ("organisation", "account", "connection", "job", "talent", "application", "file_version")
KEYSET = "keyset.json"


class Made(Struct, frozen=True, kw_only=True):
    """The facts about a finished backup."""

    path: str
    bytes: int
    sha256: str
    manifest: Manifest


def quiet(_what: str, _done: int, _total: int) -> None:
    """Ignore progress."""


def place_for(target: Path, now: datetime) -> Path:
    """Return the file to write: ``target``, or a file named after the time if ``target`` is a folder."""
    return target / f"jemmo-{now:%Y%m%d-%H%M%S}.tar" if target.is_dir() else target


def make(
    target: Path,
    *,
    database_url: str,
    storage: Storage,
    vault: Vault,
    keyset: Path,
    with_files: bool,
    with_keyset: bool = False,
    tell: Tell = quiet,
    now: datetime | None = None,
) -> Made:
    """Write a backup while everything keeps running. Writes nothing to the database. Raises ``ConfigError``.

    With ``with_files``, it includes the encrypted files, otherwise only their list. The keyset is included only if it
    is itself encrypted: with a plain keyset, the backup alone would reveal everything.
    """
    now = now or datetime.now(UTC)
    path = place_for(target, now)
    keys = rotation.inspect(keyset)
    if with_keyset and not keys.encrypted:
        raise ConfigError("keyset_plain", path=keyset)
    with archive.writing(path) as out, snapshots.snapshot(database_url) as cursor:
        tables = _tables(cursor, out, tell)
        files = _files(cursor, out, storage, included=with_files, tell=tell)
        if with_keyset:
            out.add(KEYSET, keyset.read_bytes())
        manifest = Manifest(
            jemmo=version("jemmo"),
            made_at=now.isoformat(),
            postgres=cursor.connection.info.server_version,
            migrations=snapshots.migrations(cursor),
            tables=tables,
            sequences=[
                (sequence.name, sequence.value, sequence.used)
                for sequence in copying.sequences(cursor)
            ],
            left_out=sorted(copying.LEFT_OUT),
            files=files,
            keys=[f"{key_id:08x}" for key_id in keys.ids],
            keyset_included=with_keyset,
            counts={name: tables[name].rows for name in COUNTED if name in tables},
            parts=dict(out.parts),
        )
        text = msgspec.json.encode(manifest)
        out.add(archive.MANIFEST, text)
        out.add(archive.PROOF, vault.seal(hashlib.sha256(text).digest(), archive.CONTEXT))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Made(path=str(path), bytes=path.stat().st_size, sha256=digest, manifest=manifest)


def _tables(cursor: psycopg.Cursor[Any], out: Archive, tell: Tell) -> dict[str, Table]:
    """Add the rows of every table to the backup."""
    names = [table for table in copying.tables(cursor) if table not in copying.LEFT_OUT]
    tables = {}
    for place, name in enumerate(names):
        tell(name, place, len(names))
        columns = copying.columns(cursor, name)
        rows, parts = out.add_lines(f"tables/{name}", copying.rows_of(cursor, name, columns))
        tables[name] = Table(columns=columns, rows=rows, parts=parts)
    return tables


def _files(
    cursor: psycopg.Cursor[Any], out: Archive, storage: Storage, *, included: bool, tell: Tell
) -> Files:
    """Add the files that the tables name at this moment. A file deleted meanwhile is counted, but is not an error."""
    rows = snapshots.stored_files(cursor)
    if not included:
        out.add_lines("listed", _listed(rows))
        size = sum(int(row[3]) for row in rows)
        return Files(place=storage.place, included=False, count=len(rows), bytes=size)
    count = size = 0
    for place, (org, number, _, _) in enumerate(rows):
        tell("files", place, len(rows))
        content = _content(storage, f"{org}/{number}")
        if content is not None:
            out.add(f"files/{org}/{number}", content)
            count, size = count + 1, size + len(content)
    return Files(
        place=storage.place, included=True, count=count, bytes=size, missing=len(rows) - count
    )


def _listed(rows: list[Any]) -> Iterator[bytes]:
    """Return a line of JSON for each file: its name, the SHA-256 of its decrypted content, its size."""
    for org, number, sha256, size in rows:
        yield (
            msgspec.json.encode({"name": f"{org}/{number}", "sha256": sha256, "size": size}) + b"\n"
        )


def _content(storage: Storage, name: str) -> bytes | None:
    try:
        return storage.get(name)
    except Missing:
        return None
