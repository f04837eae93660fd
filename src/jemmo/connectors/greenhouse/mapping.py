"""Maps Greenhouse's records to canonical ones. Pure; README.md lists the reference pages."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from jemmo.connectors.greenhouse.custom import custom_values, customs, tag_names
from jemmo.connectors.greenhouse.pay import compensations
from jemmo.connectors.greenhouse.wire import (
    ApplicationRow,
    CandidateRow,
    Id,
    JobRow,
    NamedRow,
    PostRow,
    ReasonRow,
    StageRow,
    UserRow,
    Value,
)
from jemmo.connectors.vocabulary import known, required
from jemmo.domain.enums import (
    ApplicationStatus,
    AttachmentKind,
    ContactKind,
    EmploymentType,
    JobStatus,
    JobVisibility,
    PostingStatus,
    RejectedBy,
    StageCategory,
    UserRole,
)
from jemmo.domain.records import (
    Application,
    Attachment,
    Contact,
    Department,
    Job,
    Location,
    Move,
    Posting,
    RejectReason,
    Stage,
    Talent,
    User,
)
from jemmo.domain.streams import Notes
from jemmo.domain.validation import is_set, name_text, parse_time, text, utc, web_address, whole

JOB_STATUS = {"open": JobStatus.OPEN, "draft": JobStatus.DRAFT, "closed": JobStatus.CLOSED}
STATUS = {
    "in_process": ApplicationStatus.ACTIVE,
    "active": ApplicationStatus.ACTIVE,  # the filter's word for the same status
    "rejected": ApplicationStatus.REJECTED,
    "hired": ApplicationStatus.HIRED,
    "converted": ApplicationStatus.CONVERTED,
}
ACTIVE = frozenset(word for word, known in STATUS.items() if known is ApplicationStatus.ACTIVE)
REASON = {
    "WE_REJECTED_THEM": RejectedBy.COMPANY,
    "THEY_REJECTED_US": RejectedBy.CANDIDATE,
    "SECURITY_CONCERN": RejectedBy.COMPANY,
    "NONE_SPECIFIED": None,
}
EMPLOYMENT = {
    "full-time": EmploymentType.FULL_TIME,
    "full time": EmploymentType.FULL_TIME,
    "part-time": EmploymentType.PART_TIME,
    "part time": EmploymentType.PART_TIME,
    "contract": EmploymentType.CONTRACTOR,
    "contractor": EmploymentType.CONTRACTOR,
    "temporary": EmploymentType.TEMPORARY,
    "intern": EmploymentType.INTERN,
    "internship": EmploymentType.INTERN,
}
CATEGORY = (
    ("offer", StageCategory.OFFER),
    ("test", StageCategory.ASSESSMENT),
    ("assessment", StageCategory.ASSESSMENT),
    ("exercise", StageCategory.ASSESSMENT),
    ("screen", StageCategory.SCREENING),
    ("application review", StageCategory.NEW),
    ("interview", StageCategory.INTERVIEW),
    ("face to face", StageCategory.INTERVIEW),
    ("onsite", StageCategory.INTERVIEW),
)


class AroundJobs(Struct, frozen=True):
    """Posts and owners by job id; offices by their own id.

    Pay ranges are keyed by the id of their post, and their labels by the id of their pay input. ``pay`` is ``None`` if
    the account refuses the list.
    """

    posts: Mapping[str, list[dict[str, Any]]] = {}
    owners: Mapping[str, list[dict[str, Any]]] = {}
    offices: Mapping[str, dict[str, Any]] = {}
    pay: Mapping[str, list[dict[str, Any]]] | None = {}
    pay_names: Mapping[str, list[dict[str, Any]]] = {}


class AroundPosts(Struct, frozen=True):
    """Locations by post id, ``None`` if the account refuses them; offices by their own id."""

    places: Mapping[str, list[dict[str, Any]]] | None = {}
    offices: Mapping[str, dict[str, Any]] = {}


class AroundApplications(Struct, frozen=True):
    """Source names, stages by job and name, and stage visits and rejections by application.

    ``reasons`` are for applications that don't contain their own. They and ``visits`` are ``None`` if the account
    refuses them.
    """

    sources: Mapping[str, str] = {}
    stages: Mapping[tuple[str, str], list[str]] = {}
    reasons: Mapping[str, list[dict[str, Any]]] | None = {}
    visits: Mapping[str, list[dict[str, Any]]] | None = {}


def department(row: NamedRow, _: None, notes: Notes) -> Department:
    return Department(name=required(row.name, "name"), **_base(row))


def user(row: UserRow, _: None, notes: Notes) -> User:
    parts = (text(row.first_name), text(row.last_name))
    return User(
        name=text(row.name) or text(" ".join(part for part in parts if part)),
        title=text(row.job_title),
        role=UserRole.ADMIN if row.site_admin else None,
        is_active=row.deactivated is not True,
        **_base(row),
    )


def reject_reason(row: ReasonRow, _: None, notes: Notes) -> RejectReason:
    key = row.type.key if row.type else None
    if key and key not in REASON:
        notes.add(f"unknown_value:rejection type {key[:40]}", str(row.id))
    return RejectReason(
        name=required(row.name, "name"), rejected_by=REASON.get(key or ""), **_base(row)
    )


def job(row: JobRow, around: AroundJobs, notes: Notes) -> Job:
    """Map a job. Its public text comes from its live public post, otherwise from the newest post."""
    remote_id, custom = str(row.id), customs(row.custom_fields)
    shown = text(row.status)
    status = known(shown, JOB_STATUS, "status", remote_id, notes) or JobStatus.PENDING
    post = _public(around.posts.get(remote_id, []))
    field = custom.get("employment_type")
    employment = text(field.value) if field else None
    pay = compensations(post, around.pay or {}, around.pay_names, custom)
    if around.pay is None and not pay:
        _keep("pay_input_ranges", "compensations", remote_id, notes)
    return Job(
        title=required(name_text(row.name), "name"),
        code=text(row.requisition_id),
        status=JobStatus.DRAFT if row.is_template else status,
        status_original=shown,
        visibility=JobVisibility.CONFIDENTIAL if is_set(row.confidential) else None,
        description_html=text(post.get("content")),
        language=text(post.get("language")),
        posting_url=web_address(post.get("public_url")),
        employment_type=_employment(employment, remote_id, notes),
        employment_type_original=employment,
        opened_at=utc(row.opened_at),
        closed_at=utc(row.closed_at),
        department_remote_id=_id(row.department_id),
        recruiter_remote_id=_recruiter(around.owners.get(remote_id, [])),
        locations=_locations(row.office_ids or [], around.offices),
        compensations=pay,
        custom_fields=custom_values(custom),
        **_base(row),
    )


def posting(row: PostRow, around: AroundPosts, notes: Notes) -> Posting:
    """Map a post. One that was never published is a draft; an internal post may have its own text."""
    status = PostingStatus.INACTIVE if row.first_published_at else PostingStatus.DRAFT
    content = text(row.content)
    if around.places is None:
        _keep("job_post_locations", "locations", str(row.id), notes)
    return Posting(
        job_remote_id=_id(row.job_id),
        title=name_text(row.title),
        status=PostingStatus.ACTIVE if row.live else status,
        is_internal=row.internal is True,
        language=text(row.language),
        content_html=(text(row.internal_content) or content) if row.internal else content,
        url=web_address(row.public_url),
        published_at=utc(row.first_published_at),
        locations=_places((around.places or {}).get(str(row.id), []), around.offices),
        **_base(row),
    )


def stage(row: StageRow, _: None, notes: Notes) -> Stage:
    """Map a stage. Greenhouse has no stage categories, so the name decides."""
    name = required(row.name, "name")
    known = (category for word, category in CATEGORY if word in name.lower())
    return Stage(
        name=name,
        job_remote_id=_id(row.job_id),
        position=whole(row.sort_order),
        category=next(known, StageCategory.OTHER),
        **_base(row),
    )


def talent(
    row: CandidateRow, resumes: Mapping[str, list[dict[str, Any]]] | None, notes: Notes
) -> Talent:
    addresses = (text(address.value) for address in row.addresses or [])
    place = next(filter(None, addresses), None)
    custom = custom_values(customs(row.custom_fields))
    preferred = text(row.preferred_name)
    if preferred:
        custom["preferred_name"] = {"type": "text", "label": "Preferred name", "value": preferred}
    return Talent(
        first_name=name_text(row.first_name),
        last_name=name_text(row.last_name),
        current_company=text(row.company),
        current_title=text(row.title),
        location=Location(raw=place) if place else None,
        is_private=is_set(row.private),
        can_email=row.can_email,
        tags=tag_names(row.tags),
        contacts=(
            *_contacts(row.email_addresses, ContactKind.EMAIL),
            *_contacts(row.phone_numbers, ContactKind.PHONE),
            *_contacts(row.website_addresses, ContactKind.URL),
            *_contacts(row.social_media_addresses, ContactKind.SOCIAL),
        ),
        attachments=tuple(_attachment(resume) for resume in (resumes or {}).get(str(row.id), [])),
        lists_all_files=resumes is not None,
        custom_fields=custom,
        **_base(row),
    )


def application(row: ApplicationRow, around: AroundApplications, notes: Notes) -> Application:
    remote_id, shown = str(row.id), text(row.status)
    status = known(shown, STATUS, "status", remote_id, notes) or ApplicationStatus.OTHER
    rejection = (around.reasons or {}).get(remote_id, [{}])[0]
    visits = (around.visits or {}).get(remote_id, [])
    visit = current_visit(visits)
    reason = _id(row.rejection_reason_id) or text(rejection.get("rejection_reason_id"))
    if around.visits is None:
        _keep("application_stages", "stage_entered_at", remote_id, notes)
    if around.reasons is None and reason is None and status is ApplicationStatus.REJECTED:
        _keep("rejection_details", "reject_reason_remote_id", remote_id, notes)
    return Application(
        talent_remote_id=_id(row.candidate_id),
        job_remote_id=_id(row.job_id),
        stage_remote_id=_stage(row, visit, around, notes),
        stage_entered_at=parse_time(visit.get("entered_at")),
        reject_reason_remote_id=reason,
        status=status,
        status_original=shown,
        applied_at=utc(row.created_at),
        rejected_at=utc(row.rejected_at),
        source=around.sources.get(_id(row.source_id) or ""),
        is_sourced=row.prospect is True,
        moves=_moves(visits),
        **_base(row),
    )


def _keep(refused: str, field: str, remote_id: str, notes: Notes) -> None:
    """Keep what was read before the account refused a list."""
    notes.add(f"lookup_refused:{refused}", remote_id)
    notes.keep(remote_id, field)


def _base(row: Any) -> dict[str, Any]:
    return {
        "remote_id": str(row.id),
        "remote_created_at": utc(row.created_at),
        "remote_updated_at": utc(row.updated_at),
    }


def _id(value: Id | None) -> str | None:
    return None if value is None else text(value)


def _employment(value: str | None, remote_id: str, notes: Notes) -> EmploymentType | None:
    if value is None:
        return None
    employment = known(value, EMPLOYMENT, "employment_type", remote_id, notes)
    return employment or EmploymentType.OTHER


def _public(posts: list[dict[str, Any]]) -> dict[str, Any]:
    def rank(post: dict[str, Any]) -> tuple[bool, bool, str]:
        return (
            post.get("live") is True,
            post.get("internal") is not True,
            str(post.get("updated_at")),
        )

    return max(posts, key=rank, default={})


def _recruiter(owners: list[dict[str, Any]]) -> str | None:
    recruiters = [owner for owner in owners if owner.get("type") == "recruiter"]
    responsible = next((owner for owner in recruiters if owner.get("responsible") is True), None)
    return text((responsible or (recruiters or [{}])[0]).get("user_id"))


def _locations(ids: list[Id], offices: Mapping[str, dict[str, Any]]) -> tuple[Location, ...]:
    return _named([_office(key, offices) for key in ids])


def _places(
    places: list[dict[str, Any]], offices: Mapping[str, dict[str, Any]]
) -> tuple[Location, ...]:
    """Map the locations of a post, which are free text or offices."""
    return _named(
        [
            text(place.get("plain_text_location")) or _office(place.get("office_id"), offices)
            for place in places
        ]
    )


def _office(key: Any, offices: Mapping[str, dict[str, Any]]) -> str | None:
    office = offices.get(str(key), {})
    place = office.get("location")
    place = place.get("name") if isinstance(place, dict) else place
    return text(place) or text(office.get("name"))


def _named(names: list[str | None]) -> tuple[Location, ...]:
    shown = dict.fromkeys(name for name in names if name)
    return tuple(Location(raw=name, is_primary=not place) for place, name in enumerate(shown))


def current_visit(visits: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the current visit among an application's ``application_stages``; empty if there is none."""
    current = [visit for visit in visits if visit.get("current") is True]
    return max(current, key=lambda visit: str(visit.get("entered_at")), default={})


