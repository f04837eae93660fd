"""The database engine: sets the scope in each Postgres transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import transaction
from django.db.backends.postgresql import base
from psycopg.types.datetime import TimestamptzLoader

from jemmo.store.db import schema, scope
from jemmo.store.db.scope import Scope


class DatabaseWrapper(base.DatabaseWrapper):
    """A statement outside of a transaction gets one of its own: it is sent together with its scope.

    The setting ends with its transaction, so that a pooled session can't carry it to another request.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._told: Scope | None = None
        self.execute_wrappers.append(_in_scope)

    def has_scope(self, session_scope: Scope) -> bool:
        return self._told == session_scope

    def send_scope(self, session_scope: Scope) -> None:
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            cursor.execute(*session_scope.statement)
        self.remember_scope(session_scope)

    def remember_scope(self, session_scope: Scope) -> None:
        """Postgres was told so; where no transaction is open, it has forgotten it again."""
        self._told = None if self.get_autocommit() else session_scope

    # Where a transaction begins, ends or goes back, Postgres may have forgotten what it was told. (Django's stubs lack
    # these.)

    def _set_autocommit(self, autocommit: bool) -> None:
        self._told = None
        super()._set_autocommit(autocommit)  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        self._told = None
        super()._savepoint_rollback(sid)  # type: ignore[misc]

    def _rollback(self) -> None:
        self._told = None
        super()._rollback()  # type: ignore[misc]

    def _commit(self) -> None:
        self._told = None
        super()._commit()  # type: ignore[misc]

    def _configure_connection(self, connection: Any) -> bool:
        """Of the pool too. Whether there is something to commit."""
        super()._configure_connection(connection)  # type: ignore[misc]
        connection.execute(schema.SET_SEARCH_PATH, schema.search_path_params())
        connection.adapters.register_loader("timestamptz", TimeLoader)
        return True

    def connect(self) -> None:
        self._told = None
        super().connect()


class TimeLoader(TimestamptzLoader):
    """Reads a time by Python's own parser. Django's, by a pattern, takes half of the time of a page of the feed."""

    timezone = UTC  # Django asks for it

    def load(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(str(data, "ascii"))
        except ValueError:  # infinity, or years that Python does not know
            return super().load(data)


def _in_scope(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Execute in the scope in force. A function, since a wrapper that refers to its connection would be a cycle."""
    database: DatabaseWrapper = context["connection"]
    session_scope = scope.current()
    if session_scope is None or database.needs_rollback or database.has_scope(session_scope):
        return execute(sql, params, many, context)
    cursor = context["cursor"].cursor
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
    """Whether the scope and a statement can go to Postgres as one message, which runs as one transaction."""
    return (
        isinstance(sql, str)
        and not isinstance(params, Mapping)
        and isinstance(cursor, psycopg.ClientCursor)
    )
