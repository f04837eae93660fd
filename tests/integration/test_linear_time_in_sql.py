"""Postgres's work on texts from candidates or an ATS grows linearly with their length, too."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import psutil
import psycopg
import pytest

import jemmo
from jemmo.store.records import text_masking
from jemmo.store.sync import statements
from jemmo.store.sync.tables import TABLES

pytestmark = pytest.mark.versions

SHORT, GROWTH = (
    1_000,
    8,
)  # characters, and the factor to the long text; quadratic work would take 64 times as long
LIMIT, RUNS, LEAST = 24, 10, 0.05  # another process's CPU time is counted in hundredths of a second
PIECES = (
    "QmFz",
    "a@",
    "1 ",
    "12.",
    "é",
    "<b",
    " ",
    ".",
    "-",
    "a.b/",
    "﹫",
    "0\u200b",
    "&#1;",
    "a_b@",
)
NAMES = ("unaccent", "to_tsvector", "regexp_replace", "regexp_matches", "regexp_split_to_table")


def searched() -> str:
    """Return the search vectors of all tables that have one, with the same text in each column."""
    vectors = []
    for table in TABLES.values():
        if table.search:
            columns = ", ".join(
                f"array[x.text]::text[] AS {column.name}"
                if column.type.endswith("[]")
                else f"x.text AS {column.name}"
                for column in table.columns
                if column.name in table.search
            )
            vector = statements._values(table)["search"]
            vectors.append(f"(SELECT length({vector}) FROM (SELECT {columns}) AS s)")
    return " + ".join(vectors)


def still_matches() -> str:
    names = ", ".join(f"x.text AS {name}" for name in text_masking.SEARCHED)
    condition = text_masking._STILL_MATCHES.replace("%s", "'ada'")
    return f"(SELECT {condition} FROM (SELECT {names}, array[x.text] AS tags) AS talent)"


EXPRESSIONS: dict[str, Callable[[], str]] = {
    "store/sync/statements.py": searched,
    "store/records/text_masking.py": still_matches,
    "store/db/paging.py": lambda: "unaccent(x.text)",
    "store/records/quality.py": lambda: "lower(unaccent(x.text))",
    "services/privacy/people.py": lambda: "lower(unaccent(x.text))",
}

SETS_UP = {"store/operations/exercise.py", "store/db/roles.py", "store/db/schema.py"}
"""Modules that mention the functions but only call them with their own texts."""


def spent(connection: psycopg.Connection, expression: str, text: str) -> float:
    """Return the server's CPU time in seconds. The statement truncates texts that are too long for a vector."""
    process = psutil.Process(connection.info.backend_pid)
    began = sum(process.cpu_times()[:2])
    connection.execute(
        f"SELECT {expression} FROM generate_series(1, {RUNS}) AS n, "
        "LATERAL (SELECT %s || left(n::text, 0) AS text) AS x",
        (text,),
    )
    return sum(process.cpu_times()[:2]) - began


def test_time_grows_with_the_length(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        if not psutil.pid_exists(connection.info.backend_pid):
            pytest.skip("the server is on another machine")
        for place, piece in product(EXPRESSIONS, PIECES):
            expression = EXPRESSIONS[place]()
            short, long = (piece * (SHORT * by // len(piece)) for by in (1, GROWTH))
            assert any(
                spent(connection, expression, long)
                < LIMIT * max(spent(connection, expression, short), LEAST)
                for _ in range(3)
            ), (place, piece)


def test_every_expression_is_listed() -> None:
    """If this fails, add the new expression to EXPRESSIONS."""
    source = Path(jemmo.__file__).parent
    calls = re.compile(rf"[\"'(]?\b(?:{'|'.join(NAMES)})\b[\"'(]|!~ '")
    found = {
        str(path.relative_to(source))
        for room in ("store", "services")
        for path in (source / room).rglob("*.py")
        if "migrations" not in path.parts and calls.search(path.read_text())
    }

    assert found <= EXPRESSIONS.keys() | SETS_UP
