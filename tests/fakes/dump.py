"""Dumps a whole database as text."""

from __future__ import annotations

import psycopg


def dump(database_url: str) -> dict[str, str]:
    """Return the rows of every table as text, by table, much like ``pg_dump``."""
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
