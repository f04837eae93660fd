"""Periodic statements read few rows, even in a database without statistics."""

from __future__ import annotations

import pytest
from psycopg import connect, sql

from benchmarks.filled import BIG, fill
from benchmarks.periodic import works
from benchmarks.statements import Statement, captured

pytestmark = pytest.mark.versions

COMPANIES, TALENTS = 3, 2000
AT_MOST = 1200  # rows of a big table that a statement may read, enough to read and delete a batch


@pytest.fixture
def young(owner_url: str, database_url: str) -> str:
    """A database with many rows and no statistics, like after a first sync."""
    with connect(owner_url, autocommit=True) as db:
        for table in BIG:
            switch = "ALTER TABLE {} SET (autovacuum_enabled = off)"
            db.execute(sql.SQL(switch).format(sql.Identifier(table)))
    fill(database_url, COMPANIES, TALENTS)
    with connect(owner_url) as db:
        known = db.execute(
            "SELECT count(*) FROM pg_stats WHERE tablename = ANY(%s)", [list(BIG)]
        ).fetchone()
    assert known == (0,)
    return database_url


def too_much(statement: Statement) -> list[str]:
    """Return the big tables that a statement scans, or of which it reads more than a batch."""
    rows = statement.rows_read()
    whole = statement.scanned()
    return [
        f"{table} ({'whole' if table in whole else rows[table]})"
        for table in BIG
        if table in whole or rows[table] > AT_MOST
    ]


async def test_no_periodic_statement_reads_a_big_table(young: str) -> None:
    faults: set[tuple[str, str, str]] = set()
    for name, work in works().items():
        with captured(young) as statements:
            await work(young)
        for statement in statements:
            if found := too_much(statement):
                faults.add((name, f"{statement.caller}: {found}", statement.query))

    assert not faults, "\n\n".join(f"{name} in {where}\n{query}" for name, where, query in faults)
