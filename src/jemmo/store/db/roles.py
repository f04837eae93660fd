"""The role that the application connects as: it owns no table and cannot bypass row-level security.

The tables' owner (the role of ``DATABASE_URL``) creates it once per database, at the first start. Its name and password
are stored encrypted in that database, so every machine with the same keys uses the same role.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import psycopg
from msgspec import Struct
from psycopg import errors, sql

from jemmo import conninfo
from jemmo.store.db import guard, schema
from jemmo.store.db.query import fetch_value

NAME = "application-role"
"""The name of its encrypted value in ``vault_secret``."""

Connection = psycopg.Connection[Any]


class Role(Struct, frozen=True, kw_only=True):
    """A role of the database server."""

    name: str
    password: str


class Access(Struct, frozen=True, kw_only=True):
    """How the application reaches the database.

    ``is_apart`` is false if no second role can be created or used. The application then connects as the tables' owner,
    and row-level security is forced on that role.
    """

    url: str
    is_apart: bool = True


def access(
    url: str, *, seal: Callable[[bytes], bytes], open_sealed: Callable[[bytes], bytes]
) -> Access:
    """Return the URL that the application connects with, creating its role if needed.

    That is ``url`` itself if it isn't the tables' owner's.
    """
    with _connect(url) as db:
        schema.set_search_path(db)
        if not _owns(db):
            return Access(url=url)
        try:
            role = _stored(db, open_sealed) or _create_and_store(db, seal, open_sealed)
            if not _exists(db, role):
                _create(db, role)
            _grant(db, role)
            way = _url_for(db, url, role)
        except errors.InsufficientPrivilege:
            way = None
        if way is None:
            _force(db)
    return Access(url=way or url, is_apart=way is not None)


# Whether the policies apply to this process's role. Superusers bypass them.
_IS_BOUND = "SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user"

# Whether this process's role owns no tables.
_OWNS_NOTHING = (
    "SELECT NOT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'talent'::regclass"
)


def is_bound() -> bool:
    """Whether row-level security applies to this process's role."""
    return bool(fetch_value(_IS_BOUND))


def owns_no_tables() -> bool:
    """Whether this process uses a role other than the tables' owner."""
    return bool(fetch_value(_OWNS_NOTHING))


def _connect(url: str) -> Connection:
    return psycopg.connect(url, autocommit=True, connect_timeout=10)


def _url_for(db: Connection, url: str, role: Role) -> str | None:
    """Return a URL to connect as the role; ``None`` if there is none.

    Some servers and poolers let no other role sign in. There, the owner's sessions switch to the role.
    """
    own = _own_url(url, role)
    if _opens(own):
        return own
    db.execute(_text("GRANT {role} TO CURRENT_USER", role))
    options = f"{conninfo.parse(url).get('options', '')} -c role={role.name}".strip()
    becoming = conninfo.changed(url, options=options)
    if _opens(becoming):
        return becoming
    # Raises if the server is full or shutting down, which means that the role itself may work.
    _connect(url).close()
    return None


def _owns(db: Connection) -> bool:
    answer = db.execute(
        "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'organisation'::regclass"
    )
    row = answer.fetchone()
    return bool(row and row[0])


def _stored(db: Connection, open_sealed: Callable[[bytes], bytes]) -> Role | None:
    row = db.execute("SELECT sealed FROM vault_secret WHERE name = %s", [NAME]).fetchone()
    return msgspec.json.decode(open_sealed(bytes(row[0])), type=Role) if row else None


def _create_and_store(
    db: Connection, seal: Callable[[bytes], bytes], open_sealed: Callable[[bytes], bytes]
) -> Role:
    """Create and store a role. If two processes do so at once, the first one's is used and the other's is dropped."""
    role = Role(name=f"jemmo_app_{secrets.token_hex(4)}", password=secrets.token_urlsafe(32))
    _create(db, role)
    db.execute(
        "INSERT INTO vault_secret (name, sealed) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [NAME, seal(msgspec.json.encode(role))],
    )
    stored = _stored(db, open_sealed)
    assert stored is not None
    if stored != role:
        db.execute(_text("DROP ROLE {role}", role))
    return stored


def _exists(db: Connection, role: Role) -> bool:
    return bool(db.execute("SELECT FROM pg_roles WHERE rolname = %s", [role.name]).fetchone())


