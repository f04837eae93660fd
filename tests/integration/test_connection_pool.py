"""Threads share a pool of database connections, and no scope leaks from one request to the next."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Thread
from typing import Any, TypeVar
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connections, transaction

from jemmo import bootstrap
from jemmo.settings import POOL, database
from jemmo.store.db import plans, scope
from jemmo.store.db.scope import Scope

T = TypeVar("T")
SETTINGS = [f"jemmo.{name}" for name in ("org", "account", "contacts", "reach")]
TOLD = "SELECT " + ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in SETTINGS)


@pytest.fixture
def pool(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A single connection for all threads of this process, named like a web process's."""
    monkeypatch.setitem(POOL, "timeout", 60.0)
    for key, value in database(os.environ["DATABASE_URL"], process="web", pool=1).items():
        monkeypatch.setitem(connections.settings["default"], key, value)
    connections.close_all()
    yield
    bootstrap.stop()


def elsewhere(work: Callable[[], T]) -> T:
    """Run work in a separate thread, which then returns its connection."""
    found: list[T] = []

    def run() -> None:
        try:
            found.append(work())
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def session() -> tuple[int, Any]:
    """Return this thread's server process, and its session-wide settings."""
    wrapper: Any = connections["default"]
    wrapper.ensure_connection()
    raw = wrapper.connection
    return raw.info.backend_pid, raw.execute(TOLD).fetchone()


def as_visitor() -> int:
    with scope.acting_in(Scope(org=uuid4(), account=uuid4(), contacts=True)):
        with connections["default"].cursor() as cursor:
            cursor.execute(TOLD)
            assert cursor.fetchone()[0]
        return session()[0]


