"""Whether a server fits, asked of the real one: what keeps it from fitting is told with what to do."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from jemmo import embedded


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        [problem] = embedded.check_server(f"postgresql://u:secret@127.0.0.1:{port}/db")

    assert "server_unreachable" == problem.code
    assert "secret" not in problem.message
    assert problem.blocking


def test_a_server_too_old(database_url: str) -> None:
    [problem] = embedded.check_server(database_url, oldest=99)

    assert "server_too_old" == problem.code
    assert "Jemmo needs 99 or newer" in problem.message


def test_an_extension_that_is_not_installed(database_url: str) -> None:
    [problem] = embedded.check_server(database_url, required=["made_up"], optional=[])

    assert "extension_not_installed" == problem.code
    assert "postgresql-contrib" in problem.next_step


def test_an_extension_that_the_role_may_not_create(
    database_url: str, bare: Callable[[], str]
) -> None:
    problems = embedded.check_server(bare(), optional=[])

    assert {"extension_forbidden"} == {problem.code for problem in problems}
    assert "CREATE EXTENSION pg_trgm" in problems[0].next_step


@pytest.fixture
def bare(owner_url: str) -> Iterator[Callable[[], str]]:
    """Makes a database without extensions, whose owner has given up the right to add any."""
    name = f"{psycopg.conninfo.conninfo_to_dict(owner_url)['dbname']}_bare"
    database = sql.Identifier(name)

    def make() -> str:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            if ask(owner_url, "SHOW is_superuser") == "on":
                pytest.skip("a superuser may create any extension")
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(database))
            connection.execute(
                sql.SQL("REVOKE CREATE ON DATABASE {} FROM CURRENT_USER").format(database)
            )
        return psycopg.conninfo.make_conninfo(owner_url, dbname=name)

    yield make
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(database))
