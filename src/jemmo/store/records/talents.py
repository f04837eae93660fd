"""Reads lists of talents. Contact details are decrypted only for readers who may see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet

from jemmo.domain.consent import Stance
from jemmo.domain.enums import ApplicationStatus, StageCategory
from jemmo.domain.masking import has_contacts
from jemmo.domain.redaction import TALENT_TEXTS
from jemmo.store.connections.connections import connection_choices, name_connections
from jemmo.store.db import paging
from jemmo.store.db.paging import (
    FEW,
    Alphabetical,
    Column,
    ResultPage,
    SearchLimit,
    among,
    any_of,
    count_and_ids,
    order,
    page_number,
    page_rows,
    query_text,
    record_id,
    search_limit_of,
    search_terms,
    sort_key,
)
from jemmo.store.db.search import few_matching_ids, talent_matches
from jemmo.store.db.visible import SHOWN
from jemmo.store.models import Application, Organisation, Talent
from jemmo.store.records import jobs
from jemmo.store.records.redaction import Unseal
from jemmo.store.records.text_masking import matches_without_contacts, show_texts

COLUMNS = {
    "updated": Column((F("remote_updated_at"),), descending=True),
    "name": Column((Alphabetical("last_name"), Alphabetical("first_name"))),
}

OFFERED_JOBS = 200  # nobody picks from a longer list


LISTED = (
    *TALENT_TEXTS,
    *("tags", "location", "custom_fields", "is_private", "remote_updated_at"),
    *("consent_state", "can_email", "do_not_contact_at", "org", "connection", "remote_id"),
)
"""The fields that a list row needs."""


@dataclass(frozen=True, kw_only=True)
class TalentFilters:
    """The filters in the query string."""

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
            q=query_text(query, "q").strip(),
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
    """What a search may find in addition to names and texts, depending on the reader's rights.

    ``named`` are the people whose address or number was typed; they replace other matches. If ``more_named``, there are
    more of them. Talents whose files contain all words of ``word_hashes`` match too, for readers who may read files.
    """

    sees_contacts: bool = False
    word_hashes: Sequence[int] = ()
    named: Sequence[UUID] = ()
    more_named: bool = False

    def limit_of(self, typed: str) -> SearchLimit | None:
        if self.named:
            return SearchLimit.PEOPLE if self.more_named else None
        return search_limit_of(typed)


def search(
    org: Organisation,
    filters: TalentFilters,
    lookup: Lookup,
    *,
    unseal: Unseal | None,
    size: int = paging.SIZE,
) -> ResultPage[Talent]:
    """A page of the organization's talents, ``size`` of them, each with its latest application.

    ``unseal`` decrypts their texts for readers who may see contact details, and is ``None`` for others.
    """
    talents, total = matching(org, filters, lookup)
    ordered = talents.only(*LISTED).order_by(*order(COLUMNS, filters.sort))
    items = page_rows(ordered, filters.page, size)
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
        search_limit=lookup.limit_of(filters.q),
    )


def ids_in_order(org: Organisation, filters: TalentFilters, lookup: Lookup) -> Iterator[UUID]:
    """The matching talents of all pages, in their order."""
    talents, _ = matching(org, filters, lookup)
    return paging.ids_in_order(talents.order_by(*order(COLUMNS, filters.sort)))


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
    elif filters.q:
        matches = matches.none()
    total, few = count_and_ids(matches)
    talents = matches if few is None else talents.filter(id__in=among(few))
    if terms and not lookup.sees_contacts:
        talents = talents.filter(matches_without_contacts(terms))
        total = total if few is None else talents.count()
    return talents, total


def _narrowed(
    org: Organisation, filters: TalentFilters, *, sees_contacts: bool
) -> QuerySet[Talent]:
    """Apply all filters except the search words."""
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
    """The applications of which a talent must have one; ``None`` if no filter is about applications."""
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
    """The jobs to filter by, with their titles: the latest changed, and always the chosen one."""
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
    """The application shown with a talent in a list. Unknown values are ``None``."""

    status: str
    job: str | None
    stage: str | None


def _add_latest(talents: list[Talent], filters: TalentFilters) -> None:
    """Add the application shown with each talent: one in progress if there is one, otherwise the latest.

    Considers only those that match the filters: with the filter "Hired", a row shows the stage and job of the hire.
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