def that_fails() -> int:
    with (
        scope.acting_in(Scope(org=uuid4(), contacts=True)),
        contextlib.suppress(DatabaseError),
        transaction.atomic(),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute("SELECT 1/0")
    return session()[0]


def that_is_left_in_the_middle() -> int:
    with scope.acting_in(Scope(org=uuid4(), contacts=True)):
        wrapper = connections["default"]
        wrapper.set_autocommit(False)
        with wrapper.cursor() as cursor:
            cursor.execute("SELECT 1")
        wrapper.needs_rollback = False
        return int(wrapper.connection.info.backend_pid)


@pytest.mark.parametrize("visit", [as_visitor, that_fails, that_is_left_in_the_middle])
def test_no_scope_stays_on_a_connection(pool: None, visit: Callable[[], int]) -> None:
    first = elsewhere(visit)
    second, told = elsewhere(session)
    assert first == second, "the pool has one connection"
    assert told == ("", "", "", "")


def by_values(sql: str) -> Any:
    with connections["default"].cursor() as cursor:
        cursor.execute(f"{sql} WHERE 'per cent' LIKE %s", ["per%"])
        return cursor.fetchone()


def by_names(sql: str) -> Any:
    with connections["default"].cursor() as cursor:
        cursor.execute(f"{sql} WHERE 'per cent' LIKE %(like)s", {"like": "per%"})
        return cursor.fetchone()


def without_values(sql: str) -> Any:
    with connections["default"].cursor() as cursor:
        cursor.execute(f"{sql} WHERE 'per cent' LIKE 'per%'")
        return cursor.fetchone()


def in_parts(sql: str) -> Any:
    with connections["default"].chunked_cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def with_a_kept_plan(sql: str) -> Any:
    with plans.kept():
        return by_values(sql)


def with_a_kept_plan_again(sql: str) -> Any:
    with_a_kept_plan(sql)
    return with_a_kept_plan(sql)


WAYS = [by_values, by_names, without_values, in_parts, with_a_kept_plan, with_a_kept_plan_again]


@pytest.mark.parametrize("ask", WAYS)
def test_every_kind_of_statement_carries_its_scope(
    database_url: str, ask: Callable[[str], Any]
) -> None:
    org, account = uuid4(), uuid4()
    with scope.acting_in(Scope(org=org, account=account, contacts=True)):
        assert ask(TOLD) == (str(org), str(account), "on", "")
        assert session()[1] == ("", "", "", "")
        with transaction.atomic():
            assert ask(TOLD) == (str(org), str(account), "on", "")
            with scope.acting_in(scope.NOBODY):
                assert ask(TOLD) == ("", "", "", "")


def test_many_rows_are_sent_in_one_scope(database_url: str) -> None:
    org = uuid4()
    with scope.acting_in(Scope(org=org)), connections["default"].cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE noted (number int, org text)")
        noted = "INSERT INTO noted VALUES (%s, current_setting('jemmo.org'))"
        cursor.executemany(noted, [[1], [2]])
        cursor.execute("SELECT * FROM noted ORDER BY 1")
        assert cursor.fetchall() == [(1, str(org)), (2, str(org))]


def test_a_scope_costs_a_statement_no_message_of_its_own(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = psycopg.Connection.wait
    waits: list[object] = []

    def wait(*given: Any, **named: Any) -> Any:
        waits.append(given)
        return waited(*given, **named)

    session()
    monkeypatch.setattr(psycopg.Connection, "wait", wait)
    with scope.acting_in(Scope(org=uuid4())):
        by_values(TOLD)
    assert len(waits) == 1


def test_nor_does_it_with_kept_plans(database_url: str) -> None:
    """In libpq's log, each server response ends with "ReadyForQuery"."""
    wrapper: Any = connections["default"]
    with scope.acting_in(Scope(org=uuid4())):
        with_a_kept_plan(TOLD)
        with tempfile.TemporaryFile("w+") as log:
            wrapper.connection.pgconn.trace(log.fileno())
            with_a_kept_plan(TOLD)
            wrapper.connection.pgconn.untrace()
            log.seek(0)
            sent = log.read()
    assert sent.count("ReadyForQuery") == 1
    assert "Parse" not in sent, "both statements were prepared before"


def test_an_error_with_kept_plans_is_djangos_and_leaves_the_connection_usable(
    database_url: str,
) -> None:
    with scope.acting_in(Scope(org=uuid4())):
        with pytest.raises(DatabaseError, match="division by zero"):
            with_a_kept_plan("SELECT 1/0")
        with pytest.raises(DatabaseError, match="division by zero"), transaction.atomic():
            with_a_kept_plan("SELECT 1/0")
        assert with_a_kept_plan("SELECT 1") == (1,)


@pytest.mark.parametrize("ask", [by_values, with_a_kept_plan])
def test_a_failed_part_of_a_transaction_leaves_the_rest_intact(
    database_url: str, ask: Callable[[str], Any]
) -> None:
    org = uuid4()
    with scope.acting_in(Scope(org=org)), transaction.atomic():
        assert ask(TOLD)[0] == str(org)
        with pytest.raises(DatabaseError, match="division by zero"), transaction.atomic():
            ask("SELECT 1/0")
        assert ask(TOLD)[0] == str(org)


@pytest.mark.parametrize("ask", [by_values, with_a_kept_plan])
def test_a_statement_that_cannot_be_sent_leaks_no_scope(
    database_url: str, ask: Callable[[str], Any]
) -> None:
    org = uuid4()
    with scope.acting_in(Scope(org=org)), transaction.atomic():
        assert ask(TOLD)[0] == str(org)
        with scope.acting_in(scope.EVERYTHING), pytest.raises((DatabaseError, ValueError)):
            ask("SELECT %s")  # the values don't match the placeholders
        assert ask(TOLD)[0] == str(org)


def test_a_kept_plan_of_a_column_whose_type_changed_fails_once(database_url: str) -> None:
    with scope.acting_in(Scope(org=uuid4())):
        with connections["default"].cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE changing (name varchar(10))")
        with_a_kept_plan("SELECT name FROM changing")
        with connections["default"].cursor() as cursor:
            cursor.execute("ALTER TABLE changing ALTER name TYPE varchar(20)")
        with pytest.raises(DatabaseError, match="cached plan"):
            with_a_kept_plan("SELECT name FROM changing")
        connections.close_all()
        assert with_a_kept_plan("SELECT 1") == (1,)


def test_a_connection_that_another_thread_holds_is_waited_for_and_then_refused(pool: None) -> None:
    def refused() -> bool:
        with pytest.raises(OperationalError):
            session()
        return True

    session()
    with pytest.MonkeyPatch.context() as impatient:
        impatient.setattr(connections["default"].pool, "timeout", 0.1)  # type: ignore[attr-defined]
        assert elsewhere(refused)
    connections.close_all()
    assert elsewhere(session)


def test_connections_ended_by_postgres_are_replaced(pool: None, database_url: str) -> None:
    first, _ = elsewhere(session)
    with psycopg.connect(database_url, autocommit=True) as db:
        db.execute("SELECT pg_terminate_backend(%s)", [first])
    second, _ = elsewhere(session)
    assert second != first


def test_the_statement_wrapper_keeps_no_connection_alive(database_url: str) -> None:
    wrapper = connections.create_connection("default")
    assert all(getattr(each, "__self__", None) is None for each in wrapper.execute_wrappers)


def test_a_process_enters_its_role_and_its_pool(
    owner_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("USER", "OPTIONS", "CONN_MAX_AGE"):
        monkeypatch.setitem(connections.settings["default"], key, None)
    monkeypatch.setenv("DATABASE_URL", owner_url)
    bootstrap._as_application(owner_url, "web", 2)
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT current_user, current_setting('application_name')")
            user, name = cursor.fetchone()
        assert user.startswith("jemmo_app_")
        assert name == "jemmo web"
        assert connections["default"].pool.max_size == 2  # type: ignore[attr-defined]
    finally:
        bootstrap.stop()


@pytest.mark.parametrize(
    "literal",
    [
        "2026-03-04 05:06:07.1+00",
        "2026-03-04 05:06:07+05:30",
        "1971-01-01 00:00:00.000001-09",
        "0001-01-01 00:00:00+00",
        "9999-12-31 23:59:59.999999+00",
    ],
)
def test_times_are_read_as_django_reads_them(database_url: str, literal: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [literal])
        moment = cursor.fetchone()[0]

    assert moment == datetime.fromisoformat(literal)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("literal", ["infinity", "0044-03-15 BC", "10000-01-01"])
def test_a_time_that_python_does_not_know_is_an_error_of_the_database(
    database_url: str, literal: str
) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [literal])
        with pytest.raises(DatabaseError):
            cursor.fetchone()
