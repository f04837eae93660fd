"""Whether a server can carry Jemmo, and if not, what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors, sql

from jemmo import conninfo

OLDEST = 15
REQUIRED = ("pg_trgm", "unaccent")
OPTIONAL = ("vector",)
TIMEOUT = 10  # seconds

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One reason why a server does not fit."""

    code: str
    message: str
    next_step: str
    # False for what Jemmo can do without.
    blocking: bool = True


def check_server(
    url: str,
    *,
    oldest: int = OLDEST,
    required: Sequence[str] = REQUIRED,
    optional: Sequence[str] = OPTIONAL,
    schema: str = "jemmo",
) -> list[Problem]:
    """All that is wrong with the server at this URL; it is left as it was. Raises ``ConfigError``."""
    conninfo.parse(url)
    try:
        with _connect(url) as connection:
            major = connection.info.server_version // 10_000
            if major < oldest:
                return [_too_old(major, oldest)]
            if _shares_backends(url, connection):
                return [_transaction_pooler(url)]
            return [
                *_check_encoding(connection),
                *(
                    _check_schema(connection, schema)
                    or _check_all(connection, schema, required, optional)
                ),
            ]
    except psycopg.Error as error:
        return [_unreachable(error)]


def _connect(url: str) -> Connection:
    return psycopg.connect(url, connect_timeout=TIMEOUT, autocommit=True)


def _too_old(major: int, oldest: int) -> Problem:
    return Problem(
        code="server_too_old",
        message=f"The server is PostgreSQL {major}, and Jemmo needs {oldest} or newer.",
        next_step="Upgrade it, or unset DATABASE_URL to use the PostgreSQL that comes with Jemmo.",
    )


# --- the pooler ---

TURNS = (0, 1, 1, 0, 0, 1)
"""In which order two connections ask. A pooler hands out the server connection that was returned last, or the one that
has been idle longest: each shows in one of these turns."""


def _shares_backends(url: str, connection: Connection) -> bool:
    """Whether a transaction pooler is in between: then a session's state is lost, or somebody else's."""
    with _connect(url) as other:
        seen: tuple[set[int], set[int]] = (set(), set())
        for turn in TURNS:
            row = (connection, other)[turn].execute("SELECT pg_backend_pid()").fetchone()
            assert row is not None
            seen[turn].add(row[0])
    return len(seen[0] | seen[1]) != 2 or not seen[0].isdisjoint(seen[1])


def _transaction_pooler(url: str) -> Problem:
    return Problem(
        code="transaction_pooler",
        message="DATABASE_URL leads to a connection pooler in transaction mode, where every statement may reach "
        "another session. Jemmo needs sessions of its own.",
        next_step=_session_address(conninfo.parse(url)),
    )


def _session_address(parts: dict[str, str]) -> str:
    host, port = parts.get("host", ""), parts.get("port", "")
    if "supabase" in host or port == "6543":
        return (
            "Paste the string of the session pooler. On Supabase it is this one with port 5432 instead of "
            f"{port or '6543'} (Connect > Session pooler)."
        )
    return "Use the database server's own host and port, or set pool_mode = session for this database in PgBouncer."


# --- reaching it ---

BUDGET = "docs/operations.md says how many connections Jemmo needs."
_FULL = r"too many (clients|connections)|connection slots|max_client_conn|max clients reached|query_wait_timeout"
_KNOWN = (
    (
        _FULL,
        "server_full",
        "The database server or its pooler has no free connection",
        "Close other programs' connections, or raise max_connections or the pool's size, then run this again. "
        + BUDGET,
    ),
    (
        r"password authentication failed|SASL authentication failed|no password supplied",
        "password_refused",
        "The database server refuses the role or password in DATABASE_URL",
        f"Check both. {conninfo.ENCODE}",
    ),
    (
        r"unsupported startup parameter",
        "startup_parameter",
        "The connection pooler refuses a parameter of DATABASE_URL",
        "Remove options=… from DATABASE_URL, or add it to ignore_startup_parameters in PgBouncer.",
    ),
    (
        r"statement pooling mode",
        "transaction_pooler",
        "DATABASE_URL leads to a connection pooler in statement mode, and Jemmo needs sessions of its own",
        "Use the database server's own host and port, or set pool_mode = session in PgBouncer.",
    ),
)


