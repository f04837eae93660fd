"""Jemmo's own database schema, apart from other programs' tables, privileges and defaults.

All our connections look up names only there. In the extensions' schema (``extensions`` on Supabase, often ``public``),
another role may create functions and operators that PostgreSQL would prefer to its own. The path is set by a statement,
because poolers reject startup options and we must not change the settings of a customer's role or database.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from jemmo.domain.errors import ConfigError
from jemmo.store.db import scope, task_queue

VARIABLE, DEFAULT = "JEMMO_SCHEMA", "jemmo"
MIGRATION_LOCK = 0x6A656D6D6F  # "jemmo": commands that start at once migrate one after the other
SHARED = frozenset({"public", "extensions"})
"""Schemas that are shared with other programs."""

FORMER = "pending_link"
"""A table that an older Jemmo had in ``public``, with a name that other programs are unlikely to use."""

SET_SEARCH_PATH = "SELECT pg_catalog.set_config('search_path', %(path)s, false)"
"""Sets the session's search path. Temporary tables come last, so they can never replace ours.

The function's name is qualified, because the current path may contain other roles' functions."""

_UNACCENT = """
    SELECT nspname FROM pg_catalog.pg_extension JOIN pg_catalog.pg_namespace n ON n.oid = extnamespace
    WHERE extname = 'unaccent'"""

_STRANGERS = """
    SELECT relname FROM pg_class c WHERE relnamespace = to_regnamespace(%s) AND relkind IN ('r', 'p', 'v', 'm', 'f')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1"""

_OWNED = """
    SELECT pg_has_role(relowner, 'USAGE') FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname = %s AND relname = %s"""

_SCHEMA_OWNER = """
    SELECT r.rolname FROM pg_namespace JOIN pg_roles r ON r.oid = nspowner
    WHERE nspname = %s AND r.rolname <> current_user AND NOT r.rolsuper
        AND NOT EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND datdba = nspowner)"""
"""Unless it is our role, a superuser, or the database's owner."""

_FORMER_OBJECTS = f"""
    SELECT format('TABLE %%s', oid::regclass) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND pg_has_role(relowner, 'USAGE')
        AND (relname = ANY(%(tables)s) OR relname ~ '^{task_queue.PREFIX}_')
    UNION ALL SELECT format('ROUTINE %%s', oid::regprocedure) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proname ~ '^({task_queue.PREFIX}|jemmo)_'
        AND pg_has_role(proowner, 'USAGE')
    UNION ALL SELECT format('TYPE %%s', t.oid::regtype) FROM pg_type t
    LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE typnamespace = 'public'::regnamespace AND typname ~ '^{task_queue.PREFIX}_' AND pg_has_role(typowner, 'USAGE')
        AND (typtype = 'e' OR c.relkind = 'c')"""


def name() -> str:
    """The schema that JEMMO_SCHEMA names. Raises ``ConfigError``."""
    schema = os.environ.get(VARIABLE) or DEFAULT
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema) or schema.startswith("pg_"):
        raise ConfigError("environment", variant="schema", variable=VARIABLE)
    if schema in SHARED:
        raise ConfigError("environment", variant="shared_schema", variable=VARIABLE, schema=schema)
    return schema


def search_path_params() -> dict[str, str]:
    """The values for ``SET_SEARCH_PATH``."""
    return {"path": f"{name()}, pg_temp"}


def set_search_path(connection: psycopg.Connection[Any]) -> None:
    connection.execute(SET_SEARCH_PATH, search_path_params())
    if not connection.autocommit:  # for the session, whatever happens to this transaction
        connection.commit()


