"""Applies row-level security to the tables, and finds tables and privileges that it doesn't cover."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import sql

from jemmo.domain.errors import ConfigError
from jemmo.store.db import confidential, schema
from jemmo.store.db.policies import DELIVERIES_NAMING, FUNCTIONS, OPEN, POLICIES, SEARCHES

NAME = "jemmo_scope"
"""The name of each table's policy."""


class TableWithoutPolicy(ConfigError):
    """A table in our schema that neither ``POLICIES`` nor ``OPEN`` names."""

    def __init__(self, tables: Sequence[str]) -> None:
        super().__init__(
            "foreign_tables",
            variant="unlisted",
            schema=schema.name(),
            tables=", ".join(tables),
            table=tables[0],
        )


def statements(tables: set[str], roles: Sequence[str]) -> Iterator[sql.Composable]:
    """Yield the statements that apply the policies to the tables, whatever their current state.

    Only ``roles`` see any rows. Other roles of the server see none, whatever their privileges.
    """
    if unnamed := tables - POLICIES.keys() - OPEN.keys():
        raise TableWithoutPolicy(sorted(unnamed))
    yield from map(sql.SQL, (*FUNCTIONS, *confidential.statements()))
    yield from (sql.SQL(search.statement) for search in SEARCHES)
    yield sql.SQL(DELIVERIES_NAMING)
    shown_to = sql.SQL(", ").join(map(sql.Identifier, roles))
    conditions = {table: policy.expression for table, policy in POLICIES.items()}
    for table, condition in {**conditions, **dict.fromkeys(OPEN, "true")}.items():
        yield sql.SQL(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        yield sql.SQL(f"DROP POLICY IF EXISTS {NAME} ON {table}")
        create = f"CREATE POLICY {NAME} ON {table} TO {{}} USING ({condition})"
        yield sql.SQL(create).format(shown_to)


_TABLES = """
    SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace
        AND c.relkind IN ('r', 'p') AND pg_has_role(c.relowner, 'USAGE')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"""

_ROLES = f"""
    SELECT DISTINCT rolname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
    JOIN pg_roles r ON r.oid = ANY(p.polroles)
    WHERE p.polname = '{NAME}' AND c.relnamespace = current_schema()::regnamespace
    UNION SELECT current_user"""

_RIGHTS = """
    SELECT kind, owner, acl FROM (
        SELECT format('TABLE %s', oid::regclass), relowner, relacl, oid FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
        UNION ALL SELECT format('SEQUENCE %s', oid::regclass), relowner, relacl, oid FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind = 'S'
        UNION ALL SELECT format('ROUTINE %s', oid::regprocedure), proowner,
            coalesce(proacl, acldefault('f', proowner)), oid FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace
        UNION ALL SELECT format('SCHEMA %I', nspname), nspowner, nspacl, oid FROM pg_namespace
        WHERE nspname = current_schema()
    ) objects (kind, owner, acl, id)
    WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = id AND d.deptype = 'e')"""

_EXPOSED = f"""
    SELECT DISTINCT kind, coalesce(rolname, ''), pg_has_role(owner, 'USAGE') FROM ({_RIGHTS}) rights
    CROSS JOIN LATERAL aclexplode(acl) LEFT JOIN pg_roles ON pg_roles.oid = grantee
    WHERE grantee <> owner AND coalesce(rolname, '') NOT IN ({_ROLES})
    ORDER BY 1, 2"""

_UNGUARDED = """
    SELECT relname FROM pg_class c WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
        AND NOT relrowsecurity
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1"""


_HIDDEN = f"""
    SELECT c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
    WHERE p.polname = '{NAME}' AND c.relnamespace = current_schema()::regnamespace
        AND NOT (SELECT oid FROM pg_roles WHERE rolname = %s) = ANY(p.polroles)"""


def show_to(cursor: Any, role: str) -> None:
    """Let one of our roles, and the current one, see rows under the policies."""
    cursor.execute(_ROLES)
    roles = sorted({role, *(row[0] for row in cursor.fetchall())})
    cursor.execute(_HIDDEN, [role])
    for (table,) in cursor.fetchall():
        show = sql.SQL(f"ALTER POLICY {NAME} ON {{}} TO {{}}")
        names = sql.SQL(", ").join(map(sql.Identifier, roles))
        cursor.execute(show.format(sql.Identifier(table), names))


def apply(cursor: Any) -> None:
    """Apply the policies, as the tables' owner in a transaction after all migrations. Raises ``TableWithoutPolicy``."""
    cursor.execute(schema.SET_SEARCH_PATH, schema.search_path_params())
    schema.wrap_unaccent(cursor)  # a migration may have created the extension
    cursor.execute(_ROLES)
    roles = [row[0] for row in cursor.fetchall()]
    cursor.execute(_TABLES)
    for statement in statements({row[0] for row in cursor.fetchall()}, sorted(roles)):
        cursor.execute(statement)
    cursor.execute(_EXPOSED)
    for kind, role, is_ours in cursor.fetchall():
        if not is_ours:
            continue
        grantee = sql.Identifier(role) if role else sql.SQL("PUBLIC")
        cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {} CASCADE").format(sql.SQL(kind), grantee))


def exposed(cursor: Any) -> list[tuple[str, str]]:
    """Return the objects that other roles have rights to, with the role; an empty role means all roles.

    Some servers, such as Supabase's, grant every new table to other roles by default. Such privileges are revoked.
    """
    cursor.execute(_EXPOSED)
    return [(row[0], row[1]) for row in cursor.fetchall()]


def may_close(cursor: Any) -> bool:
    """Whether another role has a privilege that our role, as the owner, can revoke."""
    cursor.execute(_EXPOSED)
    return any(is_ours for _, _, is_ours in cursor.fetchall())


def unguarded(cursor: Any) -> list[str]:
    """The tables without row-level security."""
    cursor.execute(_UNGUARDED)
    return [row[0] for row in cursor.fetchall()]
