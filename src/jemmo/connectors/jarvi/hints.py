"""What a trigger's payload hints at: which profiles to read again.

Its shape is not documented, so nothing else is believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from jemmo.connectors.jarvi.wire import Json, inner

MOST = 100  # ids taken from one payload
MOST_PARTS = 2000  # lists and objects that are looked into
DEEPEST = 12


def profile_ids(body: Json, paths: str) -> list[str]:
    """Ids at these paths (``profileId,profile.id,id``), wherever in the payload they begin.

    Those nearer the front of the list of paths first.

    >>> body = {"event": [{"profile": {"id": "3f0c0000-0000-4000-8000-000000000001"}}]}
    >>> profile_ids(body, "profile.id")
    ['3f0c0000-0000-4000-8000-000000000001']
    """
    found: dict[str, None] = {}
    for path in paths.split(","):
        names = [name for name in path.strip().split(".") if name]
        if names:
            for value in _search(body, names):
                found.setdefault(value)
    return list(found)[:MOST]


def _search(body: Json, names: list[str]) -> Iterator[str]:
    """In the order of the body, in the first so many of its lists and objects: anybody may have sent it."""
    waiting: list[tuple[Json, int]] = [(body, 0)]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part, depth = waiting.pop()
        if isinstance(part, dict):
            here = inner(part, *names)
            if isinstance(here, str) and _is_uuid(here):
                yield here
            inside = list(islice(part.values(), MOST_PARTS))
        else:
            inside = part[:MOST] if isinstance(part, list) else []
        if depth < DEEPEST:
            holding = [(each, depth + 1) for each in inside if isinstance(each, dict | list)]
            waiting += reversed(holding)


def _is_uuid(value: Json) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False
