"""Confidential jobs and private talents, and how ``confidential_record`` is kept up to date.

The policies hide their parts (applications, files, stage events …) by looking up the record's id in that table.
Database triggers write the table, so no statement can forget to.
"""

from __future__ import annotations

from collections.abc import Iterator

from jemmo.store.db import schema

CONFIDENTIAL = {
    "job": "({row}.visibility = 'CONFIDENTIAL') IS TRUE",
    "talent": "{row}.is_private",
}
"""The condition that a row of a table is confidential."""

_FUNCTION = """CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, "{schema}", pg_temp AS $$ BEGIN {deed}; RETURN NULL; END $$"""

_MARK = "INSERT INTO confidential_record (org_id, id) VALUES (NEW.org_id, NEW.id) ON CONFLICT DO NOTHING"
_UNMARK = "DELETE FROM confidential_record WHERE id = OLD.id"

_TRIGGER = """CREATE OR REPLACE TRIGGER jemmo_{function}_{event} AFTER {event} ON {table} FOR EACH ROW
    WHEN ({condition}) EXECUTE FUNCTION jemmo_{function}()"""

_FILL = """INSERT INTO confidential_record (org_id, id)
    SELECT t.org_id, t.id FROM {table} t WHERE {condition} ON CONFLICT DO NOTHING"""


def statements() -> Iterator[str]:
    """Yield the triggers, whose conditions are checked without calling them, and the insert for existing rows."""
    for function, deed in (("mark", _MARK), ("unmark", _UNMARK)):
        yield _FUNCTION.format(name=f"jemmo_{function}", schema=schema.name(), deed=deed)
    for table, confidential in CONFIDENTIAL.items():
        was, now = confidential.format(row="OLD"), confidential.format(row="NEW")
        for function, event, condition in (
            ("mark", "insert", now),
            ("mark", "update", f"{now} AND NOT ({was})"),
            ("unmark", "update", f"{was} AND NOT ({now})"),
            ("unmark", "delete", was),
        ):
            yield _TRIGGER.format(table=table, function=function, event=event, condition=condition)
        yield _FILL.format(table=table, condition=confidential.format(row="t"))
