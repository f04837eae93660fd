"""Looks at an account for what Jarvi does not document: where applications and resumes are.

Only the names of properties and the types of their values leave this module, never a value.
"""

from __future__ import annotations

import re

from jemmo.connectors.base import Config, Probed
from jemmo.connectors.jarvi.queries import Query
from jemmo.connectors.jarvi.source import JarviSource
from jemmo.connectors.jarvi.wire import Json, Row, Rows
from jemmo.connectors.refusals import Refused
from jemmo.domain.errors import PermanentError, TransientError

QUESTIONS = (
    Query(entity="profiles", where={"countResumes": {"_gt": 0}}, limit=1),
    Query(entity="profiles", where={"countApplicationsFromThisProfile": {"_gt": 0}}, limit=1),
    Query(entity="projects", limit=1),
    Query(entity="applicants", limit=1),
    Query(entity="applications", limit=1),
    Query(entity="resumes", limit=1),
)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
ID = re.compile(r"[0-9a-f]{12,}|\d{5,}", re.IGNORECASE)
DEEPEST, MOST_ITEMS = 8, 20


async def probe(config: Config) -> list[Probed]:
    """Ask for lists that are likely to hold them; a list that is not there is told, too."""
    source = JarviSource(config)
    try:
        return [await _look(source, query) for query in QUESTIONS]
    finally:
        await source.close()


async def _look(source: JarviSource, query: Query) -> Probed:
    asked = query.entity + (f" where {', '.join(query.where)}" if query.where else "")
    try:
        found = await source.ask(query)
    except Refused as error:
        return Probed(address=asked, answer=f"HTTP {error.status}")
    except (PermanentError, TransientError) as error:
        return Probed(address=asked, answer=error.code)
    paths = key_paths(found.rows)
    return Probed(
        address=asked,
        answer=_counted(found),
        paths=paths,
        hints=tuple(hints(query.entity, paths)),
    )


def _counted(found: Rows) -> str:
    return f"{len(found.rows)} rows" + ("" if found.total is None else f" of {found.total}")


def key_paths(rows: list[Json]) -> dict[str, str]:
    """Paths of properties, as ``files[].file.name``, and the types met there.

    A key that could be data becomes ``*``.
    """
    found: dict[str, set[str]] = {}
    for row in rows:
        _collect(row, "", found, 0)
    return {path: "|".join(sorted(kinds)) for path, kinds in sorted(found.items())}


def _collect(value: Json, path: str, found: dict[str, set[str]], depth: int) -> None:
    if path:
        found.setdefault(path, set()).add(_kind(value))
    if depth > DEEPEST:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            name = key if NAME.fullmatch(key) and not ID.search(key) else "*"
            _collect(inner, f"{path}.{name}" if path else name, found, depth + 1)
    elif isinstance(value, list):
        for inner in value[:MOST_ITEMS]:
            _collect(inner, f"{path}[]", found, depth + 1)


def _kind(value: Json) -> str:
    names = {bool: "boolean", str: "text", dict: "object", list: "list", type(None): "null"}
    return names.get(type(value), "number")


def hints(entity: str, paths: Row) -> list[str]:
    """Options that these paths speak for."""
    found = []
    lists = [path for path in paths if path.endswith("[]")] + [""]
    for path in lists:
        names = {name.removeprefix(f"{path}.") for name in paths if name.startswith(f"{path}.")}
        names = names if path else set(paths)
        place = f"{entity}.{path.removesuffix('[]')}".rstrip(".")
        has_project = bool(names & {"projectId", "project.id"})
        has_profile = bool(names & {"profileId", "profile.id"})
        nested = (entity == "profiles" and has_project) or (entity == "projects" and has_profile)
        if (path and nested) or (not path and has_project and has_profile):
            found.append(f"application_paths={place}")
        is_file = bool(names & {"fileId", "file.id", "mimeType", "file.mimeType"})
        if path and entity == "profiles" and is_file:
            found.append(f"resume_paths={place}")
    return found
