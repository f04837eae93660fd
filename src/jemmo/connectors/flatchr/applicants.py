"""Flatchr's applicants as talents and as applications: POST /company/{id}/search/applicants.

A row is a person who stands for a vacancy. It names no person, so each row makes a talent of its own, known by the
applicant's id: the same person twice is two talents, who share an e-mail address.
"""

from __future__ import annotations

import mimetypes
from datetime import datetime

from msgspec import UNSET

from jemmo.connectors.flatchr.dates import moment
from jemmo.connectors.flatchr.resumes import told_version
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.stages import Columns
from jemmo.connectors.flatchr.wire import Applicant
from jemmo.domain.enums import ApplicationStatus, AttachmentKind, ContactKind, TalentOrigin
from jemmo.domain.records import (
    NOT_TOLD,
    Application,
    Attachment,
    Contact,
    CustomFields,
    Talent,
)
from jemmo.domain.streams import Notes
from jemmo.domain.validation import name_text, text

ARCHIVED, ACTIVE = 0, 1


def talent(row: Applicant, settings: Settings, named: str | None = None) -> Talent:
    """``named`` is the place of a resume that a webhook told of; see ``_resumes``."""
    person = row.candidate.id if row.candidate else None
    return Talent(
        remote_id=row.applicant.strip(),
        remote_aliases=(alias,) if (alias := text(person)) else (),
        first_name=name_text(row.firstname),
        last_name=name_text(row.lastname),
        origin=TalentOrigin.APPLIED,
        source=text(row.source),
        is_archived=row.status == ARCHIVED,
        contacts=_contacts(row),
        attachments=() if row.anonym else _resumes(row, settings, named),
        custom_fields=_custom(row),
        remote_created_at=moment(row.created_at, settings.zone),
        remote_updated_at=updated_at(row, settings),
    )


def application(row: Applicant, columns: Columns, settings: Settings, notes: Notes) -> Application:
    """The column is known by its title alone. Moves are seen by comparing: Flatchr keeps no history we can read."""
    remote_id, title = row.applicant.strip(), text(row.column)
    stages = columns.find(title, hired=row.hired)
    stage_id = next(iter(stages), None)
    if title and stage_id is None:
        notes.add("unknown_stage", remote_id)
    if row.vacancy_id is None and text(row.vacancy):
        notes.add("ambiguous_job", remote_id)
    if len(stages) > 1:
        notes.add("ambiguous_stage", remote_id)
    return Application(
        remote_id=remote_id,
        talent_remote_id=remote_id,
        job_remote_id=str(row.vacancy_id) if row.vacancy_id is not None else None,
        stage_remote_id=stage_id,
        status=_status(row, columns, stage_id, remote_id, notes),
        status_original=None if row.status is None else str(row.status),
        applied_at=moment(row.created_at, settings.zone),
        source=text(row.source),
        cover_letter=text(row.comment),
        remote_created_at=moment(row.created_at, settings.zone),
        remote_updated_at=updated_at(row, settings),
    )


def updated_at(row: Applicant, settings: Settings) -> datetime | None:
    return moment(row.updated_at, settings.zone)


def _status(
    row: Applicant, columns: Columns, stage_id: str | None, remote_id: str, notes: Notes
) -> ApplicationStatus:
    """An archived application has ended; Flatchr does not tell how, unless the person was hired."""
    if row.hired or columns.hires(stage_id):
        return ApplicationStatus.HIRED
    if row.status in {None, ACTIVE}:
        return ApplicationStatus.ACTIVE
    if row.status != ARCHIVED:
        notes.add(f"unknown_value:applicant status {row.status}", remote_id)
    return ApplicationStatus.OTHER


def _contacts(row: Applicant) -> tuple[Contact, ...]:
    email, phone = text(row.email), text(row.phone)
    found = []
    if email:
        found.append(Contact(kind=ContactKind.EMAIL, value=email))
    if phone:
        found.append(Contact(kind=ContactKind.PHONE, value=phone))
    return tuple(found)


def _resumes(row: Applicant, settings: Settings, named: str | None) -> tuple[Attachment, ...]:
    """The resume's place in Flatchr's storage, wherever in the row it stands, or as a webhook named it.

    A row without any such property leaves open whether there is a resume. It is noted as pending until a webhook
    or a look at the single applicant names its place.
    """
    told = told_version(row)
    version = named if told is UNSET else told
    if version is not None:
        return (_resume(version),)
    if told is None or not settings.expects_resumes:
        return ()
    return (Attachment(remote_id="resume", kind=AttachmentKind.RESUME, remote_version=NOT_TOLD),)


def _resume(version: str) -> Attachment:
    name = version.rsplit("/", 1)[-1]
    return Attachment(
        remote_id="resume",
        kind=AttachmentKind.RESUME,
        file_name=f"resume{name}" if name.startswith(".") else name,
        content_type=mimetypes.guess_type(name)[0],
        remote_version=version,
    )


def _custom(row: Applicant) -> CustomFields:
    found: CustomFields = {}
    external = text(row.external_id)
    if external:
        found["external_id"] = {"type": "text", "label": "External id", "value": external}
    if row.score:
        found["score"] = {"type": "number", "label": "Score", "value": row.score}
    return found
