"""Applications: a profile's place in a project. Where an account's answers hold them is an option.

Documented is only that they exist. The names read here are the likely ones; an entry that lacks
them is rejected, visibly.
"""

from __future__ import annotations

from collections.abc import Iterator

from jemmo.connectors.jarvi.settings import Path, Settings
from jemmo.connectors.jarvi.wire import Json, Row, inner, is_deleted, listed, moment, plain, row_id
from jemmo.domain.enums import ApplicationStatus, StageCategory
from jemmo.domain.records import Application, Stage
from jemmo.domain.streams import Notes

STATUS = {
    StageCategory.HIRED: ApplicationStatus.HIRED,
    StageCategory.REJECTED: ApplicationStatus.REJECTED,
    StageCategory.WITHDRAWN: ApplicationStatus.WITHDRAWN,
}


def entries(row: Row, path: Path) -> Iterator[Row]:
    """The applications in one row, each with the ids of its profile and its project added."""
    found = listed(inner(row, *path.names)) if path.names else [row]
    for one in found:
        entry = dict(one) if isinstance(one, dict) else {"id": plain(one)}
        last = path.names[-1] if path.names else ""
        profile = _linked(entry, "profile", itself=last == "profiles")
        project = _linked(entry, "project", itself=last == "projects")
        if path.entity == "profiles" and path.names:
            profile = row_id(row)
        if path.entity == "projects" and path.names:
            project = row_id(row)
        yield entry | {"profileId": profile, "projectId": project}


def _linked(entry: Row, name: str, *, itself: bool) -> str | None:
    found = plain(entry.get(f"{name}Id")) or plain(inner(entry, name, "id"))
    return found or (plain(entry.get("id")) if itself else None)


def entry_id(entry: Json) -> str | None:
    """A talent stands once in a project, so the two ids name the application and lead to it."""
    profile, project = plain(inner(entry, "profileId")), plain(inner(entry, "projectId"))
    return f"{profile}:{project}" if profile and project else None


def is_gone(entry: Row) -> bool:
    return is_deleted(entry)


def application(entry: Row, settings: Settings, remote_id: str, notes: Notes) -> Application:
    """Without a name for its status an application counts as active.

    Only people know which ids mean an end.
    """
    status = plain(entry.get("statusId")) or plain(inner(entry, "status", "id"))
    status = status or plain(entry.get("status"))
    known = settings.statuses.get(status or "")
    if status is not None and known is None:
        notes.add(f"unknown_value:status {status[:40]}", remote_id)
    result = STATUS.get(known.category) if known else None
    changed = moment(entry, "updatedAt")
    return Application(
        remote_id=remote_id,
        talent_remote_id=plain(entry.get("profileId")),
        job_remote_id=plain(entry.get("projectId")),
        stage_remote_id=status if known else None,
        status=result or ApplicationStatus.ACTIVE,
        status_original=known.name if known else plain(inner(entry, "status", "name")) or status,
        applied_at=moment(entry, "createdAt"),
        rejected_at=changed if result is ApplicationStatus.REJECTED else None,
        hired_at=changed if result is ApplicationStatus.HIRED else None,
        remote_created_at=moment(entry, "createdAt"),
        remote_updated_at=changed,
    )


def stages(settings: Settings) -> dict[str, Stage]:
    """The statuses that were given names, for the whole firm."""
    return {
        status: Stage(remote_id=status, name=known.name, position=place, category=known.category)
        for place, (status, known) in enumerate(settings.statuses.items())
    }
