"""Rows for the export, with the names of the canonical schema."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, Model, Q, QuerySet, Window
from django.db.models.expressions import OrderBy
from django.db.models.functions import RowNumber
from msgspec import Struct

from jemmo.domain import records
from jemmo.domain.entities import ENTITIES
from jemmo.domain.enums import ContactKind
from jemmo.domain.fields import Mark, fields_of, links, personal, sealed
from jemmo.domain.masking import hidden_row
from jemmo.domain.records import Contact
from jemmo.domain.streams import Stream
from jemmo.store.db.paging import any_of
from jemmo.store.db.visible import OF_SHOWN_TALENTS, SHOWN, SHOWN_APPLICATIONS, of_shown
from jemmo.store.models import Application, Attachment, Job, Organisation, Stage, Talent
from jemmo.store.models.by_stream import MODELS
from jemmo.store.models.synced import HasSealedTexts
from jemmo.store.records.redaction import (
    Unseal,
    contacts_of,
    open_contacts,
    restore_own_texts,
    restore_texts,
)

CHUNK = 1000
MOST_PARTS = 100  # applications and files of each talent, whose number the ATS decides


class Reader(Struct, frozen=True, kw_only=True):
    """The reader's rights. ``unseal`` decrypts contact details, and is ``None`` for readers who may not see them.

    ``sees_withheld``: this includes contact details of people who are not to be contacted.
    """

    unseal: Unseal | None
    sees_withheld: bool = True

    def sees(self, talent: Talent | None) -> bool:
        """Whether this reader may see that person's contact details."""
        return self.unseal is not None and (
            self.sees_withheld or talent is None or talent.withheld is None
        )

    def opens(self, rows: Iterable[HasSealedTexts], talent: Talent | None) -> None:
        """Restore the texts of that person's applications or notes, if this reader may see them."""
        if self.unseal is not None and self.sees(talent):
            restore_own_texts(rows, self.unseal)

    def shows(
        self, row: dict[str, Any], texts: Collection[str], talent: Talent | None
    ) -> dict[str, Any]:
        """The row as this reader may see it, with contact details removed from texts if necessary."""
        return row if self.sees(talent) else hidden_row(row, texts)


class Kind(NamedTuple):
    """A kind of records: ``shown`` selects the visible ones, ``rows`` renders some of them for a reader.

    Every row has ``fields``. ``parts`` are optional and cost one query each.
    """

    model: type[Model]
    fields: tuple[str, ...]
    shown: Callable[[Organisation], QuerySet[Any]]
    rows: Callable[[Sequence[Any], Reader, Collection[str]], Iterator[dict[str, Any]]]
    parts: tuple[str, ...] = ()


