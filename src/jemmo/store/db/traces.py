"""Traces of SQL statements: which kind of statement on which table, and how long it took. Never a value."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from jemmo import tracing

_OPERATION = re.compile(r"\s*([A-Za-z]{1,20})\b")
_TABLE = re.compile(
    r'\b(?:FROM|INTO|UPDATE|COPY)\s{1,20}(?:ONLY\s)?"?([a-z_][a-z0-9_]{0,62})"?(?![a-z0-9_(])'
)


def statement_span(query: object) -> AbstractContextManager[tracing.Span]:
    """A span named after a statement, such as ``SELECT talent``. It contains neither its text nor its values."""
    text = query.decode() if isinstance(query, bytes) else query if isinstance(query, str) else ""
    operation, table = _OPERATION.match(text), _TABLE.search(text)
    facts = {
        "database": "postgresql",
        "operation": operation[1].upper() if operation else None,
        "table": table[1] if table else None,
    }
    name = " ".join(filter(None, (facts["operation"], facts["table"]))) or "statement"
    return tracing.span(name, "client", **facts)


def trace_statement(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Wrap the execution of a statement of Django."""
    with statement_span(sql):
        return execute(sql, params, many, context)


class TracedCursor(psycopg.AsyncCursor[TupleRow]):
    """A cursor of the data path whose statements are traced."""

    async def execute(self, query: Any, *args: Any, **options: Any) -> TracedCursor:
        with statement_span(query):
            await super().execute(query, *args, **options)
        return self
