"""Queries for backup and restore, other than copying tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg

from jemmo.store.db import schema
from jemmo.store.db.query import execute
from jemmo.store.operations import copying
from jemmo.store.operations.copying import Cursor

# All applied migrations, in order.
_MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY id"

# The files that the storage must hold.
_STORED_FILES = (
    "SELECT org_id, id, sha256, size FROM file_version WHERE state = 'stored' ORDER BY org_id, id"
)

# Permanently erased people, by connection.
_SUPPRESSED = "SELECT connection_id, hash FROM suppression"

# Organizations whose deletion is complete.
_DELETED_ORGANIZATIONS = "SELECT org_id FROM organisation_deletion WHERE finished_at IS NOT NULL"

# Check deferred constraints now, since Postgres can't alter a table while checks are pending.
_CHECK_CONSTRAINTS = "SET CONSTRAINTS ALL IMMEDIATE"

# Cancel unsent notifications, because they were sent after the backup was made or are outdated.
_CANCEL_DELIVERIES = """
    UPDATE notification_delivery SET next_try_at = NULL, error = 'restored'
    WHERE sent_at IS NULL AND next_try_at IS NOT NULL"""


@contextmanager
def snapshot(url: str) -> Iterator[psycopg.Cursor[Any]]:
    """A cursor that sees the whole database as of one moment, however long it reads."""
    db = psycopg.connect(url, application_name="jemmo backup", connect_timeout=10)
    try:
        db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        db.read_only = True
        schema.set_search_path(db)
        cursor = db.cursor()
        copying.every_row(cursor)
        yield cursor
    finally:
        db.close()


def migrations(cursor: Cursor) -> list[tuple[str, str]]:
    cursor.execute(_MIGRATIONS)
    return [(app, name) for app, name in cursor.fetchall()]


def stored_files(cursor: Cursor) -> list[tuple[UUID, UUID, str, int]]:
    """Organization, id, SHA-256 of the content and size of every stored file."""
    cursor.execute(_STORED_FILES)
    return list(cursor.fetchall())


def is_filled(cursor: Cursor) -> bool:
    """Whether the database has an organization or an account, which a restore would overwrite."""
    filled = (
        _rows(cursor, table, f"SELECT 1 FROM {table} LIMIT 1")
        for table in ("organisation", "account")
    )
    return any(filled)


def suppressed(cursor: Cursor) -> dict[UUID, set[bytes]]:
    """The hashes of people erased according to the database, by connection."""
    hashes: dict[UUID, set[bytes]] = {}
    for connection_id, digest in _rows(cursor, "suppression", _SUPPRESSED):
        hashes.setdefault(connection_id, set()).add(bytes(digest))
    return hashes


def deleted_organizations(cursor: Cursor) -> set[UUID]:
    """Organizations deleted according to the database."""
    rows = _rows(cursor, "organisation_deletion", _DELETED_ORGANIZATIONS)
    return {org_id for (org_id,) in rows}


def _rows(cursor: Cursor, table: str, query: str) -> list[Any]:
    """Return the rows of a query about a table; none if the database has no such table yet."""
    if table not in copying.tables(cursor):
        return []
    cursor.execute(query)
    return cursor.fetchall()


def check_constraints(cursor: Cursor) -> None:
    cursor.execute(_CHECK_CONSTRAINTS)


def cancel_deliveries() -> None:
    """Cancel notifications that waited when the backup was made."""
    execute(_CANCEL_DELIVERIES)
