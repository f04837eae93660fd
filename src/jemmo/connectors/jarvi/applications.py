"""Applications: a profile's place in a project. An option says where an account's responses contain them.

The documentation only mentions that they exist. The property names here are guesses; an entry without them is rejected,
which people can see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jemmo.connectors.jarvi.row_paths import RowPath
from jemmo.connectors.jarvi.settings import Settings
from jemmo.connectors.loose import Json, Row, first, inner, moment, plain, row_id
from jemmo.domain.enums import ApplicationStatus, StageCategory
from jemmo.domain.records import Application, Stage
from jemmo.domain.streams import Notes
from jemmo.domain.validation import text

STATUS = {
    StageCategory.HIRED: ApplicationStatus.HIRED,
    StageCategory.REJECTED: ApplicationStatus.REJECTED,
    StageCategory.WITHDRAWN: ApplicationStatus.WITHDRAWN,
}


def entries(row: Row, path: RowPath) -> Iterator[Row]:
    """Yield the applications in one row, each with the ids of its profile and its project."""
    for value in path.values(row):
        entry = dict(value) if isinstance(value, dict) else {"id": plain(value)}
        ids = {}
        for name in ("profile", "project"):
            is_itself = path.last == f"{name}s"
            key = first(entry, f"{name}Id", f"{name}.id", *(["id"] if is_itself else []))
            is_around = bool(path.names) and path.entity == f"{name}s"
            ids[f"{name}Id"] = row_id(row) if is_around else key
        yield entry | ids


def entry_id(entry: Json) -> str | None:
    """Combine both ids, which identify an application, since a talent is in a project only once."""
    profile, project = first(entry, "profileId"), first(entry, "projectId")
    return f"{profile}:{project}" if profile and project else None


def pick(applications: Iterable[Row], remote_id: str) -> Row | None:
    """Return the application with that id, unless it was deleted."""
    for entry in applications:
        if entry_id(entry) == remote_id and not is_deleted(entry):
            return entry
    return None


def is_deleted(row: Json) -> bool:
    """Whether a row was soft-deleted: it is still listed, with the time of its deletion."""
    return text(inner(row, "deletedAt")) is not None


def application(entry: Row, settings: Settings, remote_id: str, notes: Notes) -> Application:
    """Map an application. If its status has no name, it counts as active, since an id doesn't show an outcome."""
    status_id = first(entry, "statusId", "status.id", "status")
    known = settings.statuses.get(status_id or "")
    if status_id is not None and known is None:
        notes.add(f"unknown_value:status {status_id[:40]}", remote_id)
    status = STATUS.get(known.category) if known else None
    changed = moment(entry, "updatedAt")
    return Application(
        remote_id=remote_id,
        talent_remote_id=first(entry, "profileId"),
        job_remote_id=first(entry, "projectId"),
        stage_remote_id=status_id if known else None,
        status=status or ApplicationStatus.ACTIVE,
        status_original=known.name if known else first(entry, "status.name") or status_id,
        applied_at=moment(entry, "createdAt"),
        rejected_at=changed if status is ApplicationStatus.REJECTED else None,
        hired_at=changed if status is ApplicationStatus.HIRED else None,
        remote_created_at=moment(entry, "createdAt"),
        remote_updated_at=changed,
    )


def stages(settings: Settings) -> dict[str, Stage]:
    """Return the statuses that have names, as stages of the whole firm."""
    return {
        status_id: Stage(
            remote_id=status_id, name=status.name, position=place, category=status.category
        )
        for place, (status_id, status) in enumerate(settings.statuses.items())
    }
