"""Checks whether a server can run Jemmo, and says what to do if not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg import errors, sql

from jemmo import conninfo
from jemmo.domain.errors import ConfigError

OLDEST = 15
REQUIRED = ("pg_trgm", "unaccent")
OPTIONAL = ("vector",)
TIMEOUT = 10  # seconds

Connection = psycopg.Connection[Any]


class Problem(ConfigError):
    """One reason why a server does not fit. If it is not ``blocking``, Jemmo works without it."""

    def __init__(
        self, code: str, *, blocking: bool = True, variant: str = "", **facts: Any
    ) -> None:
        super().__init__(code, variant=variant, **facts)
        self.blocking = blocking


def check_server(
    url: str,
    *,
    oldest: int = OLDEST,
    required: Sequence[str] = REQUIRED,
    optional: Sequence[str] = OPTIONAL,
    schema: str = "jemmo",
) -> list[Problem]:
    """Return all problems of the server at this URL, without changing it. Raises ``ConfigError``."""
    conninfo.parse(url)
    try:
        with _connect(url) as connection:
            major = connection.info.server_version // 10_000
            if major < oldest:
                return [Problem("server_too_old", version=major, oldest=oldest)]
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


# --- the pooler ---

TURNS = (0, 1, 1, 0, 0, 1)
"""The order in which two connections ask. A pooler hands out the server connection returned last, or the one idle
longest: each shows in one of these turns."""


def _shares_backends(url: str, connection: Connection) -> bool:
    """Whether a transaction pooler is in between, which would lose a session's state or mix it up."""
    with _connect(url) as other:
        seen: tuple[set[int], set[int]] = (set(), set())
        for turn in TURNS:
            row = (connection, other)[turn].execute("SELECT pg_backend_pid()").fetchone()
            assert row is not None
            seen[turn].add(row[0])
    return len(seen[0] | seen[1]) != 2 or not seen[0].isdisjoint(seen[1])


def _transaction_pooler(url: str) -> Problem:
    parts = conninfo.parse(url)
    port = parts.get("port", "")
    is_supabase = "supabase" in parts.get("host", "") or port == "6543"
    return Problem(
        "transaction_pooler", variant="supabase" if is_supabase else "", port=port or "6543"
    )


# --- connecting ---

_FULL = r"too many (clients|connections)|connection slots|max_client_conn|max clients reached|query_wait_timeout"
_KNOWN = (
    (_FULL, "server_full", ""),
    (
        r"password authentication failed|SASL authentication failed|no password supplied",
        "password_refused",
        "",
    ),
    (r"unsupported startup parameter", "startup_parameter", ""),
    (r"statement pooling mode", "transaction_pooler", "statement"),
)


def _unreachable(error: psycopg.Error) -> Problem:
    # The driver's text names host, database and role, never the password.
    reason = " ".join(str(error).split()) or type(error).__name__
    for pattern, code, variant in _KNOWN:
        if re.search(pattern, reason):
            return Problem(code, variant=variant, reason=reason)
    return Problem("server_unreachable", reason=reason)


# --- contents ---


def _check_encoding(connection: Connection) -> Iterator[Problem]:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        yield Problem("encoding", database=connection.info.dbname, encoding=encoding)


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
    return [Problem("schema_forbidden", schema=schema, role=user, database=name)]


def _check_all(
    connection: Connection, schema: str, required: Sequence[str], optional: Sequence[str]
) -> Iterator[Problem]:
    for name in (*required, *optional):
        if problem := _check_extension(connection, name, schema, blocking=name in required):
            yield problem


def _check_extension(
    connection: Connection, name: str, schema: str, *, blocking: bool
) -> Problem | None:
    """Check an extension. It may be in any schema that our tables' owner may use; without tables, that we may use."""
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
    if usable:
        return None
    return Problem(
        "extension_out_of_reach", blocking=blocking, extension=name, schema=place, role=role
    )


def _check_creation(
    connection: Connection, name: str, schema: str, *, blocking: bool
) -> Problem | None:
    """Try it for real and roll back: only the server knows what this role may do."""
    place = sql.Identifier(schema)
    create = sql.SQL("CREATE EXTENSION {} SCHEMA {} CASCADE").format(sql.Identifier(name), place)
    try:
        with connection.transaction(force_rollback=True):
            if connection.execute("SELECT to_regnamespace(%s)", [schema]).fetchone() == (None,):
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(place))
            connection.execute(create)
    except errors.InsufficientPrivilege:
        return Problem(
            "extension_forbidden",
            blocking=blocking,
            extension=name,
            database=connection.info.dbname,
        )
    except (errors.FeatureNotSupported, errors.UndefinedFile):
        return Problem(
            "extension_not_installed",
            blocking=blocking,
            extension=name,
            package=_package(connection, name),
        )
    return None


def _package(connection: Connection, name: str) -> str:
    if name != "vector":
        return "postgresql-contrib"
    return f"postgresql-{connection.info.server_version // 10_000}-pgvector"
