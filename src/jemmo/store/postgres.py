"""How the data path reaches Postgres: psycopg connections of its own, beside Django's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.string import BytesBinaryDumper

from jemmo.domain.errors import TransientError
from jemmo.store import scope

Connection = psycopg.AsyncConnection[TupleRow]


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Connection]:
    """A connection in autocommit mode, in the scope of whoever opens it; transactions are opened by name.

    Raises ``TransientError``.
    """
    with explained():
        connection = await psycopg.AsyncConnection.connect(
            url, autocommit=True, application_name="jemmo sync", connect_timeout=10
        )
    # psycopg's own for this type is slower: it also takes the DB-API's Binary.
    connection.adapters.register_dumper(bytes, BytesBinaryDumper)
    try:
        await tell_scope(connection)
        yield connection
    finally:
        await connection.close()


async def tell_scope(connection: Connection) -> None:
    """Tell the connection the scope in force; it stays for the session, which is nobody else's."""
    told = scope.current() or scope.NOBODY
    with explained():
        await connection.execute(scope.TELL_SESSION, told.settings)


class explained:  # noqa: N801 - reads as a statement: with explained()
    """Turns a lost database into an error that says so.

    Nothing of the server's text is repeated, since it may hold a person's data.
    """

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, psycopg.errors.ProgramLimitExceeded):
            return  # ours to mend: the database is there
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            raise TransientError(
                "The connection to the database was lost.",
                code="database_unavailable",
                next_step="Check that Postgres runs (`jemmo doctor`), then sync again: "
                "it goes on where it stopped.",
            ) from error