def _moves(visits: list[dict[str, Any]]) -> tuple[Move, ...]:
    """Return stage visits in order, without those that never began."""
    begun = [
        (at, parse_time(visit.get("exited_at")), stage)
        for visit in visits
        if (at := parse_time(visit.get("entered_at")))
        and (stage := text(visit.get("job_interview_stage_id")))
    ]
    begun.sort(key=lambda move: (move[0], move[1] is None, move[1] or move[0]))
    before = [None, *(stage for _, _, stage in begun)]
    return tuple(
        Move(from_stage_remote_id=earlier, to_stage_remote_id=stage, at=at, left_at=left_at)
        for earlier, (at, left_at, stage) in zip(before, begun, strict=False)
    )


def _stage(
    row: ApplicationRow, visit: dict[str, Any], around: AroundApplications, notes: Notes
) -> str | None:
    """Return the stage of the application's current visit.

    Without visits, use the application's own stage id, or its stage name if only one stage of the job has it.
    """
    stage_id = text(visit.get("job_interview_stage_id")) or _id(row.job_interview_stage_id)
    name = text(row.stage_name)
    if stage_id or not name:
        return stage_id
    named = around.stages.get((str(row.job_id), name), [])
    if len(named) == 1:
        return named[0]
    notes.add("ambiguous_stage" if named else "unknown_stage", str(row.id))
    if not named:
        notes.keep(str(row.id), "stage_remote_id")
    return None


def _contacts(values: list[Value] | None, kind: ContactKind) -> list[Contact]:
    return [
        Contact(kind=kind, value=value, type=text(contact.type))
        for contact in values or []
        if (value := text(contact.value))
    ]


def version_of(row: dict[str, Any]) -> str | None:
    """Return a file's version: when it was last changed, in any format."""
    moment = parse_time(row.get("updated_at"))
    return moment.isoformat() if moment else text(row.get("updated_at"))


def _attachment(row: dict[str, Any]) -> Attachment:
    name = text(row.get("filename"))
    return Attachment(
        remote_id=str(row["id"]),
        kind=AttachmentKind.RESUME,
        file_name=name,
        content_type=mimetypes.guess_type(name)[0] if name else None,
        remote_version=version_of(row),
        remote_updated_at=parse_time(row.get("updated_at")),
    )