def _unreachable(error: psycopg.Error) -> Problem:
    # The driver's text names host, database and role, never the password.
    reason = " ".join(str(error).split()) or type(error).__name__
    for pattern, code, message, next_step in _KNOWN:
        if re.search(pattern, reason):
            return Problem(code=code, message=f"{message}: {reason}.", next_step=next_step)
    return Problem(
        code="server_unreachable",
        message=f"The database server cannot be reached: {reason}.",
        next_step="Check that it runs, and host, port, database and role in DATABASE_URL.",
    )


# --- what is in it ---


def _check_encoding(connection: Connection) -> Iterator[Problem]:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        name = connection.info.dbname
        yield Problem(
            code="encoding",
            message=f"The database {name} is encoded in {encoding}, which cannot hold every name and text. "
            "Jemmo needs UTF8.",
            next_step="Create a database for Jemmo, and name it in DATABASE_URL: "
            "CREATE DATABASE jemmo TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';",
        )


def _check_schema(connection: Connection, schema: str) -> list[Problem]:
    row = connection.execute(
        "SELECT coalesce((SELECT has_schema_privilege(oid, 'CREATE') OR EXISTS (SELECT FROM pg_class "
        "WHERE relnamespace = n.oid AND relname = 'django_migrations') FROM pg_namespace n WHERE nspname = %s), "
        "has_database_privilege(current_database(), 'CREATE'))",
        [schema],
    ).fetchone()
    if row and row[0]:
        return []
    name, user = connection.info.dbname, connection.info.user
    return [
        Problem(
            code="schema_forbidden",
            message=f"Jemmo keeps its tables in the schema {schema}, which the role {user} may not create or fill.",
            next_step=f"Have the owner of the database {name} run CREATE SCHEMA {schema} AUTHORIZATION {user}; "
            f"or, where it exists, ALTER SCHEMA {schema} OWNER TO {user};",
        )
    ]


def _check_all(
    connection: Connection, schema: str, required: Sequence[str], optional: Sequence[str]
) -> Iterator[Problem]:
    for name in (*required, *optional):
        if problem := _check_extension(connection, name, schema, blocking=name in required):
            yield problem


def _check_extension(
    connection: Connection, name: str, schema: str, *, blocking: bool
) -> Problem | None:
    """One that is there may be in any schema that the owner of our tables may use, or we where there are none yet."""
    row = connection.execute(
        "SELECT nspname, rolname, has_schema_privilege(r.oid, n.oid, 'USAGE') "
        "FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
        "JOIN pg_roles r ON r.oid = coalesce((SELECT nspowner FROM pg_namespace WHERE nspname = %s), "
        "(SELECT oid FROM pg_roles WHERE rolname = current_user)) WHERE extname = %s",
        [schema, name],
    ).fetchone()
    if row is None:
        return _check_creation(connection, name, schema, blocking=blocking)
    place, role, usable = row
    return None if usable else _out_of_reach(name, place, role, blocking=blocking)


def _out_of_reach(name: str, schema: str, role: str, *, blocking: bool) -> Problem:
    return Problem(
        code="extension_out_of_reach",
        message=f"The extension {name} is in the schema {schema}, which the role {role} may not use.",
        next_step=f"Have the schema's owner run GRANT USAGE ON SCHEMA {schema} TO {role};",
        blocking=blocking,
    )


def _check_creation(
    connection: Connection, name: str, schema: str, *, blocking: bool
) -> Problem | None:
    """Try for real, and take it back: only the server knows what this role may do."""
    place = sql.Identifier(schema)
    create = sql.SQL("CREATE EXTENSION {} SCHEMA {} CASCADE").format(sql.Identifier(name), place)
    try:
        with connection.transaction(force_rollback=True):
            if connection.execute("SELECT to_regnamespace(%s)", [schema]).fetchone() == (None,):
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(place))
            connection.execute(create)
    except errors.InsufficientPrivilege:
        return Problem(
            code="extension_forbidden",
            message=f"The extension {name} is missing, and our role may not create it.",
            next_step=f"Have a superuser run CREATE EXTENSION {name}; in the database "
            f"{connection.info.dbname}.",
            blocking=blocking,
        )
    except (errors.FeatureNotSupported, errors.UndefinedFile):
        return Problem(
            code="extension_not_installed",
            message=f"The extension {name} is not installed on the database server.",
            next_step=f"Install it there; on Debian and Ubuntu it is in the package "
            f"{_package(connection, name)}.",
            blocking=blocking,
        )
    return None


def _package(connection: Connection, name: str) -> str:
    if name != "vector":
        return "postgresql-contrib"
    return f"postgresql-{connection.info.server_version // 10_000}-pgvector"