def exported(
    kind: str, org: Organisation, reader: Reader, ids: Iterable[UUID] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield all records of a kind, oldest first, or those with these ids, in their order."""
    chosen = KINDS[kind]
    shown = chosen.shown(org)
    for chunk in _chunks(shown) if ids is None else _in_order(shown, ids):
        yield from chosen.rows(chunk, reader, chosen.parts)


def _jobs(jobs: Sequence[Job], reader: Reader, parts: Collection[str]) -> Iterator[dict[str, Any]]:
    for job in jobs:
        yield {
            **_common(job),
            **_plain(job, JOB_FIELDS),
            **_names(job, JOB_LINKS),
            "tags": job.tags,
            "locations": [_plain(place, LOCATION_FIELDS) for place in job.locations.all()],
            "compensations": [_plain(pay, PAY_FIELDS) for pay in job.compensations.all()],
            "custom_fields": job.custom_fields,
        }


def _talents(
    talents: Sequence[Talent], reader: Reader, parts: Collection[str]
) -> Iterator[dict[str, Any]]:
    ids = [talent.id for talent in talents]
    files: dict[UUID, list[Attachment]] = {}
    if "resumes" in parts:
        files = _by_talent(_latest(Attachment.objects.filter(talent_id__in=ids), "-id"))
    contacts = _opened(talents, files, reader)
    applied: dict[UUID, list[Application]] = {}
    if "applications" in parts:
        own = Application.objects.filter(talent_id__in=ids)
        applied = _by_talent(
            _latest(own, F("applied_at").desc(nulls_last=True), "-id").select_related(
                "stage", "reject_reason"
            )
        )
    for talent in talents:
        reader.opens(applied.get(talent.id, ()), talent)
        row = {
            **_common(talent),
            **_plain(talent, TALENT_FIELDS),
            **_plain(talent, TALENT_DOCUMENTS),
            **_names(talent, TALENT_LINKS),
            "tags": talent.tags,
            "emails": _values(contacts, talent.id, ContactKind.EMAIL),
            "phones": _values(contacts, talent.id, ContactKind.PHONE),
            "links": _values(contacts, talent.id, ContactKind.SOCIAL, ContactKind.URL),
            "contacts_hidden": not reader.sees(talent),
            "do_not_contact": talent.do_not_contact_at is not None,
            "do_not_contact_at": talent.do_not_contact_at,
            "withheld": talent.withheld,
            "custom_fields": talent.custom_fields,
        }
        if "resumes" in parts:
            row["resumes"] = [
                reader.shows(_plain(file, FILE_FIELDS), FILE_TEXTS, talent)
                for file in files.get(talent.id, [])
            ]
        if "applications" in parts:
            row["applications"] = [
                reader.shows(_application(application), APPLICATION_TEXTS, talent)
                for application in applied.get(talent.id, [])
            ]
        yield reader.shows(row, TALENT_TEXTS, talent)


def _applications(
    applications: Sequence[Application], reader: Reader, parts: Collection[str]
) -> Iterator[dict[str, Any]]:
    for application in applications:
        reader.opens([application], application.talent)
        row = {
            **_common(application),
            "talent_id": application.talent_id,
            "talent_remote_id": application.talent_remote_id,
            "job_id": application.job_id,
            **_application(application),
            **_plain(application, APPLICATION_DOCUMENTS),
        }
        yield reader.shows(row, APPLICATION_TEXTS, application.talent)


def _stages(
    stages: Sequence[Stage], reader: Reader, parts: Collection[str]
) -> Iterator[dict[str, Any]]:
    for stage in stages:
        yield {**_common(stage), "job_id": stage.job_id, **_plain(stage, STAGE_FIELDS)}


def _resumes(
    files: Sequence[Attachment], reader: Reader, parts: Collection[str]
) -> Iterator[dict[str, Any]]:
    _opened([file.talent for file in files], _by_talent(files), reader)
    for file in files:
        row = {
            "connection_id": file.talent.connection_id,
            "remote_id": file.remote_id,
            "remote_updated_at": file.remote_updated_at,
            "talent_remote_id": file.talent.remote_id,
            **_plain(file, FILE_FIELDS),
        }
        yield reader.shows(row, FILE_TEXTS, file.talent)


def _derived(stream: Stream) -> Kind:
    """Build a kind from its entity's links, own fields and parts."""
    entity, model = ENTITIES[stream], MODELS[stream]
    linked = [name for link in links(entity.record) for name in (f"{link.relation}_id", link.name)]
    fields = (*linked, *_own(entity.record))
    parts_fields = {part.attribute: _own(part.record) for part in entity.parts}
    texts = personal(entity.record)

    def rows(
        records: Sequence[Any], reader: Reader, parts: Collection[str]
    ) -> Iterator[dict[str, Any]]:
        for record in records:
            talent = record.talent if entity.is_personal else None
            if entity.has_sealed_texts:
                reader.opens([record], talent)
            row = {**_common(record), **_plain(record, fields)}
            for name, own in parts_fields.items():
                row[name] = [_plain(part, own) for part in getattr(record, name).all()]
            yield reader.shows(row, texts, talent) if texts else row

    def shown(org: Organisation) -> QuerySet[Any]:
        owner = entity.owner_link.relation if entity.owner else ""
        is_shown = of_shown(owner) if owner else Q()
        records: QuerySet[Any] = QuerySet(model).filter(is_shown, org=org, remote_deleted_at=None)
        if entity.is_personal:
            records = records.select_related("talent")
        return records.prefetch_related(*parts_fields)

    return Kind(model, (*_LOOKUP, *fields, *parts_fields), shown, rows)


def _shown_jobs(org: Organisation) -> QuerySet[Any]:
    jobs = Job.objects.filter(SHOWN, org=org).select_related(*JOB_LINKS)
    return jobs.prefetch_related("locations", "compensations")


def _shown_talents(org: Organisation) -> QuerySet[Any]:
    return Talent.objects.filter(SHOWN, org=org).select_related(*TALENT_LINKS)


def _shown_applications(org: Organisation) -> QuerySet[Any]:
    applications = Application.objects.filter(SHOWN_APPLICATIONS, org=org)
    return applications.select_related("stage", "reject_reason", "talent")


def _shown_resumes(org: Organisation) -> QuerySet[Any]:
    files = Attachment.objects.filter(OF_SHOWN_TALENTS, talent__org=org, remote_deleted_at=None)
    return files.select_related("talent")


def _present(model: type[Model]) -> Callable[[Organisation], QuerySet[Any]]:
    return lambda org: QuerySet(model).filter(org=org, remote_deleted_at=None)


COMMON_FIELDS = ("id", "connection_id", "remote_id", "remote_aliases", "remote_url")
TIME_FIELDS = ("remote_created_at", "remote_updated_at", "modified_at")


def _own(record: type[Struct]) -> tuple[str, ...]:
    """The exported fields of a record, without the common ones and those at the end."""
    elsewhere = {*COMMON_FIELDS, *TIME_FIELDS, "tags", "custom_fields"}
    return tuple(
        field.name
        for field in fields_of(record)
        if field.is_plain_column
        and field.target is None
        and Mark.NOT_EXPORTED not in field.marks
        and field.name not in elsewhere
    )


JOB_FIELDS = _own(records.Job)
JOB_LINKS = tuple(field.relation for field in links(records.Job))
LOCATION_FIELDS = _own(records.Location)
PAY_FIELDS = _own(records.Compensation)
_FIRST_NAME, _LAST_NAME, *_MORE = _own(records.Talent)
TALENT_FIELDS = (_FIRST_NAME, _LAST_NAME, "full_name", *_MORE)
TALENT_LINKS = tuple(field.relation for field in links(records.Talent))
TALENT_DOCUMENTS = sealed(records.Talent)
TALENT_TEXTS = (*personal(records.Talent), "full_name", "remote_url")
APPLICATION_TEXTS = (*personal(records.Application), "remote_url")
APPLICATION_DOCUMENTS = sealed(records.Application)
FILE_TEXTS = personal(records.Attachment)
STAGE_FIELDS = ("name", "job_remote_id", *_own(records.Stage)[1:])
FILE_FIELDS = ("kind", "file_name", "content_type", "size", "sha256", "fetch_status")


def _application(application: Application) -> dict[str, Any]:
    stage, reason = application.stage, application.reject_reason
    linked = {
        "stage": stage.name if stage else None,
        "stage_category": stage.category if stage else None,
        "reject_reason": reason.name if reason else None,
    }
    return {
        name: linked[name] if name in linked else getattr(application, name)
        for name in APPLICATION_FIELDS
    }


def _common(record: Model) -> dict[str, Any]:
    return _plain(record, COMMON_FIELDS + TIME_FIELDS)


def _plain(record: Model, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def _names(record: Model, relations: Iterable[str]) -> dict[str, str | None]:
    """The names of the linked records."""
    linked = {name: getattr(record, name) for name in relations}
    return {name: other.name if other else None for name, other in linked.items()}


def _chunks(queryset: QuerySet[Any]) -> Iterator[list[Any]]:
    rows = queryset.order_by("id").iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _in_order(queryset: QuerySet[Any], ids: Iterable[UUID]) -> Iterator[list[Any]]:
    """The records with these ids, read in chunks. One that disappeared in the meantime is left out."""
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        read = {record.id: record for record in queryset.filter(any_of("id", chunk))}
        yield [read[record_id] for record_id in chunk if record_id in read]


def _latest(records: QuerySet[Any], *newest_first: str | OrderBy) -> QuerySet[Any]:
    """The first ``MOST_PARTS`` records of each talent in this order, sorted by id."""
    place = Window(RowNumber(), partition_by=F("talent_id"), order_by=newest_first)
    present = records.filter(remote_deleted_at=None).annotate(place=place)
    latest: QuerySet[Any] = present.filter(place__lte=MOST_PARTS).order_by("id")
    return latest


def _by_talent(records: Iterable[Any]) -> dict[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = {}
    for record in records:
        grouped.setdefault(record.talent_id, []).append(record)
    return grouped


def _opened(
    talents: Sequence[Talent], files: dict[UUID, list[Attachment]], reader: Reader
) -> dict[UUID, list[Contact]]:
    """Decrypt contact details and restore the talents' texts, if the reader may see them."""
    if reader.unseal is None:
        return {}
    by_id = {talent.id: talent for talent in talents if reader.sees(talent)}
    rows = contacts_of(by_id)
    for key, row in rows.items():
        restore_texts(by_id[key], row, reader.unseal, files=files.get(key, ()))
    return {key: open_contacts(row, by_id[key], reader.unseal) for key, row in rows.items()}


def _values(contacts: dict[UUID, list[Contact]], talent_id: UUID, *kinds: ContactKind) -> list[str]:
    return [contact.value for contact in contacts.get(talent_id, []) if contact.kind in kinds]


_LOOKUP = (*COMMON_FIELDS, *TIME_FIELDS)
APPLICATION_FIELDS = (
    *("remote_id", "job_remote_id", "stage", "stage_remote_id", "stage_category"),
    *("status", "status_original", "applied_at", "stage_entered_at", "rejected_at"),
    *("reject_reason", "rejected_by", "hired_at", "source", "is_sourced"),
)

KINDS = {
    "jobs": Kind(
        Job,
        (
            *(*_LOOKUP, *JOB_FIELDS, *JOB_LINKS, "tags", "locations"),
            *("compensations", "custom_fields"),
        ),
        _shown_jobs,
        _jobs,
    ),
    "talents": Kind(
        Talent,
        (
            *(*_LOOKUP, *TALENT_FIELDS, *TALENT_DOCUMENTS, *TALENT_LINKS),
            *("tags", "emails", "phones", "links"),
            *("contacts_hidden", "do_not_contact", "do_not_contact_at", "withheld"),
            "custom_fields",
        ),
        _shown_talents,
        _talents,
        ("resumes", "applications"),
    ),
    "applications": Kind(
        Application,
        (
            *(*_LOOKUP, "talent_id", "talent_remote_id", "job_id", *APPLICATION_FIELDS[1:]),
            *APPLICATION_DOCUMENTS,
        ),
        _shown_applications,
        _applications,
    ),
    "stages": Kind(Stage, (*_LOOKUP, "job_id", *STAGE_FIELDS), _present(Stage), _stages),
    "resumes": Kind(
        Attachment,
        ("connection_id", "remote_id", "remote_updated_at", "talent_remote_id", *FILE_FIELDS),
        _shown_resumes,
        _resumes,
    ),
}
KINDS |= {str(stream): _derived(stream) for stream in ENTITIES if stream not in KINDS}
