"""The database engine of the settings: tells Postgres in each transaction for whom it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.backends.postgresql import base

from jemmo.store import scope
from jemmo.store.scope import TELL_TRANSACTION, Scope


class DatabaseWrapper(base.DatabaseWrapper):
    """A statement outside of a transaction gets one of its own.

    What was told ends with its transaction, so that a pooled session cannot carry it to anybody else.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._told: Scope | None = None
        self.execute_wrappers.append(self._in_scope)

    def _in_scope(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        wanted = scope.current()
        if wanted is None or self.needs_rollback:
            return execute(sql, params, many, context)
        if not self.get_autocommit():
            self._tell(wanted)
            return execute(sql, params, many, context)
        with transaction.atomic(using=self.alias):
            self._tell(wanted)
            return execute(sql, params, many, context)

    def _tell(self, wanted: Scope) -> None:
        if self._told != wanted:
            with self.wrap_database_errors, self.connection.cursor() as cursor:
                cursor.execute(TELL_TRANSACTION, wanted.settings)
            self._told = wanted

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

    def connect(self) -> None:
        self._told = None
        super().connect()
