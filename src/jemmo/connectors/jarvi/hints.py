"""What a trigger's payload hints at: which profiles to read again.

Its shape is not documented, so nothing else is believed.
"""

from __future__ import annotations

from uuid import UUID

from jemmo.connectors.jarvi.wire import Json, inner

MOST = 100  # ids taken from one payload
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
            for value in _search(body, names, 0):
                found.setdefault(value)
    return list(found)[:MOST]


def _search(body: Json, names: list[str], depth: int) -> list[str]:
    if depth > DEEPEST:
        return []
    if isinstance(body, list):
        return [one for part in body[:MOST] for one in _search(part, names, depth + 1)]
    if not isinstance(body, dict):
        return []
    here = inner(body, *names)
    found = [here] if _is_uuid(here) else []
    return found + [one for part in body.values() for one in _search(part, names, depth + 1)]


def _is_uuid(value: Json) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False
