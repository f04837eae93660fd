"""The database engine: sets the scope in each Postgres transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import NotSupportedError, transaction
from django.db.backends.postgresql import base
from psycopg.types.datetime import TimestamptzLoader

from jemmo import tracing
from jemmo.store.db import plans, priority, schema, scope, traces
from jemmo.store.db.scope import Scope

PreparedCursor: Any = base.ServerBindingCursor
"""Sends the values apart from the statement, so Postgres can keep its plan (``jemmo.store.db.plans``)."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Wraps each statement outside a transaction in one of its own, together with its scope.

    The setting ends with the transaction, so a pooled session can't carry it over to another request.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sent: Scope | None = None
        self.execute_wrappers.append(_in_scope)
        if tracing.is_on():
            self.execute_wrappers.append(traces.trace_statement)

    def has_scope(self, session_scope: Scope) -> bool:
        return self._sent == session_scope

    def send_scope(self, session_scope: Scope) -> None:
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            cursor.execute(*session_scope.statement)
        self.remember_scope(session_scope)

    def forget_scope(self) -> None:
        self._sent = None

    def remember_scope(self, session_scope: Scope) -> None:
        """Remember the scope sent to Postgres, which forgets it at the end of a transaction."""
        self._sent = None if self.get_autocommit() else session_scope

    # When a transaction starts, ends or rolls back, Postgres may forget the scope. (Django's stubs lack these methods.)

    def _set_autocommit(self, autocommit: bool) -> None:
        self._sent = None
        super()._set_autocommit(autocommit)  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        try:
            with scope.acting_in(None):  # a failed transaction accepts nothing else
                super()._savepoint_rollback(sid)  # type: ignore[misc]
        finally:
            self._sent = None

    def _rollback(self) -> None:
        self._sent = None
        super()._rollback()  # type: ignore[misc]

    def _commit(self) -> None:
        self._sent = None
        super()._commit()  # type: ignore[misc]

    def _configure_connection(self, connection: Any) -> bool:
        """Configure a connection, including those of the pool. Return whether a commit is needed."""
        super()._configure_connection(connection)  # type: ignore[misc]
        connection.execute(schema.SET_SEARCH_PATH, schema.search_path_params())
        connection.adapters.register_loader("timestamptz", TimeLoader)
        priority.lower(connection)
        return True

    def connect(self) -> None:
        self._sent = None
        super().connect()

    def create_cursor(self, name: str | None = None) -> Any:
        is_kept = name is None and plans.are_kept()
        self.connection.prepare_threshold = 0 if is_kept else None  # immediately, or never
        return PreparedCursor(self.connection) if is_kept else super().create_cursor(name)


class TimeLoader(TimestamptzLoader):
    """Parses times with Python's own parser. Django's regular expression takes half the time of a feed page."""

    timezone = UTC  # Django requires it

    def load(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(str(data, "ascii"))
        except ValueError:  # infinity, or years that Python does not support
            return super().load(data)


def _in_scope(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Execute in the current scope. Not a method, because a bound method would create a reference cycle."""
    database: DatabaseWrapper = context["connection"]
    session_scope = scope.current()
    if session_scope is None or database.needs_rollback or database.has_scope(session_scope):
        return execute(sql, params, many, context)
    cursor = context["cursor"].cursor
    if isinstance(cursor, PreparedCursor) and not many:
        database.forget_scope()  # the new one is sent even if the statement itself can't be
        try:
            with database.wrap_database_errors, database.connection.pipeline():
                PreparedCursor(database.connection).execute(*session_scope.statement)
                executed = execute(sql, params, many, context)
        except (
            NotSupportedError
        ):  # an upgrade changed the type of a column that a prepared statement returns
            database.connection.close()  # a new connection makes new plans
            raise
        database.remember_scope(session_scope)
        return executed
    if many or not _joins(sql, params, cursor):
        alone = database.get_autocommit()
        with transaction.atomic(using=database.alias) if alone else nullcontext():
            database.send_scope(session_scope)
            return execute(sql, params, many, context)
    statement, values = session_scope.statement
    follows = sql.replace("%", "%%") if params is None else sql
    executed = execute(f"{statement}; {follows}", (*values, *(params or ())), many, context)
    cursor.nextset()
    database.remember_scope(session_scope)
    return executed


def _joins(sql: object, params: object, cursor: object) -> bool:
    """Whether the scope and a statement can be sent to Postgres as one message, which runs as one transaction."""
    return (
        isinstance(sql, str)
        and not isinstance(params, Mapping)
        and isinstance(cursor, psycopg.ClientCursor)
    )
