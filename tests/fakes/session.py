"""One database session per test for the statements with which it arranges and looks.

A new one starts a process of Postgres and reads the catalog again, which costs more than most statements.
"""

from __future__ import annotations

import asyncio
from threading import Lock
from typing import Any

import psycopg

_open: dict[str, psycopg.Connection[Any]] = {}
_in_use = Lock()


async def rows(database_url: str, query: bytes, values: tuple[Any, ...]) -> list[Any]:
    """Rows of a query, which is a transaction of its own; none if it gives no rows."""
    return await asyncio.to_thread(_rows, database_url, query, values)


def close() -> None:
    """Close what is open: a test's database is dropped after it."""
    with _in_use:
        while _open:
            _open.popitem()[1].close()


def _rows(database_url: str, query: bytes, values: tuple[Any, ...]) -> list[Any]:
    if not _in_use.acquire(blocking=False):  # by a statement that waits for a lock, maybe ours
        with _connect(database_url) as connection:
            return _fetched(connection, query, values)
    try:
        return _fetched(_kept(database_url), query, values)
    except psycopg.OperationalError:
        if not _open[database_url].closed:
            raise
        return _fetched(_kept(database_url), query, values)  # the server or a test ended it
    finally:
        _in_use.release()


def _kept(database_url: str) -> psycopg.Connection[Any]:
    if database_url not in _open or _open[database_url].closed:
        _open[database_url] = _connect(database_url)
    return _open[database_url]


def _connect(database_url: str) -> psycopg.Connection[Any]:
    # Nothing is prepared: a test may change a table between two statements that read the same.
    return psycopg.connect(database_url, autocommit=True, prepare_threshold=None)


def _fetched(
    connection: psycopg.Connection[Any], query: bytes, values: tuple[Any, ...]
) -> list[Any]:
    answer = connection.execute(query, values)
    return answer.fetchall() if answer.description else []
