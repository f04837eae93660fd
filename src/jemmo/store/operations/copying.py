"""Copies tables out for a backup and back in, by COPY in text format, which every Postgres since 15 reads.

Extensions' tables are left alone. Keys, indexes and sequences are read from Postgres itself, so a new table needs no
entry here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.utils import CursorWrapper
from msgspec import Struct
from psycopg import Cursor as Raw
from psycopg import sql

from jemmo.store.db import leases, schema, scope, task_queue

QUEUE = task_queue.PREFIX
"""The queue's app name, and the prefix of its tables, functions and types."""

LEFT_OUT = frozenset(
    {
        "django_migrations",  # the manifest lists them
        "django_session",  # an old session would sign someone in who has signed out since
        "session",  # likewise
        "cache_entry",  # counters of attempts
        "confidential_record",  # recreated from jobs and talents
        "feed_position",  # a restored copy starts its own feed, and readers start over
        "feed_mark",
        "feed_record",
        "feed_change",
        "feed_reader",
        "outgoing_message",  # a restored copy resends nothing
        "outgoing_attempt",
        "idempotency_key",  # responses of the last day, which describe another state than the restored one
        "pace",
        leases.TABLE,
        *task_queue.TABLES,
    }
)
"""Tables whose rows are useful only while the processes that wrote them run; a schedule fills them again."""

Cursor = Raw[Any] | CursorWrapper
"""A cursor of psycopg itself, or Django's wrapper."""

_OURS = """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1"""

_COLUMNS = """
    SELECT a.attname FROM pg_attribute a
    WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    ORDER BY a.attnum"""

_SEQUENCES = """
    SELECT sequencename, coalesce(last_value, start_value), last_value IS NOT NULL FROM pg_sequences
    WHERE schemaname = current_schema() ORDER BY 1"""

_FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND conparentid = 0"""

_INDEXES = """
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'i' AND NOT c.relispartition
        AND NOT i.indisunique AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
        AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.objid = i.indrelid AND d.deptype = 'e')"""

_ROUTINES = """
    SELECT p.oid::regprocedure::text FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.prokind = 'f'
        AND p.proowner = current_user::regrole
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""

_TYPES = """
    SELECT t.oid::regtype::text FROM pg_type t
    WHERE t.typnamespace = current_schema()::regnamespace AND t.typtype IN ('e', 'c')
        AND t.typowner = current_user::regrole
        AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')"""

_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND leader_pid IS NULL
        AND backend_type = 'client backend' AND usename = current_user"""


class Sequence(Struct, frozen=True):
    """The state of a sequence: the last value, or the first one if it was never used."""

    name: str
    value: int
    used: bool


_UNDER_POLICY = """
    SELECT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relrowsecurity
        AND (c.relforcerowsecurity OR NOT pg_has_role(c.relowner, 'USAGE')))"""


def every_row(cursor: Cursor) -> None:
    """Show all rows of all organizations in this transaction.

    The tables' owner disables the policies; any that still hid rows would raise an error, since a backup must be
    complete. For a role that is subject to the policies, the scope shows all rows.
    """
    cursor.execute(scope.SET_FOR_TRANSACTION, scope.EVERYTHING.settings)
    cursor.execute(_UNDER_POLICY)
    row = cursor.fetchone()
    if row and not row[0]:
        cursor.execute("SET LOCAL row_security = off")


def tables(cursor: Cursor) -> list[str]:
    cursor.execute(_OURS)
    return [row[0] for row in cursor.fetchall()]


def columns(cursor: Cursor, table: str) -> list[str]:
    """The columns to copy, in order. Generated ones are computed again."""
    cursor.execute(_COLUMNS, [_quoted(table)])
    return [row[0] for row in cursor.fetchall()]


def sequences(cursor: Cursor) -> list[Sequence]:
    cursor.execute(_SEQUENCES)
    return [Sequence(*row) for row in cursor.fetchall()]


def other_sessions(cursor: Cursor) -> int:
    """The current number of other sessions of our role in this database."""
    cursor.execute("SELECT pg_stat_clear_snapshot()")
    cursor.execute(_OTHERS)
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def rows_of(cursor: Cursor, table: str, names: list[str]) -> Iterator[bytes]:
    """Yield a table's rows, one line each."""
    copy_out = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT")
    with cursor.copy(copy_out.format(_listed(names), sql.Identifier(table))) as copy:
        for block in copy:
            yield bytes(block)


