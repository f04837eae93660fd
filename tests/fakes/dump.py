"""Everything a database holds, as text."""

from __future__ import annotations

import psycopg


def dump(database_url: str) -> dict[str, str]:
    """Every row of every table: what ``pg_dump`` writes, table by table."""
    with psycopg.connect(database_url) as db:
        tables = db.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'jemmo' ORDER BY 1"
        ).fetchall()
        return {
            name: "\n".join(
                row[0] for row in db.execute(f'SELECT t::text FROM "{name}" t').fetchall()
            )
            for (name,) in tables
        }
