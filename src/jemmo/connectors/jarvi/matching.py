"""Matches rows of two lists that belong together by an unknown field."""

from __future__ import annotations

from collections.abc import Sequence

from jemmo.connectors.loose import Json, Row, first, row_id


def matches(owners: list[Row], rows: list[Json], keys: Sequence[str]) -> dict[str, Row]:
    """Return rows by their owner's id, matched by the first of the fields ``keys`` that is unique per owner.

    >>> matches([{"id": "a", "code": "X"}, {"id": "b"}], [{"id": "1", "code": "X"}, {"id": "b"}], ["id", "code"])
    {'b': {'id': 'b'}, 'a': {'id': '1', 'code': 'X'}}
    """
    matched: dict[str, Row] = {}
    left = [row for row in rows if isinstance(row, dict)]
    for key in keys:
        known, rest = _unique(owners, key), []
        for row in left:
            owner = known.get(first(row, key) or "")
            if owner is None or owner in matched:
                rest.append(row)
            else:
                matched[owner] = row
        left = rest
    return matched


def _unique(rows: list[Row], key: str) -> dict[str, str]:
    """Return row ids by the values that only one row has."""
    owners: dict[str, str | None] = {}
    for row in rows:
        value = first(row, key)
        if value is not None:
            owners[value] = None if value in owners else row_id(row)
    return {value: owner for value, owner in owners.items() if owner is not None}
