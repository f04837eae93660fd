"""Explores undocumented responses in an account: property paths and value types, never values."""

from __future__ import annotations

import re
from collections.abc import Callable

from jemmo.connectors.base import Probed
from jemmo.connectors.by_offset.lists import OffsetLists
from jemmo.connectors.by_offset.query import Query
from jemmo.connectors.loose import Json
from jemmo.connectors.refusals import Refused
from jemmo.domain.errors import PermanentError, TransientError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
ID = re.compile(r"[0-9a-f]{12,}|\d{5,}", re.IGNORECASE)
DEEPEST, MOST_ENTRIES = 8, 20
KINDS = {bool: "boolean", str: "text", dict: "object", list: "list", type(None): "null"}


async def probe_list(
    lists: OffsetLists, query: Query, suggest: Callable[[str, dict[str, str]], list[str]]
) -> Probed:
    """Return one list's shape; ``suggest`` names options that its paths suggest. Missing lists are reported too."""
    address = query.entity + (f" where {', '.join(query.where)}" if query.where else "")
    try:
        answer = await lists.ask(query)
    except Refused as error:
        return Probed(address=address, answer=f"HTTP {error.status}")
    except (PermanentError, TransientError) as error:
        return Probed(address=address, answer=error.code)
    paths = key_paths(answer.rows)
    counted = "" if answer.total is None else f" of {answer.total}"
    return Probed(
        address=address,
        answer=f"{len(answer.rows)} rows{counted}",
        paths=paths,
        hints=tuple(suggest(query.entity, paths)),
    )


def key_paths(rows: list[Json]) -> dict[str, str]:
    """Return property paths, such as ``files[].file.name``, and the types found there.

    A key that may be data becomes ``*``.
    """
    kinds: dict[str, set[str]] = {}
    for row in rows:
        _collect(row, "", kinds, 0)
    return {path: "|".join(sorted(names)) for path, names in sorted(kinds.items())}


def _collect(value: Json, path: str, kinds: dict[str, set[str]], depth: int) -> None:
    if path:
        kinds.setdefault(path, set()).add(KINDS.get(type(value), "number"))
    if depth > DEEPEST:
        return
    if isinstance(value, dict):
        for key, inside in value.items():
            name = key if NAME.fullmatch(key) and not ID.search(key) else "*"
            _collect(inside, f"{path}.{name}" if path else name, kinds, depth + 1)
    elif isinstance(value, list):
        for inside in value[:MOST_ENTRIES]:
            _collect(inside, f"{path}[]", kinds, depth + 1)
