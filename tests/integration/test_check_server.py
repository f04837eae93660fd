"""The check of a database server: each unmet requirement is reported with the next step."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from jemmo import conninfo, embedded

pytestmark = pytest.mark.versions


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]


def test_an_unreachable_server() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        [problem] = embedded.check_server(f"postgresql://u:secret@127.0.0.1:{port}/db")

    assert "server_unreachable" == problem.code
    assert "secret" not in problem.message
    assert problem.blocking


def test_an_outdated_server(database_url: str) -> None:
    [problem] = embedded.check_server(database_url, oldest=99)

    assert "server_too_old" == problem.code
    assert "Jemmo needs 99 or newer" in problem.message


def test_a_missing_extension(database_url: str) -> None:
    [problem] = embedded.check_server(database_url, required=["made_up"], optional=[])

    assert "extension_not_installed" == problem.code
    assert "postgresql-contrib" in problem.next_step


def test_an_extension_that_the_role_may_not_create(
    database_url: str, bare: Callable[..., str]
) -> None:
    problems = embedded.check_server(bare(schema=True), optional=[])

    assert {"extension_forbidden"} == {problem.code for problem in problems}
    assert "CREATE EXTENSION pg_trgm" in problems[0].next_step


def test_a_schema_that_the_role_may_not_create(bare: Callable[..., str]) -> None:
    [problem] = embedded.check_server(bare())

    assert "schema_forbidden" == problem.code
    assert "CREATE SCHEMA jemmo AUTHORIZATION jemmo" in problem.next_step


@pytest.fixture
def bare(owner_url: str) -> Iterator[Callable[..., str]]:
    """A function that creates a database without extensions, whose owner may not add any."""
    name = f"{psycopg.conninfo.conninfo_to_dict(owner_url)['dbname']}_bare"
    database = sql.Identifier(name)

    def make(*, schema: bool = False) -> str:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            if ask(owner_url, "SHOW is_superuser") == "on":
                pytest.skip("a superuser may create any extension")
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(database))
            if schema:
                with psycopg.connect(
                    psycopg.conninfo.make_conninfo(owner_url, dbname=name)
                ) as made:
                    made.execute("CREATE SCHEMA jemmo")
            connection.execute(
                sql.SQL("REVOKE CREATE ON DATABASE {} FROM CURRENT_USER").format(database)
            )
        return psycopg.conninfo.make_conninfo(owner_url, dbname=name)

    yield make
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(database))


@pytest.mark.one_server
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_text(owner_url: str, encoding: str) -> None:
    name = f"{psycopg.conninfo.conninfo_to_dict(owner_url)['dbname']}_odd"
    make = sql.SQL(
        "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LOCALE_PROVIDER libc LOCALE 'C'"
    )
    with psycopg.connect(owner_url, autocommit=True) as db:
        db.execute(make.format(sql.Identifier(name), encoding))
        try:
            problems = embedded.check_server(psycopg.conninfo.make_conninfo(owner_url, dbname=name))
        finally:
            db.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))

    assert "encoding" in {problem.code for problem in problems}
    [told] = [problem for problem in problems if problem.code == "encoding"]
    assert encoding in told.message
    assert "ENCODING 'UTF8'" in told.next_step


def test_a_server_without_a_free_connection(owner_url: str) -> None:
    name = sql.Identifier(conninfo.parse(owner_url)["dbname"])
    with psycopg.connect(owner_url, autocommit=True) as db:
        if ask(owner_url, "SHOW is_superuser") == "on":
            pytest.skip("a superuser always gets in")
        db.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT 1").format(name))
        [problem] = embedded.check_server(owner_url)

    assert "server_full" == problem.code
    assert "docs/operations.md" in problem.next_step


def test_a_password_that_is_refused(owner_url: str) -> None:
    [problem] = embedded.check_server(
        psycopg.conninfo.make_conninfo(owner_url, user="jemmo_app_00", password="secret%41")
    )
    if problem.code == "server_unreachable":
        pytest.skip("this server lets everybody in")
    assert "password_refused" == problem.code
    assert "ercent-encode" in problem.next_step
    assert "secret" not in problem.message
