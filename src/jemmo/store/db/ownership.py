"""Finds an organization's rows by the database's columns and keys, so that new tables are included.

A row belongs to the organization in its ``org_id``, or else to that of its ``connection_id`` or of a row that a foreign
key points to. Accounts belong to no organization, since people may work for several.
"""

from __future__ import annotations

from graphlib import TopologicalSorter
from uuid import UUID

from django.db import transaction
from msgspec import Struct

from jemmo.store.db.query import execute, fetch_rows, fetch_value

ORGANISATION = "organisation"
NOBODYS = frozenset({"account", "organisation_deletion"})
"""Tables that belong to no organization although foreign keys connect them to others."""

_COLUMNS = """
    SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
        AND a.attnum > 0 AND NOT a.attisdropped"""

_KEYS = """
    SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, b.attname
    FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
    WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace AND cardinality(c.conkey) = 1"""


class Key(Struct, frozen=True):
    """A column that points to a row of another table."""

    column: str
    target: str
    target_column: str


class OrganizationTables(Struct, frozen=True, kw_only=True):
    """How to select an organization's rows.

    ``conditions`` maps each table to a condition with ``%(org)s``, in an order in which the rows can be deleted.
    ``others`` are the tables whose rows belong to no organization.
    """

    conditions: dict[str, str]
    others: frozenset[str]


def organization_tables() -> OrganizationTables:
    columns: dict[str, set[str]] = {}
    for table, column in fetch_rows(_COLUMNS):
        columns.setdefault(table, set()).add(column)
    keys: dict[str, list[Key]] = {}
    for table, column, target, target_column in fetch_rows(_KEYS):
        key = Key(column, target.strip('"'), target_column)
        keys.setdefault(table.strip('"'), []).append(key)
    known = {ORGANISATION: "id = %(org)s"}
    while conditions := _next(columns, keys, known):
        known |= conditions
    del known[ORGANISATION]
    order = TopologicalSorter(
        {table: {child for child in known if _depends_on(keys, child, table)} for table in known}
    )
    listed = list(order.static_order())
    return OrganizationTables(
        conditions={table: known[table] for table in listed},
        others=frozenset(columns) - known.keys(),
    )


def _next(
    columns: dict[str, set[str]], keys: dict[str, list[Key]], known: dict[str, str]
) -> dict[str, str]:
    """The tables that are one more step away from the organization."""
    conditions = {}
    for table, names in columns.items():
        if table in known or table in NOBODYS:
            continue
        if "org_id" in names:
            conditions[table] = "org_id = %(org)s"
        elif "connection_id" in names and "connection" in known:
            conditions[table] = (
                f"connection_id IN (SELECT id FROM connection WHERE {known['connection']})"
            )
        else:
            for key in keys.get(table, []):
                if key.target in known:
                    conditions[table] = (
                        f"{key.column} IN (SELECT {key.target_column} FROM {key.target} "
                        f"WHERE {known[key.target]})"
                    )
                    break
    return conditions


def _depends_on(keys: dict[str, list[Key]], child: str, parent: str) -> bool:
    """Whether the child's rows must be deleted first: a key requires it, or only the parent's rows lead to them."""
    if child == parent:
        return False
    if any(key.target == parent for key in keys.get(child, [])):
        return True
    return parent == "connection" and not any(
        key.target == child for key in keys.get("connection", [])
    )


def delete_some(condition: str, table: str, org_id: UUID, most: int) -> int:
    """Delete at most ``most`` of an organization's rows from a table. Return their number."""
    with transaction.atomic():
        return execute(
            f'DELETE FROM "{table}" WHERE ctid = ANY(ARRAY('
            f'SELECT ctid FROM "{table}" WHERE {condition} LIMIT {most}))',
            {"org": org_id},
        )


def count(org_id: UUID) -> dict[str, int]:
    """Count the organization's rows in each table that has some."""
    counts = {
        table: fetch_value(f'SELECT count(*) FROM "{table}" WHERE {condition}', {"org": org_id})
        for table, condition in organization_tables().conditions.items()
    }
    return {table: rows for table, rows in counts.items() if rows}
