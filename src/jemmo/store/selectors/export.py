"""Rows for the export, with the names of the canonical schema."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from msgspec import Struct

from jemmo.domain.enums import ContactKind
from jemmo.domain.masking import hidden_row
from jemmo.domain.records import Contact
from jemmo.store.models import (
    Application,
    Attachment,
    Job,
    Organisation,
    Stage,
    Talent,
)
from jemmo.store.selectors.apart import (
    Unseal,
    contacts_of,
    open_contacts,
    put_back,
    put_back_letters,
)
from jemmo.store.selectors.visible import OF_SHOWN_TALENTS, SHOWN, SHOWN_APPLICATIONS

CHUNK = 1000


class Reader(Struct, frozen=True, kw_only=True):
    """Who reads: ``unseal`` opens contact details, and is ``None`` for who may not see them.

    ``sees_withheld``: also those of people who are not to be contacted.
    """

    unseal: Unseal | None
    sees_withheld: bool = True

    def sees(self, talent: Talent | None) -> bool:
        """Whether this reader may know how to reach that person."""
        return self.unseal is not None and (
            self.sees_withheld or talent is None or talent.withheld is None
        )

    def opens(self, applications: Iterable[Application], talent: Talent | None) -> None:
        """Put back what that person's applications say, if this reader may know it."""
        if self.unseal is not None and self.sees(talent):
            put_back_letters(applications, self.unseal)

    def shows(
        self, row: dict[str, Any], texts: Collection[str], talent: Talent | None
    ) -> dict[str, Any]:
        """The row as this reader may see it: contact details are also taken out of what people typed."""
        return row if self.sees(talent) else hidden_row(row, texts)


def jobs(org: Organisation, reader: Reader) -> Iterator[dict[str, Any]]:
    found = Job.objects.filter(SHOWN, org=org).select_related("department", "recruiter")
    for chunk in _chunks(found.prefetch_related("locations", "compensations")):
        for job in chunk:
            yield {
                **_common(job),
                **_plain(job, JOB_FIELDS),
                "department": job.department.name if job.department else None,
                "recruiter": job.recruiter.name if job.recruiter else None,
                "tags": job.tags,
                "locations": [_plain(one, LOCATION_FIELDS) for one in job.locations.all()],
                "compensations": [_plain(one, PAY_FIELDS) for one in job.compensations.all()],
                "custom_fields": job.custom_fields,
            }


def talents(org: Organisation, reader: Reader) -> Iterator[dict[str, Any]]:
    found = Talent.objects.filter(SHOWN, org=org).select_related("department")
    for chunk in _chunks(found):
        ids = [talent.id for talent in chunk]
        files = _by_talent(Attachment.objects.filter(talent_id__in=ids, remote_deleted_at=None))
        contacts = _opened(chunk, files, reader)
        applied = _by_talent(
            Application.objects.filter(talent_id__in=ids, remote_deleted_at=None).select_related(
                "stage"
            )
        )
        for talent in chunk:
            reader.opens(applied.get(talent.id, ()), talent)
            row = {
                **_common(talent),
                **_plain(talent, TALENT_FIELDS),
                "department": talent.department.name if talent.department else None,
                "tags": talent.tags,
                "emails": _values(contacts, talent.id, ContactKind.EMAIL),
                "phones": _values(contacts, talent.id, ContactKind.PHONE),
                "links": _values(contacts, talent.id, ContactKind.SOCIAL, ContactKind.URL),
                "contacts_hidden": not reader.sees(talent),
                "do_not_contact": talent.do_not_contact_at is not None,
                "do_not_contact_at": talent.do_not_contact_at,
                "withheld": talent.withheld,
                "resumes": [
                    reader.shows(_plain(one, FILE_FIELDS), FILE_TEXTS, talent)
                    for one in files.get(talent.id, [])
                ],
                "applications": [
                    reader.shows(_application(one), APPLICATION_TEXTS, talent)
                    for one in applied.get(talent.id, [])
                ],
                "custom_fields": talent.custom_fields,
            }
            yield reader.shows(row, TALENT_TEXTS, talent)


def applications(org: Organisation, reader: Reader) -> Iterator[dict[str, Any]]:
    found = Application.objects.filter(SHOWN_APPLICATIONS, org=org).select_related(
        "stage", "reject_reason", "talent"
    )
    for chunk in _chunks(found):
        for application in chunk:
            reader.opens([application], application.talent)
            row = {
                **_common(application),
                "talent_remote_id": application.talent_remote_id,
                **_application(application),
                "cover_letter": application.cover_letter,
            }
            yield reader.shows(row, APPLICATION_TEXTS, application.talent)


