"""The role that the application connects as: it owns no table and cannot pass by row-level security.

Whoever owns the tables (the role of ``DATABASE_URL``) makes it once for a database, at the first start. Its name and
password lie sealed in that database, so every machine with the same keys comes to the same role.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import msgspec
import psycopg
from msgspec import Struct
from psycopg import errors, sql

NAME = "application-role"
"""Of its sealed value in ``vault_secret``."""

Connection = psycopg.Connection[Any]


class Role(Struct, frozen=True, kw_only=True):
    """A role of the database server, and whether it may sign in there by itself."""

    name: str
    password: str
    signs_in: bool = True


class Access(Struct, frozen=True, kw_only=True):
    """How the application reaches the database. ``is_apart`` is false where no second role could be made.

    Then it works as the tables' owner, whom row-level security is forced upon.
    """

    url: str
    is_apart: bool = True


def access(
    url: str, *, seal: Callable[[bytes], bytes], open_sealed: Callable[[bytes], bytes]
) -> Access:
    """The way in for the application, made if need be; ``url`` as it is when it is no owner's."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as db:
        if not _owns(db):
            return Access(url=url)
        try:
            role = _kept(db, open_sealed) or _made(db, url, seal, open_sealed)
            if not _exists(db, role):
                _create(db, role)
            _grant(db, role)
        except errors.InsufficientPrivilege:
            _force(db)
            return Access(url=url, is_apart=False)
    return Access(url=_url(url, role))


def _owns(db: Connection) -> bool:
    answer = db.execute(
        "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'organisation'::regclass"
    )
    row = answer.fetchone()
    return bool(row and row[0])


def _kept(db: Connection, open_sealed: Callable[[bytes], bytes]) -> Role | None:
    row = db.execute("SELECT sealed FROM vault_secret WHERE name = %s", [NAME]).fetchone()
    return msgspec.json.decode(open_sealed(bytes(row[0])), type=Role) if row else None


def _made(
    db: Connection,
    url: str,
    seal: Callable[[bytes], bytes],
    open_sealed: Callable[[bytes], bytes],
) -> Role:
    """A new role, kept; of two that make one at once, the first is taken and the other goes again."""
    role = Role(name=f"jemmo_app_{secrets.token_hex(4)}", password=secrets.token_urlsafe(32))
    _create(db, role)
    _grant(db, role)
    if not _may_sign_in(url, role):
        role = msgspec.structs.replace(role, signs_in=False)
        _let_become(db, role)
    db.execute(
        "INSERT INTO vault_secret (name, sealed) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [NAME, seal(msgspec.json.encode(role))],
    )
    kept = _kept(db, open_sealed)
    assert kept is not None
    if kept != role:
        db.execute(_text("DROP OWNED BY {role}", role))
        db.execute(_text("DROP ROLE {role}", role))
    return kept


def _exists(db: Connection, role: Role) -> bool:
    return bool(db.execute("SELECT FROM pg_roles WHERE rolname = %s", [role.name]).fetchone())


def _create(db: Connection, role: Role) -> None:
    """The server is told a verifier, so that the password is in none of its logs."""
    verifier = db.pgconn.encrypt_password(
        role.password.encode(), role.name.encode(), b"scram-sha-256"
    ).decode()
    statement = sql.SQL(
        "CREATE ROLE {} LOGIN NOINHERIT NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}"
    )
    try:
        db.execute(statement.format(sql.Identifier(role.name), sql.Literal(verifier)))
    except (errors.DuplicateObject, errors.UniqueViolation):
        return  # another process of this database made it at the same moment
    if not role.signs_in:
        _let_become(db, role)


def _let_become(db: Connection, role: Role) -> None:
    """Let the owner's sessions take the role, on servers that let nobody else sign in."""
    db.execute(_text("GRANT {role} TO CURRENT_USER", role))


_UNGRANTED = """
    SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p', 'S') AND pg_has_role(relowner, 'USAGE')
        AND NOT CASE relkind WHEN 'S' THEN has_sequence_privilege(%(role)s, oid, 'USAGE')
            ELSE has_table_privilege(%(role)s, oid, 'SELECT') END)"""

_GRANTS = (
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
)


def _grant(db: Connection, role: Role) -> None:
    """Rows may be read and written; tables may be neither made nor changed."""
    row = db.execute(_UNGRANTED, {"role": role.name}).fetchone()
    if row and not row[0]:
        return
    with db.transaction():
        for statement in _GRANTS:
            db.execute(_text(statement, role, database=db.info.dbname))


def _may_sign_in(url: str, role: Role) -> bool:
    try:
        psycopg.connect(_url(url, role), connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def _force(db: Connection) -> None:
    """No second role may be made: the owner itself is put under the policies."""
    tables = (
        "SELECT oid::regclass::text FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"
    )
    for (table,) in db.execute(tables).fetchall():
        db.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(sql.SQL(table)))


def _text(statement: str, role: Role, **names: str) -> sql.Composed:
    identifiers = {name: sql.Identifier(value) for name, value in names.items()}
    return sql.SQL(statement).format(role=sql.Identifier(role.name), **identifiers)


def _url(url: str, role: Role) -> str:
    """The same server and database. Supabase's pooler wants the project's name behind that of the role."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if not role.signs_in:
        options["options"] = f"{options.get('options', '')} -c role={role.name}".strip()
        return urlunsplit(parts._replace(query=urlencode(options, quote_via=quote)))
    _, dot, project = (parts.username or "").partition(".")
    place = parts.netloc.rpartition("@")[2]
    who = f"{quote(f'{role.name}{dot}{project}')}:{quote(role.password, safe='')}"
    options.pop("user", None)
    options.pop("password", None)
    query = urlencode(options, quote_via=quote)
    return urlunsplit(parts._replace(netloc=f"{who}@{place}", query=query))
