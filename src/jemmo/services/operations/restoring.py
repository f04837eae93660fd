"""Restores a backup. It is fully verified before any change, then applied in one transaction.

People erased after the backup was made are erased again in that transaction, so they are never visible. Organizations
deleted since then are deleted again.
"""

from __future__ import annotations

import hmac
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import tink
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from msgspec import Struct

from jemmo.domain.errors import ConfigError
from jemmo.files.storage import Storage
from jemmo.services.accounts import organization_deletion
from jemmo.services.base.lookups import lookup_key, record_hashes
from jemmo.services.files import storage as place
from jemmo.services.operations import archive, keys
from jemmo.services.operations.archive import Damaged, Manifest
from jemmo.services.operations.backups import KEYSET, Tell, quiet
from jemmo.services.privacy import erasure, erasure_journal
from jemmo.store.db import schema, scope
from jemmo.store.models import (
    Application,
    Connection,
    FileVersion,
    Organisation,
    Suppression,
    Talent,
)
from jemmo.store.operations import copying, snapshots
from jemmo.vault import Vault, VaultError, key_id, open_vault, wrapping
from jemmo.vault.files import create_private

BATCH = 5000
CLOSING_SECONDS = 5.0  # to wait for sessions that are about to close


class Restored(Struct, frozen=True, kw_only=True):
    """The outcome of a restore.

    ``erased_again`` counts people erased after the backup was made, and ``organisations_left`` organizations deleted
    after it, which the next worker deletes again. ``files_absent`` counts files that the tables name but that are
    neither in the backup nor in the storage; they are fetched from the ATS again. ``migrated`` is the number of
    migrations applied because the backup is of an older version.
    """

    made_at: str
    rows: int
    files: int
    files_absent: int
    migrated: int
    erased_again: int
    organisations_left: int
    suppressions: int
    counts: dict[str, int]


def restore(
    path: Path,
    *,
    storage: Storage,
    keyset: Path,
    replace: bool = False,
    suppressions: erasure_journal.Hashes | None = None,
    tell: Tell = quiet,
) -> Restored:
    """Restore a backup into the database that Django is connected to. After ``ConfigError``, nothing has changed.

    ``replace`` deletes existing data. ``suppressions`` are known erasures, in addition to those in the database being
    replaced and in the file storage's journal.
    """
    tell("checking", 0, 1)
    manifest, digest, proof = archive.verified(path)
    _check_version(manifest)
    enclosed = _enclosed_keyset(path, manifest) if not keyset.exists() else None
    vault = _vault(path, keyset, enclosed)
    _prove(path, keyset, vault, digest, proof)
    storage.prepare()
    with connection.cursor() as cursor:
        _check_target(cursor, manifest, replace=replace)
        known = _merged(snapshots.suppressed(cursor), suppressions or {})
        left = snapshots.deleted_organizations(cursor)
    _make_queue()
    with _installed(keyset, enclosed), transaction.atomic():
        with connection.cursor() as cursor:
            copying.every_row(cursor)
            before = _make_tables(cursor, manifest)
            rows = _load(cursor, path, manifest, tell)
            snapshots.check_constraints(cursor)
        _migrate()
        known = _merged(known, erasure_journal.read_journal(storage))
        erased = _erase_again(known, vault, storage, tell)
        gone = organization_deletion.redo_org_deletions(
            left | erasure_journal.left(storage), now=datetime.now(UTC)
        )
        snapshots.cancel_deliveries()
        files = _files(path, manifest, storage, tell)
        keys.check(keyset)
        absent = _absent(storage, manifest)
        with connection.cursor() as cursor:
            copying.analyse(cursor)
    place.accept(storage)
    erasure_journal.catch_up(storage)
    return Restored(
        made_at=manifest.made_at,
        rows=rows,
        files=files,
        files_absent=absent,
        migrated=len(_applied()) - before,
        erased_again=erased,
        organisations_left=gone,
        suppressions=Suppression.objects.count(),
        counts=manifest.counts,
    )


# --- before any change ---


def _check_version(manifest: Manifest) -> None:
    known = set(MigrationExecutor(connection).loader.disk_migrations)
    unknown = [migration for migration in manifest.migrations if tuple(migration) not in known]
    if unknown:
        raise ConfigError("backup_newer", version=manifest.jemmo)


