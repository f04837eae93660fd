"""One database session per test, for arranging and inspecting data.

A new session starts a Postgres process that rereads the catalog, which takes longer than most statements.
"""

from __future__ import annotations

import asyncio
from threading import Lock
from typing import Any

import psycopg

_open: dict[str, psycopg.Connection[Any]] = {}
_in_use = Lock()


async def rows(database_url: str, query: bytes, values: tuple[Any, ...]) -> list[Any]:
    """Run a query in its own transaction and return its rows; none for a statement without rows."""
    return await asyncio.to_thread(_rows, database_url, query, values)


def close() -> None:
    """Close open sessions, since a test's database is dropped after it."""
    with _in_use:
        while _open:
            _open.popitem()[1].close()


def _rows(database_url: str, query: bytes, values: tuple[Any, ...]) -> list[Any]:
    if not _in_use.acquire(
        blocking=False
    ):  # held by a statement that waits for a lock, perhaps one of ours
        with _connect(database_url) as connection:
            return _fetched(connection, query, values)
    try:
        return _fetched(_kept(database_url), query, values)
    except psycopg.OperationalError:
        if not _open[database_url].closed:
            raise
        return _fetched(
            _kept(database_url), query, values
        )  # the server or a test closed the session
    finally:
        _in_use.release()


def _kept(database_url: str) -> psycopg.Connection[Any]:
    if database_url not in _open or _open[database_url].closed:
        _open[database_url] = _connect(database_url)
    return _open[database_url]


def _connect(database_url: str) -> psycopg.Connection[Any]:
    # No prepared statements: a test may change a table between two identical queries.
    return psycopg.connect(database_url, autocommit=True, prepare_threshold=None)


def _fetched(
    connection: psycopg.Connection[Any], query: bytes, values: tuple[Any, ...]
) -> list[Any]:
    answer = connection.execute(query, values)
    return answer.fetchall() if answer.description else []