def put_rows(cursor: Cursor, table: str, names: list[str], blocks: Iterator[bytes]) -> int:
    """Write lines as returned by ``rows_of``. Return the number of rows."""
    copy_in = sql.SQL("COPY {} ({}) FROM STDIN")
    with cursor.copy(copy_in.format(sql.Identifier(table), _listed(names))) as copy:
        for block in blocks:
            copy.write(block)
    return cursor.rowcount


@contextmanager
def unguarded(cursor: Cursor) -> Iterator[None]:
    """Allow rows to be written quickly and in any order. Recreating keys and indexes at the end checks the rows.

    Triggers are off, since the copied rows already include their effects.
    """
    cursor.execute(_FOREIGN_KEYS)
    keys = cursor.fetchall()
    for table, name, _ in keys:
        _run(cursor, f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    cursor.execute(_INDEXES)
    indexes = cursor.fetchall()
    for name, _ in indexes:
        _run(cursor, f"DROP INDEX {name}")
    for table in tables(cursor):
        _run(cursor, f"ALTER TABLE {_quoted(table)} DISABLE TRIGGER USER")
        # COPY is impossible while policies are forced on a table's owner. The next start forces them again.
        _run(cursor, f"ALTER TABLE {_quoted(table)} NO FORCE ROW LEVEL SECURITY")
    yield
    for table in tables(cursor):
        _run(cursor, f"ALTER TABLE {_quoted(table)} ENABLE TRIGGER USER")
    for _, definition in indexes:
        _run(cursor, definition)
    for table, name, definition in keys:
        _run(cursor, f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def empty(cursor: Cursor) -> None:
    """Delete every row of our tables, except the list of applied migrations."""
    listed = ", ".join(_quoted(table) for table in tables(cursor) if table != "django_migrations")
    if listed:
        _run(cursor, f"TRUNCATE {listed}")


def drop(cursor: Cursor) -> None:
    """Drop our tables, functions and types, except the queue, whose rows are never backed up.

    The queue's migrations can't all run in one transaction, so its tables stay.
    """
    for table in tables(cursor):
        if not _is_queue(table) and table != "django_migrations":
            _run(cursor, f"DROP TABLE IF EXISTS {_quoted(table)} CASCADE")
    cursor.execute("DELETE FROM django_migrations WHERE app <> %s", [QUEUE])
    cursor.execute(_ROUTINES)
    for (routine,) in cursor.fetchall():
        if not _is_queue(routine):
            _run(cursor, f"DROP FUNCTION IF EXISTS {routine} CASCADE")
    schema.wrap_unaccent(cursor)  # the migrations that follow call it
    cursor.execute(_TYPES)
    for (kind,) in cursor.fetchall():
        if not _is_queue(kind):
            _run(cursor, f"DROP TYPE IF EXISTS {kind} CASCADE")


def _is_queue(name: str) -> bool:
    return name.startswith(QUEUE)


def set_sequence(cursor: Cursor, sequence: Sequence) -> None:
    """Continue a sequence after the given value, so that no number is used twice."""
    cursor.execute(
        "SELECT setval(%s::regclass, %s, %s)",
        [_quoted(sequence.name), sequence.value, sequence.used],
    )


def analyse(cursor: Cursor) -> None:
    """Update the planner's statistics."""
    for table in tables(cursor):
        _run(cursor, f"ANALYZE {_quoted(table)}")


def _listed(names: list[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _run(cursor: Cursor, statement: str) -> None:
    cursor.execute(sql.SQL(statement))  # only quoted names
