"""The psycopg connections of the data path, in addition to Django's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from django.db import DatabaseError, InterfaceError
from psycopg.rows import TupleRow

from jemmo import tracing
from jemmo.domain import database_errors
from jemmo.domain.errors import TransientError
from jemmo.store.db import priority, schema, scope
from jemmo.store.db.query import execute
from jemmo.store.db.traces import TracedCursor

Connection = psycopg.AsyncConnection[TupleRow]


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Connection]:
    """Open a connection in autocommit mode, in the current scope. Transactions are opened explicitly.

    Raises ``TransientError``.
    """
    with explained():
        connection = await psycopg.AsyncConnection.connect(
            url, autocommit=True, application_name="jemmo sync", connect_timeout=10
        )
    try:
        await prepare(connection)
        yield connection
    finally:
        await connection.close()


async def prepare(connection: Connection) -> None:
    """Set the priority, the schema and the scope of a new connection."""
    priority.lower(connection)
    if tracing.is_on():
        connection.cursor_factory = TracedCursor
    with explained():
        await schema.set_search_path_async(connection)
    await apply_scope(connection)


async def apply_scope(connection: Connection) -> None:
    """Set the current scope for the whole session, which is not shared."""
    current_scope = scope.current() or scope.NOBODY
    with explained():
        await connection.execute(scope.SET_FOR_SESSION, current_scope.settings)


def ping() -> None:
    """Check that Django's connection responds. Raises ``DatabaseError`` otherwise."""
    execute("SELECT 1")


class explained:  # noqa: N801 - reads as a statement: with explained()
    """Turns a database error raised inside into one that names its cause and the next step."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if error is not None and (known := explain(error)):
            raise known from error


def explain(error: BaseException) -> TransientError | None:
    """The database error in an exception, even if Django raised it; ``None`` for our own bugs and other errors."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, psycopg.Error):
        cause = cause.__cause__ if isinstance(cause, DatabaseError | InterfaceError) else None
    if cause is None:
        return None
    reaches = isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
    if not cause.sqlstate and not reaches:
        return None  # the driver was used incorrectly
    known = database_errors.refusal(cause.sqlstate, str(cause))
    return known.error() if known else None


def is_away(error: BaseException | None) -> bool:
    """Whether an unavailable database caused an error, even through a chain of errors."""
    while error is not None and explain(error) is None:
        error = error.__cause__ or error.__context__
    return error is not None


def is_unstorable(error: BaseException | None) -> bool:
    """Whether Postgres could not store a text because it contains NUL or half of a surrogate pair."""
    while error is not None:
        nul = (
            isinstance(error, psycopg.DataError) and error.sqlstate is None and "NUL" in str(error)
        )
        if nul or isinstance(error, UnicodeEncodeError):
            return True
        error = error.__cause__ or error.__context__
    return False
