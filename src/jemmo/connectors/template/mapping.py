"""Template's records and their mapping. Pure: an invalid value is dropped and never raises.

Each struct lists a record's documented fields, with the source above it.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from jemmo.connectors.vocabulary import Vocabulary
from jemmo.domain.enums import ApplicationStatus, ContactKind, JobStatus
from jemmo.domain.errors import RecordRejected
from jemmo.domain.records import Application, Contact, Job, Location, Talent
from jemmo.domain.streams import Notes
from jemmo.domain.validation import name_text, text, utc

JOB_STATUS = {"open": JobStatus.OPEN, "closed": JobStatus.CLOSED, "draft": JobStatus.DRAFT}
STATUS = {
    "in_progress": ApplicationStatus.ACTIVE,
    "rejected": ApplicationStatus.REJECTED,
    "hired": ApplicationStatus.HIRED,
}


class Row(Struct):
    """Ids are numbers or text and may vary; dates are ISO 8601 in UTC."""

    id: int | str
    created_at: datetime | None = None
    updated_at: datetime | None = None


class JobRow(Row):
    title: str | None = None
    state: str | None = None
    city: str | None = None


class PersonRow(Row):
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    city: str | None = None


class ApplicationRow(Row):
    person_id: int | str | None = None
    job_id: int | str | None = None
    state: str | None = None


# src/jemmo/sandbox/template/app.py
def job(row: JobRow, _: None, notes: Notes) -> Job:
    remote_id, title, city = str(row.id), name_text(row.title), text(row.city)
    if title is None:
        raise RecordRejected("no_title", field="title")
    state = text(row.state)
    return Job(
        remote_id=remote_id,
        title=title,
        status=Vocabulary(remote_id, notes).meaning("state", JOB_STATUS, state, JobStatus.PENDING),
        status_original=state,
        locations=(Location(raw=city, city=city, is_primary=True),) if city else (),
        remote_created_at=utc(row.created_at),
        remote_updated_at=utc(row.updated_at),
    )


def talent(row: PersonRow, _: None, notes: Notes) -> Talent:
    email, phone, city = text(row.email), text(row.phone), text(row.city)
    contacts = []
    if email:
        contacts.append(Contact(kind=ContactKind.EMAIL, value=email))
    if phone:
        contacts.append(Contact(kind=ContactKind.PHONE, value=phone))
    return Talent(
        remote_id=str(row.id),
        first_name=name_text(row.first_name),
        last_name=name_text(row.last_name),
        location=Location(raw=city, city=city) if city else None,
        contacts=tuple(contacts),
        remote_created_at=utc(row.created_at),
        remote_updated_at=utc(row.updated_at),
    )


def application(row: ApplicationRow, _: None, notes: Notes) -> Application:
    remote_id, state = str(row.id), text(row.state)
    return Application(
        remote_id=remote_id,
        talent_remote_id=text(row.person_id),
        job_remote_id=text(row.job_id),
        status=Vocabulary(remote_id, notes).meaning(
            "state", STATUS, state, ApplicationStatus.OTHER
        ),
        status_original=state,
        applied_at=utc(row.created_at),
        remote_created_at=utc(row.created_at),
        remote_updated_at=utc(row.updated_at),
    )
