"""Talents, as pages show them. Contact details are opened only for who may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet

from jemmo.domain.enums import StageCategory
from jemmo.domain.records import Contact
from jemmo.store.models import Application, Attachment, Organisation, Talent, TalentContacts
from jemmo.store.selectors.export import Unseal, open_contacts
from jemmo.store.selectors.paging import Found, cut, page_number, search_query

SORTS: dict[str, list[Any]] = {
    "updated": [F("remote_updated_at").desc(nulls_last=True), "id"],
    "name": ["last_name", "first_name", "id"],
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the address asks for."""

    q: str = ""
    stage: str = ""
    tag: str = ""
    sort: str = "updated"
    page: int = 1

    @classmethod
    def from_query(cls, given: Mapping[str, str]) -> Wanted:
        def text(name: str) -> str:
            return given.get(name, "").replace("\x00", "")[:200]

        stage, sort = text("stage"), text("sort")
        return cls(
            q=text("q"),
            stage=stage if stage in StageCategory.__members__ else "",
            tag=text("tag"),
            sort=sort if sort in SORTS else "updated",
            page=page_number(given.get("page")),
        )

    @property
    def filtered(self) -> bool:
        return bool(self.q or self.stage or self.tag)


def visible(org: Organisation) -> QuerySet[Talent]:
    return Talent.objects.filter(org=org, remote_deleted_at=None, excluded_reason=None)


def search(org: Organisation, wanted: Wanted) -> Found[Talent]:
    """A page of the organisation's talents, each with its latest application."""
    found = visible(org)
    if (words := search_query(wanted.q)) is not None:
        found = found.filter(search=words)
    if wanted.tag:
        found = found.filter(tags__contains=[wanted.tag])
    if wanted.stage:
        at_stage = Application.objects.filter(
            talent=OuterRef("id"),
            status__in=("ACTIVE", "HIRED"),
            remote_deleted_at=None,
            stage__category=wanted.stage,
        )
        found = found.filter(Exists(at_stage))
    total = found.count()
    items = cut(found.order_by(*SORTS[wanted.sort]), wanted.page)
    _add_latest(items)
    return Found(
        items=items,
        total=total,
        page=wanted.page,
        wanted=wanted,
        choices={"stage": list(StageCategory)},
    )


def _add_latest(talents: list[Talent]) -> None:
    latest: dict[UUID, Application] = {}
    applications = (
        Application.objects.filter(talent__in=[one.id for one in talents], remote_deleted_at=None)
        .select_related("job", "stage")
        .order_by(F("stage_entered_at").asc(nulls_first=True))
    )
    for application in applications:
        before = latest.get(application.talent_id) if application.talent_id else None
        if before is None or before.status != "ACTIVE" or application.status == "ACTIVE":
            assert application.talent_id is not None
            latest[application.talent_id] = application
    for one in talents:
        one.latest = latest.get(one.id)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class TalentPage:
    """One talent. ``contacts`` is ``None`` for who may not see them."""

    talent: Talent
    contacts: list[Contact] | None
    applications: list[Application]
    files: list[Attachment]


def one(org: Organisation, talent_id: UUID, *, unseal: Unseal | None) -> TalentPage | None:
    """A talent, or ``None`` when it is not there for this organisation."""
    talent = visible(org).filter(id=talent_id).select_related("connection").first()
    if talent is None:
        return None
    applications = (
        talent.applications.filter(remote_deleted_at=None)
        .select_related("job", "stage", "reject_reason")
        .prefetch_related("stage_events")
        .order_by("-applied_at")
    )
    return TalentPage(
        talent=talent,
        contacts=None if unseal is None else _contacts(talent, unseal),
        applications=list(applications),
        files=list(talent.attachments.filter(remote_deleted_at=None).order_by("id")),
    )


def _contacts(talent: Talent, unseal: Unseal) -> list[Contact]:
    row = TalentContacts.objects.filter(talent=talent).first()
    return open_contacts(row, talent, unseal) if row else []
