"""Talents, as pages show them. Contact details are decrypted only for readers who may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet

from jemmo.domain import records as canonical
from jemmo.domain.consent import Stance, Withheld
from jemmo.domain.enums import ApplicationStatus, StageCategory
from jemmo.domain.masking import has_contacts
from jemmo.domain.records import Contact
from jemmo.domain.redaction import TALENT_TEXTS
from jemmo.domain.rules import Exclusion
from jemmo.domain.stored_values import enum_or_none
from jemmo.store.connections.connections import (
    connection_choices,
    name_connections,
    without_applications,
)
from jemmo.store.db.paging import (
    FEW,
    Alphabetical,
    Column,
    ResultPage,
    among,
    any_of,
    count_and_ids,
    order,
    page_number,
    page_rows,
    query_text,
    record_id,
    search_terms,
    sort_key,
)
from jemmo.store.db.search import few_matching_ids, talent_matches
from jemmo.store.db.visible import SHOWN
from jemmo.store.files.stored_files import with_text_status
from jemmo.store.models import (
    Application,
    Attachment,
    Note,
    Organisation,
    Stage,
    Talent,
    TalentContacts,
)
from jemmo.store.records import jobs
from jemmo.store.records.redaction import Unseal, open_contacts, restore_own_texts, restore_texts
from jemmo.store.records.text_masking import (
    conceal,
    conceal_files,
    conceal_own_texts,
    matches_without_contacts,
    show_texts,
)

COLUMNS = {
    "updated": Column((F("remote_updated_at"),), descending=True),
    "name": Column((Alphabetical("last_name"), Alphabetical("first_name"))),
}

NOTES_SHOWN = 100
OFFERED_JOBS = 200  # nobody picks from a longer list


LISTED = (
    *TALENT_TEXTS,
    *("tags", "location", "custom_fields", "is_private", "remote_updated_at"),
    *("consent_state", "can_email", "do_not_contact_at", "org", "connection", "remote_id"),
)
"""The fields that a list row needs."""


@dataclass(frozen=True, kw_only=True)
class TalentFilters:
    """The filters in the address."""

    q: str = ""
    stage: str = ""
    status: str = ""
    job: str = ""
    tag: str = ""
    connection: str = ""
    contact: str = ""
    sort: str = "updated"
    page: int = 1

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> TalentFilters:
        stage, status = query_text(query, "stage"), query_text(query, "status")
        return cls(
            q=query_text(query, "q"),
            stage=stage if stage in StageCategory.__members__ else "",
            status=status if status in ApplicationStatus.__members__ else "",
            job=record_id(query_text(query, "job")),
            tag=query_text(query, "tag"),
            connection=record_id(query_text(query, "connection")),
            contact=contact if (contact := query_text(query, "contact")) in _STANCES else "",
            sort=sort_key(query_text(query, "sort"), COLUMNS, "updated"),
            page=page_number(query.get("page")),
        )

    @property
    def filtered(self) -> bool:
        return any(
            (self.q, self.stage, self.status, self.job, self.tag, self.connection, self.contact)
        )


_STANCES = {str(choice) for choice in Stance}


def _may_be_contacted(stance: Stance) -> Q:
    """The talents that a list may show with this contact status."""
    if stance is Stance.DO_NOT_CONTACT:
        return Q(do_not_contact_at__isnull=False)
    if stance is Stance.NO_EMAILS:
        return Q(can_email=False)
    return Q(consent_state=stance.upper())


def visible(org: Organisation) -> QuerySet[Talent]:
    return Talent.objects.filter(SHOWN, org=org)


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """What a search may find besides names and texts, by the reader's rights.

    ``named`` are the people whose address or number was typed; they replace other matches. Talents whose files contain
    all words of ``word_hashes`` match too, for readers who may read files.
    """

    sees_contacts: bool = False
    word_hashes: Sequence[int] = ()
    named: Sequence[UUID] = ()


def search(
    org: Organisation, filters: TalentFilters, lookup: Lookup, *, unseal: Unseal | None
) -> ResultPage[Talent]:
    """A page of the organization's talents, each with its latest application.

    ``unseal`` decrypts their texts for readers who may see contact details, and is ``None`` for others.
    """
    talents, total = matching(org, filters, lookup)
    items = page_rows(talents.only(*LISTED).order_by(*order(COLUMNS, filters.sort)), filters.page)
    _add_latest(items, filters)
    show_texts(items, unseal)
    connections = connection_choices(org)
    name_connections(items, connections)
    return ResultPage(
        items=items,
        total=total,
        page=filters.page,
        filters=filters,
        columns=COLUMNS,
        choices={
            "stage": list(StageCategory),
            "status": list(ApplicationStatus),
            "job": _jobs(org, filters.job),
            "connection": connections,
            "contact": list(Stance),
        },
    )


def matching(
    org: Organisation, filters: TalentFilters, lookup: Lookup
) -> tuple[QuerySet[Talent], int]:
    """Return the matching talents, unordered, and their count.

    A match that exists only because of a redacted contact is dropped for readers who may not see contact details. That
    check is exact for small results and for the page shown. A count of thousands may be off by a few, which reveals
    nothing about anyone.
    """
    talents, terms = visible(org), search_terms(filters.q)
    if not filters.filtered:
        return talents, talents.count()
    matches = _narrowed(org, filters, sees_contacts=lookup.sees_contacts)
    if lookup.named:
        matches = matches.filter(id__in=lookup.named)
    elif terms:
        ids = few_matching_ids(org, terms, lookup.word_hashes, FEW)
        by_words = (
            talent_matches(terms, lookup.word_hashes) if ids is None else Q(id__in=among(ids))
        )
        matches = matches.filter(by_words)
    total, few = count_and_ids(matches)
    talents = matches if few is None else talents.filter(id__in=among(few))
    if terms and not lookup.sees_contacts:
        talents = talents.filter(matches_without_contacts(terms))
        total = total if few is None else talents.count()
    return talents, total


def _narrowed(
    org: Organisation, filters: TalentFilters, *, sees_contacts: bool
) -> QuerySet[Talent]:
    """Apply the filters in the address, except the search words."""
    talents = visible(org)
    if filters.tag:
        talents = talents.filter(tags__contains=[filters.tag])
        if not sees_contacts and has_contacts(filters.tag):
            talents = talents.none()
    if filters.connection:
        talents = talents.filter(connection=UUID(filters.connection))
    if filters.contact:
        talents = talents.filter(_may_be_contacted(Stance(filters.contact)))
    if (applied := _applied(filters)) is not None:
        talents = talents.filter(Exists(applied))
    return talents


def _applied(filters: TalentFilters) -> QuerySet[Application] | None:
    """The applications of which a talent must have one; ``None`` if the address has no such filter."""
    if not (filters.stage or filters.status or filters.job):
        return None
    return _filtered_applications(filters).filter(talent=OuterRef("id"))


def _filtered_applications(filters: TalentFilters) -> QuerySet[Application]:
    """The applications that match the filters.

    The stage is the one shown in a row: ended applications show their outcome instead.
    """
    applications = Application.objects.filter(remote_deleted_at=None)
    at_stage = Q(stage__category=filters.stage)
    if filters.status:
        applications = applications.filter(status=filters.status)
        applications = applications.filter(at_stage) if filters.stage else applications
    elif filters.stage:
        applications = applications.filter(
            (at_stage & Q(status="ACTIVE")) | Q(status=filters.stage)
        )
    if filters.job:
        applications = applications.filter(job=UUID(filters.job))
    return applications


def _jobs(org: Organisation, chosen: str) -> list[tuple[UUID, str]]:
    """The jobs to choose from, with their titles: the latest changed, and always the chosen one."""
    shown = jobs.visible(org).values_list("id", "title")
    choices = list(
        shown.order_by(F("remote_updated_at").desc(nulls_last=True), "id")[:OFFERED_JOBS]
    )
    if chosen and chosen not in {str(job) for job, _title in choices}:
        choices += shown.filter(id=chosen)
    return sorted(choices, key=lambda job: job[1].casefold())


_MOST_TELLING = (
    ExpressionWrapper(Q(status="ACTIVE"), BooleanField()).desc(),
    F("stage_entered_at").desc(nulls_last=True),
    "id",
)


class LatestApplication(NamedTuple):
    """The application shown with a talent in a list; ``None`` for what is unknown."""

    status: str
    job: str | None
    stage: str | None


def _add_latest(talents: list[Talent], filters: TalentFilters) -> None:
    """Add the application shown with each talent: one in progress before a past one, then the latest.

    Considers the filtered ones: with the filter "Hired", it is the stage and job of the hire.
    """
    applications = (
        _filtered_applications(filters)
        .filter(any_of("talent", [talent.id for talent in talents]))
        .order_by("talent", *_MOST_TELLING)
        .distinct("talent")
        .values_list("talent", "status", "job__title", "stage__name")
    )
    latest = {talent: LatestApplication(*shown) for talent, *shown in applications}
    for row in talents:
        row.latest = latest.get(row.id)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class TalentPage:
    """One talent. ``contacts`` is ``None`` for readers who may not see them, and for all if they are ``withheld``.

    ``excluded`` is the rule that removes the talent from lists and counts. Without ``reads_applications`` it is unknown
    whether there are any.
    """

    talent: Talent
    reads_applications: bool
    excluded: Exclusion | None
    contacts: list[Contact] | None
    withheld: Withheld | None
    applications: list[Application]
    files: list[Attachment]
    notes: list[Note]


def talent_page(
    org: Organisation,
    talent_id: UUID,
    *,
    unseal: Unseal | None,
    reveal: bool = False,
    with_notes: bool = False,
) -> TalentPage | None:
    """A talent, excluded or not; ``None`` if this organization has none.

    ``reveal``: include the contact details of someone who is not to be contacted. ``with_notes``: for readers with that
    right, which the database checks too.
    """
    stored = Talent.objects.filter(org=org, id=talent_id, remote_deleted_at=None)
    talent = stored.select_related("connection", "department").first()
    if talent is None:
        return None
    applications = list(
        talent.applications.filter(remote_deleted_at=None)
        .select_related("job", "stage", "reject_reason")
        .prefetch_related("stage_events")
        .order_by(F("applied_at").desc(nulls_last=True), "id")
    )
    files = list(with_text_status(talent.attachments.filter(remote_deleted_at=None)).order_by("id"))
    _name_moves(applications)
    withheld = None if reveal else talent.withheld
    if withheld:
        unseal = None
    return TalentPage(
        talent=talent,
        reads_applications=talent.connection_id not in without_applications(org),
        excluded=enum_or_none(talent.excluded_reason, Exclusion),
        contacts=_opened(talent, applications, files, unseal),
        withheld=withheld,
        applications=applications,
        files=files,
        notes=_notes(talent, unseal) if with_notes else [],
    )


def _notes(talent: Talent, unseal: Unseal | None) -> list[Note]:
    """The latest notes, with their original texts for readers who may see contact details."""
    present = talent.notes.filter(remote_deleted_at=None).select_related("author")
    notes = list(present.order_by(F("remote_created_at").desc(nulls_last=True), "id")[:NOTES_SHOWN])
    if unseal is None:
        conceal_own_texts(canonical.Note, notes)
    else:
        restore_own_texts(notes, unseal)
    return notes


def _name_moves(applications: list[Application]) -> None:
    """Give each application its ``moves``, latest first, with the names of known stages.

    A move that is not ``named`` by its stages changes only the status, or its stages are unknown.
    """
    ids = {
        remote_id
        for record in applications
        for move in record.stage_events.all()
        for remote_id in (move.from_stage_remote_id, move.to_stage_remote_id)
        if remote_id
    }
    names: dict[tuple[Any, str | None], str] = {}
    if ids:
        connections = {record.connection_id for record in applications}
        known = Stage.objects.filter(Q(connection__in=connections), remote_id__in=ids)
        names = {(record.connection_id, record.remote_id): record.name for record in known}
    for record in applications:
        moves = sorted(record.stage_events.all(), key=lambda move: move.at, reverse=True)
        for move in moves:
            move.before = names.get((record.connection_id, move.from_stage_remote_id))  # type: ignore[attr-defined]
            move.after = names.get((record.connection_id, move.to_stage_remote_id))  # type: ignore[attr-defined]
            stayed = move.from_stage_remote_id == move.to_stage_remote_id
            move.named = not stayed and bool(move.before or move.after)  # type: ignore[attr-defined]
        record.moves = moves  # type: ignore[attr-defined]


def _opened(
    talent: Talent,
    applications: list[Application],
    files: list[Attachment],
    unseal: Unseal | None,
) -> list[Contact] | None:
    """The contact details and original texts, for readers who may see them."""
    if unseal is None:
        conceal(talent)
        conceal_own_texts(canonical.Application, applications)
        conceal_files(files)
        return None
    row = TalentContacts.objects.filter(talent=talent).first()
    restore_texts(talent, row, unseal, files=files)
    restore_own_texts(applications, unseal)
    return open_contacts(row, talent, unseal) if row else []
