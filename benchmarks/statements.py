"""Every statement a process sends to Postgres while a block lasts, with its plan as it really ran.

    with captured(url) as statements:
        asyncio.run(task.func(0))

Each statement is planned and run a second time beside the first, in a transaction that is rolled back. Django's
connections and those of the data path are both seen. Of one text the first few are enough.
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
FEW = 3  # executions of one text that are looked at


@dataclass
class Statement:
    """One statement as it was sent, and its plan: as run, or as planned where a lock stood in the way."""

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
        """Pages that it read, in memory or not."""
        return sum(
            int(self.plan.get(f"{kind} Blocks", 0)) for kind in ("Shared Hit", "Shared Read")
        )

    def rows_read(self) -> Counter[str]:
        """Rows it looked at, by table; those a filter removed among them."""
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
        """Tables it reads from one end to the other."""
        return {
            str(node["Relation Name"]) for node in self.nodes if node["Node Type"] == "Seq Scan"
        }


@contextmanager
def captured(url: str) -> Iterator[list[Statement]]:
    """Collect the statements of this process; ``url`` is for the second run, as the application."""
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
        setattr(cursor, "execute", method)  # noqa: B010 - mypy takes no other method
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
    """As it really runs now; as it would run, where another transaction holds a lock it needs."""
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
    """The plain method, whatever ``captured`` put in its place."""

    execute = psycopg.Cursor.execute


def _caller() -> str:
    """Where in our own code the statement comes from."""
    for frame in inspect.stack(context=0)[2:]:
        path = Path(frame.filename)
        if "jemmo" in path.parts and "backend" not in path.parts:
            return f"{'/'.join(path.parts[path.parts.index('jemmo') + 1 :])}:{frame.function}"
    return "?"