def _enclosed_keyset(path: Path, manifest: Manifest) -> str | None:
    """Return the text of the keyset in a backup, if it contains one."""
    if not manifest.keyset_included:
        return None
    parts = archive.parts_of(path)
    return next(
        (content.read().decode(errors="replace") for name, content in parts if name == KEYSET), None
    )


def _vault(path: Path, keyset: Path, enclosed: str | None) -> Vault:
    """Return the installed keys, or else those in the backup.

    Jemmo never writes a plain keyset into a backup. Whoever altered a backup could have, with keys they know.
    """
    if enclosed is None:
        if not keyset.exists():
            raise VaultError(variant="restore", path=keyset)
        return open_vault(keyset, create=False)
    try:
        if wrapping.is_wrapped(enclosed):
            return Vault(wrapping.parse(enclosed))
    except wrapping.WrongWrapping as error:
        raise VaultError(variant=error.variant) from None
    except (ValueError, tink.TinkError):
        pass
    raise Damaged(file=path.name)


def _prove(path: Path, keyset: Path, vault: Vault, digest: bytes, proof: bytes) -> None:
    """Check that these keys sealed the backup, and that it hasn't been altered since."""
    try:
        proved = vault.open(proof, archive.CONTEXT)
    except VaultError:
        raise VaultError(
            "wrong_keyset", variant="backup", path=keyset, key=f"{key_id(proof):08x}"
        ) from None
    if not hmac.compare_digest(proved, digest):
        raise Damaged(file=path.name)


@contextmanager
def _installed(keyset: Path, enclosed: str | None) -> Iterator[None]:
    """Install the keys that came with the backup, and remove them again if the restore fails.

    They are on disk before the restore is committed, so that a crash never leaves a database without its keys.
    """
    if enclosed is None:
        yield
        return
    create_private(keyset, enclosed)
    try:
        yield
    except BaseException:
        keyset.unlink(missing_ok=True)
        raise


def _check_target(cursor: Any, manifest: Manifest, *, replace: bool) -> None:
    existing = copying.tables(cursor)
    unknown_tables = sorted(
        set(existing) - set(manifest.tables) - copying.LEFT_OUT - _known_tables()
    )
    if unknown_tables:
        raise ConfigError("foreign_tables", variant="restore", table=unknown_tables[0])
    if not replace and snapshots.is_filled(cursor):
        raise ConfigError("not_empty")
    gives_up = time.monotonic() + CLOSING_SECONDS
    while others := copying.other_sessions(cursor):
        if time.monotonic() > gives_up:
            raise ConfigError("in_use", sessions=others)
        time.sleep(0.1)


def _known_tables() -> set[str]:
    names = connection.introspection.django_table_names(only_existing=False, include_views=False)
    return set(names)


# --- in the transaction ---


def _make_tables(cursor: Any, manifest: Manifest) -> int:
    """Create empty tables as they were when the backup was made. Return the number of migrations that made them."""
    migrations = _without_queue(tuple(migration) for migration in manifest.migrations)
    if _applied() != migrations:
        copying.drop(cursor)
        executor = MigrationExecutor(connection)
        # A squashed migration creates the same tables only if the backup had applied all migrations that it replaces.
        steps = executor.loader.disk_migrations
        replacing = {key for key, step in steps.items() if step.replaces}
        executor.loader = MigrationLoader(connection, replace_migrations=replacing <= migrations)
        everything = executor.migration_plan(executor.loader.graph.leaf_nodes())
        plan = [step for step in everything if (step[0].app_label, step[0].name) in migrations]
        executor.migrate(None, plan=plan)
        snapshots.check_constraints(cursor)
    copying.empty(cursor)
    return len(migrations)


def _without_queue(migrations: Iterable[tuple[str, ...]]) -> set[tuple[str, ...]]:
    return {migration for migration in migrations if migration[0] != copying.QUEUE}


def _applied() -> set[tuple[str, ...]]:
    return _without_queue(MigrationExecutor(connection).loader.applied_migrations)


def _load(cursor: Any, path: Path, manifest: Manifest, tell: Tell) -> int:
    total = 0
    with copying.unguarded(cursor):
        parts = (
            (name.split("/")[1], content)
            for name, content in archive.parts_of(path)
            if name.startswith("tables/")
        )
        for place, (table, group) in enumerate(groupby(parts, key=lambda part: part[0])):
            kept = manifest.tables[table]
            tell(table, place, len(manifest.tables))
            rows = copying.put_rows(cursor, table, kept.columns, _joined(group))
            if rows != kept.rows:
                raise Damaged(variant="rows", file=path.name, table=table)
            total += rows
        for name, value, used in manifest.sequences:
            if name.removesuffix("_id_seq") not in copying.LEFT_OUT:
                copying.set_sequence(cursor, copying.Sequence(name, value, used))
    return total


