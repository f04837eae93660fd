"""Whether a server can carry Jemmo, and if not, what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import errors, sql

OLDEST = 15
REQUIRED = ("pg_trgm", "unaccent")
OPTIONAL = ("vector",)


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
) -> list[Problem]:
    """All that is wrong with the server at this URL; it is left as it was."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            major = connection.info.server_version // 10_000
            if major < oldest:
                return [_too_old(major, oldest)]
            missing = [
                *(_check_extension(connection, name, blocking=True) for name in required),
                *(_check_extension(connection, name, blocking=False) for name in optional),
            ]
    except psycopg.Error as error:
        return [_unreachable(error)]
    return [problem for problem in missing if problem]


def _too_old(major: int, oldest: int) -> Problem:
    return Problem(
        code="server_too_old",
        message=f"The server is PostgreSQL {major}, and Jemmo needs {oldest} or newer.",
        next_step="Upgrade it, or unset DATABASE_URL to use the PostgreSQL that comes with Jemmo.",
    )


def _unreachable(error: psycopg.Error) -> Problem:
    # The driver's text names host, database and role, never the password.
    reason = " ".join(str(error).split()) or type(error).__name__
    return Problem(
        code="server_unreachable",
        message=f"The database server cannot be reached: {reason}.",
        next_step="Check that it runs, and host, port, database and role in DATABASE_URL.",
    )


def _check_extension(
    connection: psycopg.Connection, name: str, *, blocking: bool
) -> Problem | None:
    """Try for real, and take it back: only the server knows what this role may do."""
    create = sql.SQL("CREATE EXTENSION IF NOT EXISTS {} CASCADE").format(sql.Identifier(name))
    try:
        with connection.transaction(force_rollback=True):
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


def _package(connection: psycopg.Connection, name: str) -> str:
    if name != "vector":
        return "postgresql-contrib"
    return f"postgresql-{connection.info.server_version // 10_000}-pgvector"
