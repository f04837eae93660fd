"""Tries everything a sync does to the database, through the application's own connection, and rolls it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from django.db import connection
from msgspec import Struct

from jemmo.store.db import guard, schema

Connection = psycopg.Connection[Any]
TIMEOUT = 10.0  # seconds for a notification to arrive


class Trial(Struct, frozen=True):
    """One operation that was tried. ``trouble`` is the server's error, empty if it worked."""

    what: str
    trouble: str = ""


def trials(url: str) -> Iterator[Trial]:
    """Try all operations. Raises ``psycopg.Error`` if the connection fails."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as db:
        schema.set_search_path(db)
        for what, attempt in ATTEMPTS.items():
            yield _tried(db, what, attempt)


def _tried(db: Connection, what: str, attempt: Callable[[Connection], None]) -> Trial:
    try:
        attempt(db)
    except psycopg.Error as error:
        return Trial(what, " ".join(str(error).split()) or type(error).__name__)
    except (AssertionError, StopIteration):
        return Trial(what, "it has no effect")
    return Trial(what)


def _value(db: Connection, query: str, *values: object) -> object:
    row = db.execute(query.encode(), values or None).fetchone()
    return row and row[0]


def _temporary_tables(db: Connection) -> None:
    with db.transaction(force_rollback=True):
        db.execute("CREATE TEMP TABLE staged_trial (id int)")
        with db.cursor().copy("COPY staged_trial FROM STDIN") as copy:
            copy.write_row([1])
        assert _value(db, "SELECT count(*) FROM staged_trial") == 1


def _unaccent(db: Connection) -> None:
    assert _value(db, "SELECT unaccent('é')") == "e"


def _trigram(db: Connection) -> None:
    assert _value(db, "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')")


def _prepared(db: Connection) -> None:
    for _ in range(3):
        assert db.execute("SELECT 1", prepare=True).fetchone() == (1,)


def _advisory_lock(db: Connection) -> None:
    key = _value(db, "SELECT pg_backend_pid()")
    assert _value(db, "SELECT pg_try_advisory_lock(%s)", key)
    assert _value(db, "SELECT pg_advisory_unlock(%s)", key)


def _notifications(db: Connection) -> None:
    db.execute("LISTEN jemmo_trial")
    _value(db, "SELECT pg_notify('jemmo_trial', '')")
    next(db.notifies(timeout=TIMEOUT, stop_after=1))
    db.execute("UNLISTEN jemmo_trial")


ATTEMPTS: dict[str, Callable[[Connection], None]] = {
    "temporary tables and COPY": _temporary_tables,
    "extension unaccent": _unaccent,
    "extension pg_trgm": _trigram,
    "prepared statements": _prepared,
    "advisory locks": _advisory_lock,
    "LISTEN and NOTIFY": _notifications,
}


def open_to_others() -> list[str]:
    """What other roles could read or change, and tables without row-level security."""
    with connection.cursor() as cursor:
        rights = [f"{kind} for {role or 'every role'}" for kind, role in guard.exposed(cursor)]
        return rights + [f"TABLE {table} has no policy" for table in guard.unguarded(cursor)]