async def set_search_path_async(connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.execute(SET_SEARCH_PATH, search_path_params())
    if not connection.autocommit:
        await connection.commit()


@contextmanager
def migrating(cursor: Any) -> Iterator[None]:
    """Hold the migration lock and see every row. Under the policies, a migration would change none."""
    cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
    try:
        cursor.execute(scope.SET_FOR_SESSION, scope.EVERYTHING.settings)
        yield
    finally:
        cursor.execute(scope.SET_FOR_SESSION, scope.NOBODY.settings)
        cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def is_settled(cursor: Any) -> bool:
    """Whether the tables are in our schema. They are created and moved all at once."""
    return _owned(cursor, name(), "django_migrations") is not None


def may_change(cursor: Any) -> bool:
    """Whether our role owns the tables, wherever they are; true if there are none."""
    owned = _owned(cursor, name(), "django_migrations")
    return owned if owned is not None else _owned(cursor, "public", FORMER) is not False


def _owned(cursor: Any, place: str, table: str) -> bool | None:
    """Whether our role owns a table; ``None`` if there is none."""
    cursor.execute(_OWNED, [place, table])
    row = cursor.fetchone()
    return bool(row[0]) if row else None


def has_unaccent(cursor: Any) -> bool:
    cursor.execute("SELECT to_regprocedure(%s) IS NOT NULL", [f"{name()}.unaccent(text)"])
    return bool(cursor.fetchone()[0])


def wrap_unaccent(cursor: Any) -> None:
    """Create a wrapper of the extension's function in our schema, unless the extension is there or not installed yet.

    The wrapper's body is resolved only now and stays correct if the extension moves. It costs nothing, because the
    planner inlines it.
    """
    cursor.execute(_UNACCENT)
    row = cursor.fetchone()
    if row and row[0] != name():
        wrapper = """CREATE OR REPLACE FUNCTION {}.unaccent(text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
            RETURN {}.unaccent($1)"""
        cursor.execute(sql.SQL(wrapper).format(sql.Identifier(name()), sql.Identifier(row[0])))


def settle(connection: BaseDatabaseWrapper) -> None:
    """Create our schema if needed, and move an older Jemmo's tables from ``public``. Requires the migration lock."""
    _settle(connection)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        wrap_unaccent(cursor)


def _settle(connection: BaseDatabaseWrapper) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if is_settled(cursor):
            return
        _make(cursor)
        if is_former(cursor):
            _move(connection, cursor)
            return
        # Another program's django_migrations in ``public`` must not be taken for ours.
        cursor.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.Identifier(name())))
        MigrationRecorder(connection).ensure_schema()
        cursor.execute(SET_SEARCH_PATH, search_path_params())


def is_former(cursor: Any) -> bool:
    """Whether an older Jemmo, which had no schema of its own, created tables in ``public`` that we own."""
    if not (_owned(cursor, "public", FORMER) and _owned(cursor, "public", "django_migrations")):
        return False
    cursor.execute(
        "SELECT EXISTS (SELECT FROM public.django_migrations WHERE app = 'store' AND name = '0001_initial')"
    )
    return bool(cursor.fetchone()[0])


def _make(cursor: Any) -> None:
    cursor.execute(_STRANGERS, [name()])
    if row := cursor.fetchone():
        raise ConfigError("foreign_tables", schema=name(), table=row[0], variable=VARIABLE)
    cursor.execute(_SCHEMA_OWNER, [name()])
    if row := cursor.fetchone():
        raise ConfigError("foreign_schema", schema=name(), role=row[0], variable=VARIABLE)
    cursor.execute("SELECT to_regnamespace(%s) IS NULL", [name()])
    if cursor.fetchone()[0]:
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name())))


def _move(connection: BaseDatabaseWrapper, cursor: Any) -> None:
    """Move our tables. Everything else in ``public`` stays, including extensions."""
    cursor.execute("SET LOCAL search_path = public")
    loader = MigrationLoader(connection)
    applied = [key for key in loader.applied_migrations if key in loader.graph.nodes]
    models = loader.project_state(applied).apps.get_models(include_auto_created=True)
    tables = {"django_migrations", "cache_entry", *(model._meta.db_table for model in models)}  # noqa: SLF001
    cursor.execute("SET LOCAL search_path = ''")  # so that names include their schema
    cursor.execute(_FORMER_OBJECTS, {"tables": list(tables)})
    for (former,) in cursor.fetchall():
        move = sql.SQL("ALTER {} SET SCHEMA {}")
        cursor.execute(move.format(sql.SQL(former), sql.Identifier(name())))
    cursor.execute(SET_SEARCH_PATH, search_path_params())
