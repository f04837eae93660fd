"""Captures every statement that a process sends to Postgres within a block, with its actual plan.

    with captured(url) as statements:
        asyncio.run(task.func(0))

Each statement is also run with EXPLAIN in a separate transaction that is rolled back. Covers Django's connections and
those of the data path, but only the first few executions of each text.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from jemmo.store.db import scope

READS = ("SELECT", "WITH", "DELETE", "UPDATE", "INSERT")
FEW = 3  # captured executions per text


@dataclass
class Statement:
    """A statement and its actual plan, or the estimated one if a lock prevented the second run."""

    query: str
    plan: Mapping[str, Any]
    caller: str

    @property
    def nodes(self) -> Iterator[Mapping[str, Any]]:
        waiting = [self.plan]
        while waiting:
            node = waiting.pop()
            waiting += node.get("Plans", [])
            yield node

    @property
    def buffers(self) -> int:
        """The number of pages read, cached or not."""
        return sum(
            int(self.plan.get(f"{kind} Blocks", 0)) for kind in ("Shared Hit", "Shared Read")
        )

    def rows_read(self) -> Counter[str]:
        """Return the number of rows read by table, including those that a filter removed."""
        rows: Counter[str] = Counter()
        for node in self.nodes:
            if table := node.get("Relation Name"):
                seen = node.get("Actual Rows", 0) + sum(
                    node.get(f"Rows Removed by {why}", 0)
                    for why in ("Filter", "Index Recheck", "Join Filter")
                )
                rows[table] += round(seen * node.get("Actual Loops", 1))
        return rows

    def scanned(self) -> set[str]:
        """Return the tables that are scanned sequentially."""
        return {
            str(node["Relation Name"]) for node in self.nodes if node["Node Type"] == "Seq Scan"
        }


@contextmanager
def captured(url: str) -> Iterator[list[Statement]]:
    """Collect the statements of this process; ``url`` is for running them again, in the application's role."""
    statements: list[Statement] = []
    times: Counter[str] = Counter()
    kept = {
        cursor: cursor.execute
        for cursor in (psycopg.Cursor, psycopg.AsyncCursor, psycopg.ServerCursor)
    }

    def note(query: Any, params: Any) -> None:
        text = _text(query)
        times[text] += 1
        if times[text] <= FEW and _is_ours(text) and (plan := _plan(url, text, params)):
            statements.append(Statement(text, plan, _caller()))

    def execute(self: Any, query: Any, params: Any = None, **more: Any) -> Any:
        note(query, params)
        return kept[psycopg.Cursor](self, query, params, **more)

    def declare(self: Any, query: Any, params: Any = None, **more: Any) -> Any:
        note(query, params)
        return kept[psycopg.ServerCursor](self, query, params, **more)

    async def execute_async(self: Any, query: Any, params: Any = None, **more: Any) -> Any:
        note(query, params)
        return await kept[psycopg.AsyncCursor](self, query, params, **more)

    for cursor, method in (
        (psycopg.Cursor, execute),
        (psycopg.ServerCursor, declare),
        (psycopg.AsyncCursor, execute_async),
    ):
        setattr(cursor, "execute", method)  # noqa: B010 - mypy rejects assigning to a method
    try:
        yield statements
    finally:
        for cursor, before in kept.items():
            setattr(cursor, "execute", before)  # noqa: B010


def _text(query: Any) -> str:
    if isinstance(query, bytes):
        return query.decode()
    return query if isinstance(query, str) else str(query.as_string())


def _is_ours(text: str) -> bool:
    words = text.split()
    return bool(words) and words[0].upper() in READS and "set_config(" not in text


def _plan(url: str, text: str, params: Any) -> Mapping[str, Any] | None:
    """Return the actual plan, or the estimated one if another transaction holds a lock that the statement needs."""
    with suppress(psycopg.errors.LockNotAvailable):
        return _explain(url, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ", text, params)
    return _explain(url, "EXPLAIN (FORMAT JSON) ", text, params)


def _explain(url: str, how: str, text: str, params: Any) -> Mapping[str, Any] | None:
    connection = psycopg.Connection.connect(url, cursor_factory=_Cursor)
    try:
        cursor = connection.cursor()
        cursor.execute(scope.SET_FOR_TRANSACTION, (scope.current() or scope.EVERYTHING).settings)
        cursor.execute("SET LOCAL lock_timeout = '50ms'")
        cursor.execute(how + text, params)
        row = cursor.fetchone()
        plan: Mapping[str, Any] = row[0][0]["Plan"] if row else {}
        return plan
    finally:
        connection.rollback()
        connection.close()


class _Cursor(psycopg.ClientCursor[Any]):
    """A cursor with the original method instead of the one from ``captured``."""

    execute = psycopg.Cursor.execute


def _caller() -> str:
    """Return the place in our own code that sent the statement."""
    for frame in inspect.stack(context=0)[2:]:
        path = Path(frame.filename)
        if "jemmo" in path.parts and "backend" not in path.parts:
            return f"{'/'.join(path.parts[path.parts.index('jemmo') + 1 :])}:{frame.function}"
    return "?"
