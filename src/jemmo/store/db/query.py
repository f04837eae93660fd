"""Runs single SQL statements: on Django's connection, or on one of the data path (functions that start with ``a``).

``fetch_column`` returns the first column of all rows, ``fetch_value`` that of the first row. If there are no rows,
``fetch_row`` and ``fetch_value`` return ``None``.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

Connection = AsyncConnection[TupleRow]


def execute(statement: str, params: Any = None) -> int:
    """Return the number of rows that the statement changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


def fetch_rows(query: str, params: Any = None) -> list[TupleRow]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())


def fetch_column(query: str, params: Any = None) -> list[Any]:
    return [row[0] for row in fetch_rows(query, params)]


def fetch_row(query: str, params: Any = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchone()


def fetch_value(query: str, params: Any = None) -> Any:
    row = fetch_row(query, params)
    return row[0] if row else None


async def afetch_rows(db: Connection, query: str, params: Any = None) -> list[TupleRow]:
    answer = await db.execute(query.encode(), params)
    return await answer.fetchall()


async def afetch_column(db: Connection, query: str, params: Any = None) -> list[Any]:
    return [row[0] for row in await afetch_rows(db, query, params)]


async def afetch_row(db: Connection, query: str, params: Any = None) -> Any:
    answer = await db.execute(query.encode(), params)
    return await answer.fetchone()


async def afetch_value(db: Connection, query: str, params: Any = None) -> Any:
    row = await afetch_row(db, query, params)
    return row[0] if row else None
