"""Explores where an account's responses contain applications and resumes, which Jarvi doesn't document."""

from __future__ import annotations

from jemmo.connectors.base import Config, Probed
from jemmo.connectors.by_offset.query import Query
from jemmo.connectors.jarvi.probing import probe_list
from jemmo.connectors.jarvi.source import JarviSource
from jemmo.connectors.loose import Row

QUESTIONS = (
    Query(entity="profiles", where={"countResumes": {"_gt": 0}}, limit=1),
    Query(entity="profiles", where={"countApplicationsFromThisProfile": {"_gt": 0}}, limit=1),
    Query(entity="projects", limit=1),
    Query(entity="applicants", limit=1),
    Query(entity="applications", limit=1),
    Query(entity="resumes", limit=1),
)


async def probe(config: Config) -> list[Probed]:
    """Request the lists that are likely to contain them."""
    source = JarviSource(config)
    try:
        return [await probe_list(source.lists, query, _options) for query in QUESTIONS]
    finally:
        await source.close()


def _options(entity: str, paths: Row) -> list[str]:
    """Return the options that these paths suggest."""
    options = []
    for path in [path for path in paths if path.endswith("[]")] + [""]:
        prefix = f"{path}." if path else ""
        names = {name.removeprefix(prefix) for name in paths if name.startswith(prefix)}
        place = f"{entity}.{path.removesuffix('[]')}".rstrip(".")
        has_project = bool(names & {"projectId", "project.id"})
        has_profile = bool(names & {"profileId", "profile.id"})
        is_nested = (entity == "profiles" and has_project) or (entity == "projects" and has_profile)
        if is_nested if path else has_project and has_profile:
            options.append(f"application_paths={place}")
        is_file = bool(names & {"fileId", "file.id", "mimeType", "file.mimeType"})
        if path and entity == "profiles" and is_file:
            options.append(f"resume_paths={place}")
    return options