def _create(db: Connection, role: Role) -> None:
    """Create the role with a password verifier, so that the password appears in no server log."""
    verifier = db.pgconn.encrypt_password(
        role.password.encode(), role.name.encode(), b"scram-sha-256"
    ).decode()
    statement = sql.SQL(
        "CREATE ROLE {} LOGIN NOINHERIT NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}"
    )
    # Another process may create it at the same moment.
    with suppress(errors.DuplicateObject, errors.UniqueViolation):
        db.execute(statement.format(sql.Identifier(role.name), sql.Literal(verifier)))


_UNGRANTED = f"""
    SELECT NOT has_schema_privilege(r.oid, current_schema(), 'USAGE')
        OR EXISTS (SELECT FROM pg_class c WHERE relnamespace = current_schema()::regnamespace
            AND relkind IN ('r', 'p', 'S') AND pg_has_role(relowner, 'USAGE')
            AND NOT CASE relkind WHEN 'S' THEN has_sequence_privilege(r.oid, c.oid, 'USAGE')
                ELSE has_table_privilege(r.oid, c.oid, 'SELECT') END)
        OR EXISTS (SELECT FROM pg_proc f WHERE pronamespace = current_schema()::regnamespace
            AND pg_has_role(proowner, 'USAGE') AND NOT has_function_privilege(r.oid, f.oid, 'EXECUTE'))
        OR EXISTS (SELECT FROM pg_policy p JOIN pg_class c ON c.oid = polrelid
            WHERE polname = '{guard.NAME}' AND relnamespace = current_schema()::regnamespace
            AND NOT r.oid = ANY(polroles))
    FROM pg_roles r WHERE rolname = %(role)s"""

_GRANTS = (
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "GRANT EXECUTE ON ALL ROUTINES IN SCHEMA {schema} TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT EXECUTE ON ROUTINES TO {role}",
    "ALTER ROLE {role} SET search_path FROM CURRENT",
)

_FORMER = """
    SELECT format('REVOKE ALL ON TABLE %%s FROM %%I', c.oid::regclass, rolname) FROM pg_class c, pg_roles r
    WHERE rolname = %(role)s AND relnamespace = to_regnamespace('public') AND pg_has_role(relowner, 'USAGE')
        AND relkind IN ('r', 'p', 'v', 'm', 'S') AND EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee = r.oid)
    UNION ALL SELECT format(
        'ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON %%s FROM %%I',
        CASE defaclobjtype WHEN 'S' THEN 'SEQUENCES' ELSE 'TABLES' END, rolname) FROM pg_default_acl, pg_roles r
    WHERE rolname = %(role)s AND defaclnamespace = to_regnamespace('public') AND defaclrole = current_user::regrole
        AND defaclobjtype IN ('r', 'S') AND EXISTS (SELECT FROM aclexplode(defaclacl) WHERE grantee = r.oid)"""
"""Rights that an older Jemmo granted its role in ``public``, including on other programs' tables."""


def _grant(db: Connection, role: Role) -> None:
    """Grant reading and writing rows, but not creating or changing tables."""
    row = db.execute(_UNGRANTED, {"role": role.name}).fetchone()
    if row and not row[0]:
        return
    names = {"database": sql.Identifier(db.info.dbname), "schema": sql.Identifier(schema.name())}
    with db.transaction():
        for statement in _GRANTS:
            db.execute(_text(statement, role, **names))
        guard.show_to(db.cursor(), role.name)
        for (statement,) in db.execute(_FORMER, {"role": role.name}).fetchall():
            db.execute(sql.SQL(statement))


_UNFORCED = """
    SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace
        AND relrowsecurity AND NOT relforcerowsecurity"""


def _opens(url: str) -> bool:
    try:
        _connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def _force(db: Connection) -> None:
    """Apply the policies to the owner as well."""
    with db.transaction():
        guard.show_to(db.cursor(), db.execute("SELECT current_user").fetchall()[0][0])
        for (table,) in db.execute(_UNFORCED).fetchall():
            force = sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY")
            db.execute(force.format(sql.Identifier(table)))


def _text(statement: str, role: Role, **parts: sql.Composable) -> sql.Composed:
    return sql.SQL(statement).format(role=sql.Identifier(role.name), **parts)


def _own_url(url: str, role: Role) -> str:
    """The role's URL for the same server and database. Supabase's pooler needs the project's name after the role's."""
    _, dot, project = conninfo.parse(url).get("user", "").partition(".")
    return conninfo.changed(url, user=f"{role.name}{dot}{project}", password=role.password)