def stages(org: Organisation, reader: Reader) -> Iterator[dict[str, Any]]:
    for chunk in _chunks(Stage.objects.filter(org=org, remote_deleted_at=None)):
        for stage in chunk:
            yield {**_common(stage), **_plain(stage, STAGE_FIELDS)}


def resumes(org: Organisation, reader: Reader) -> Iterator[dict[str, Any]]:
    found = Attachment.objects.filter(
        OF_SHOWN_TALENTS, talent__org=org, remote_deleted_at=None
    ).select_related("talent")
    for chunk in _chunks(found):
        _opened([one.talent for one in chunk], _by_talent(chunk), reader)
        for one in chunk:
            row = {
                "connection_id": one.talent.connection_id,
                "remote_id": one.remote_id,
                "remote_updated_at": one.remote_updated_at,
                "talent_remote_id": one.talent.remote_id,
                **_plain(one, FILE_FIELDS),
            }
            yield reader.shows(row, FILE_TEXTS, one.talent)


JOB_FIELDS = (
    *("title", "code", "internal_name", "status", "status_original", "visibility", "pitch"),
    *("description_html", "requirements", "employment_type", "employment_type_original"),
    *("experience_level", "remote_policy", "remote_policy_original", "language", "category"),
    *("posting_url", "apply_url", "opened_at", "closed_at"),
)
LOCATION_FIELDS = (
    *("raw", "street", "postal_code", "city", "region", "country_code"),
    *("lat", "lon", "is_primary"),
)
PAY_FIELDS = ("kind", "min", "max", "currency", "period", "is_public", "original")
TALENT_FIELDS = (
    *("first_name", "last_name", "full_name", "headline", "current_company", "current_title"),
    *("summary", "location", "language", "origin", "source", "source_url", "is_private"),
    *("is_internal", "consent_state", "consent_at", "can_email"),
)
TALENT_TEXTS = (
    *("first_name", "last_name", "full_name", "headline", "summary", "current_company"),
    *("current_title", "location", "source", "source_url", "tags", "custom_fields"),
    *("remote_url",),
)
APPLICATION_TEXTS = ("source", "source_url", "remote_url")
FILE_TEXTS = ("file_name",)
STAGE_FIELDS = ("name", "job_remote_id", "position", "category", "category_original")
FILE_FIELDS = ("kind", "file_name", "content_type", "size", "sha256", "fetch_status")
COMMON_FIELDS = ("id", "connection_id", "remote_id", "remote_aliases", "remote_url")
TIME_FIELDS = ("remote_created_at", "remote_updated_at")


def _application(application: Application) -> dict[str, Any]:
    return {
        "remote_id": application.remote_id,
        "job_remote_id": application.job_remote_id,
        "stage": application.stage.name if application.stage else None,
        "stage_remote_id": application.stage_remote_id,
        "stage_category": application.stage.category if application.stage else None,
        **_plain(
            application,
            ("status", "status_original", "applied_at", "stage_entered_at", "rejected_at"),
        ),
        **_plain(application, ("rejected_by", "hired_at", "source", "is_sourced")),
    }


def _common(record: Model) -> dict[str, Any]:
    return _plain(record, COMMON_FIELDS + TIME_FIELDS)


def _plain(record: Model, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def _chunks(found: QuerySet[Any]) -> Iterator[list[Any]]:
    rows = found.order_by("id").iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _by_talent(found: Iterable[Any]) -> dict[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = {}
    for one in found:
        grouped.setdefault(one.talent_id, []).append(one)
    return grouped


def _opened(
    talents: list[Talent], files: dict[UUID, list[Attachment]], reader: Reader
) -> dict[UUID, list[Contact]]:
    """Contact details, and the talents' own words put back; for who may not see them nothing is decrypted at all."""
    if reader.unseal is None:
        return {}
    by_id = {talent.id: talent for talent in talents if reader.sees(talent)}
    rows = contacts_of(by_id)
    for key, row in rows.items():
        put_back(by_id[key], row, reader.unseal, files=files.get(key, ()))
    return {key: open_contacts(row, by_id[key], reader.unseal) for key, row in rows.items()}


def _values(contacts: dict[UUID, list[Contact]], talent_id: UUID, *kinds: ContactKind) -> list[str]:
    return [one.value for one in contacts.get(talent_id, []) if one.kind in kinds]