def _joined(group: Iterator[tuple[str, Any]]) -> Iterator[bytes]:
    for _, content in group:
        yield from archive.unpacked(content)


def _make_queue() -> None:
    """Create the queue's tables before the transaction, since its migrations need several. Existing tables stay."""
    with scope.acting_in(None):  # some of the operations can't run in a transaction
        schema.settle(connection)
        executor = MigrationExecutor(connection)
        executor.migrate(
            [node for node in executor.loader.graph.leaf_nodes() if node[0] == copying.QUEUE]
        )


def _migrate() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        call_command("migrate", verbosity=0, interactive=False)


def _erase_again(known: erasure_journal.Hashes, vault: Vault, storage: Storage, tell: Tell) -> int:
    """Erase people who were erased since the backup, and keep them out. Return their number."""
    tell("erasures", 0, 1)
    key = lookup_key(vault)
    count = 0
    for link in Connection.objects.filter(id__in=known):
        hashes = known[link.id]
        Suppression.objects.bulk_create(
            [Suppression(connection=link, hash=digest) for digest in hashes], ignore_conflicts=True
        )
        stands = record_hashes(key, link.org_id, link.id)
        talents = [
            row[0]
            for row in Talent.objects.filter(connection=link).values_list(
                "id", "remote_id", "remote_aliases"
            )
            if any(stands("talents", remote_id) in hashes for remote_id in (row[1], *row[2]))
        ]
        for at in range(0, len(talents), BATCH):
            org = Organisation.objects.get(id=link.org_id)
            erasure.erase(org, talents[at : at + BATCH], vault=vault, storage=storage)
        left = [
            row[0]
            for row in Application.objects.filter(connection=link).values_list(
                "id", "remote_id", "talent_remote_id"
            )
            if stands("applications", row[1]) in hashes
            or (row[2] and stands("talents", row[2]) in hashes)
        ]
        for at in range(0, len(left), BATCH):
            Application.objects.filter(id__in=left[at : at + BATCH]).delete()
        count += len(talents)
    return count


def _files(path: Path, manifest: Manifest, storage: Storage, tell: Tell) -> int:
    """Restore the files that a row still names, which excludes files of erased people."""
    if not manifest.files.included or not manifest.files.count:
        return 0
    named = {version.storage_name for version in FileVersion.objects.filter(state="stored")}
    count = 0
    for name, content in archive.parts_of(path):
        if name.startswith("files/") and (own := name.removeprefix("files/")) in named:
            tell("files", count, manifest.files.count)
            storage.put(own, content.read())
            count += 1
    return count


def _absent(storage: Storage, manifest: Manifest) -> int:
    """Count the files that a row names but that don't exist. The hourly cleanup has them fetched again."""
    named = {version.storage_name for version in FileVersion.objects.filter(state="stored")}
    return len(named - {file.name for file in storage.listing()}) if named else 0


def _merged(base: erasure_journal.Hashes, other: erasure_journal.Hashes) -> erasure_journal.Hashes:
    return {key: base.get(key, set()) | other.get(key, set()) for key in {*base, *other}}


# --- erasures as a file, in case the storage is lost too ---


def suppressions_as_text() -> str:
    """Return the erasures in the tables, as one line of JSON each."""
    return "".join(
        msgspec.json.encode({"connection": link, "hash": hashed.hex()}).decode() + "\n"
        for link, hashes in sorted(erasure_journal.permanent_hashes().items())
        for hashed in sorted(hashes)
    )


class _Line(Struct):
    connection: UUID
    hash: str


def suppressions_of(path: Path) -> erasure_journal.Hashes:
    """Read the erasures of a file that ``suppressions_as_text`` wrote. Raises ``ConfigError``."""
    hashes: erasure_journal.Hashes = {}
    try:
        for line in path.read_bytes().splitlines():
            suppression = msgspec.json.decode(line, type=_Line)
            hashes.setdefault(suppression.connection, set()).add(bytes.fromhex(suppression.hash))
    except (OSError, ValueError):
        raise ConfigError("suppressions", path=path) from None
    return hashes
