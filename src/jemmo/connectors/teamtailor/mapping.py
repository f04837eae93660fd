"""Maps Teamtailor's objects to canonical records, one pure function each.

Attribute names and values are from the public API reference (docs.teamtailor.com) and, for the enums of jobs, the
partner documentation of job boards. Only an unusable record raises.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jemmo.connectors.pay import read_pay
from jemmo.connectors.teamtailor.attachments import attachments, lists_all_files
from jemmo.connectors.teamtailor.lookups import Inclusions
from jemmo.connectors.teamtailor.places import locations
from jemmo.connectors.teamtailor.stages import is_stage_type, stage_category
from jemmo.connectors.teamtailor.wire import (
    ApplicationAttributes,
    CandidateAttributes,
    JobAttributes,
    NamedAttributes,
    NoteAttributes,
    Resource,
    StageAttributes,
    UserAttributes,
)
from jemmo.connectors.vocabulary import custom_fields, known, required
from jemmo.domain.enums import (
    ApplicationStatus,
    CompensationPeriod,
    ConsentState,
    ContactKind,
    EmploymentType,
    JobStatus,
    JobVisibility,
    RejectedBy,
    RemotePolicy,
    TalentOrigin,
    UserRole,
)
from jemmo.domain.records import (
    Application,
    Compensation,
    Contact,
    CustomFields,
    Department,
    Job,
    Note,
    RejectReason,
    Stage,
    Talent,
    User,
)
from jemmo.domain.streams import Notes
from jemmo.domain.validation import (
    is_set,
    name_text,
    text,
    typed_address,
    unmarked,
    utc,
    web_address,
    whole,
    words,
)

# visitors see human-status; `status` alone ignores dates
JOB_STATUS = {
    "published": JobStatus.OPEN,
    "unlisted": JobStatus.OPEN,
    "scheduled": JobStatus.PENDING,
    "expired": JobStatus.CLOSED,
    "draft": JobStatus.DRAFT,
    "unsaved": JobStatus.DRAFT,
    "archived": JobStatus.ARCHIVED,
    "open": JobStatus.OPEN,
    "temp": JobStatus.DRAFT,
}
REMOTE = {
    "none": RemotePolicy.ON_SITE,
    "temporary": RemotePolicy.TEMPORARY,
    "hybrid": RemotePolicy.HYBRID,
    "fully": RemotePolicy.REMOTE,
}
EMPLOYMENT = {
    "fully": EmploymentType.FULL_TIME,
    "part": EmploymentType.PART_TIME,
    "contract": EmploymentType.CONTRACTOR,
    "temporary": EmploymentType.TEMPORARY,
    "apprenticeship": EmploymentType.APPRENTICE,
    "internship": EmploymentType.INTERN,
    "volunteer": EmploymentType.VOLUNTEER,
}
PERIOD = {
    "hourly": CompensationPeriod.HOUR,
    "daily": CompensationPeriod.DAY,
    "weekly": CompensationPeriod.WEEK,
    "monthly": CompensationPeriod.MONTH,
    "yearly": CompensationPeriod.YEAR,
}
ROLE = {
    "admin": UserRole.ADMIN,
    "recruiter": UserRole.RECRUITER,
    "external_recruiter": UserRole.RECRUITER,
    "user": UserRole.HIRING_MANAGER,
    "designer": UserRole.OTHER,
    "no_access": UserRole.OTHER,
}


def department(resource: Resource[NamedAttributes], _: Inclusions, notes: Notes) -> Department:
    return Department(
        name=required(resource.attributes.name, "name"),
        **_base(resource),
    )


def reject_reason(resource: Resource[NamedAttributes], _: Inclusions, notes: Notes) -> RejectReason:
    return RejectReason(
        name=required(resource.attributes.reason or resource.attributes.name, "reason"),
        rejected_by=_rejected_by(resource.attributes.rejected_by_company),
        **_base(resource),
    )


def user(resource: Resource[UserAttributes], _: Inclusions, notes: Notes) -> User:
    remote_id, own = str(resource.id), resource.attributes
    return User(
        name=text(own.name),
        title=text(own.title),
        role=known(own.role, ROLE, "role", remote_id, notes),
        role_original=text(own.role),
        is_active=own.visible is not False and own.role != "no_access",
        **_base(resource),
    )


def job(resource: Resource[JobAttributes], included: Inclusions, notes: Notes) -> Job:
    remote_id, own = str(resource.id), resource.attributes
    shown = text(own.human_status) or text(own.status)
    status = known(shown, JOB_STATUS, "human-status", remote_id, notes) or JobStatus.PENDING
    employment, level = text(own.employment_type), text(own.employment_level)
    remote = text(own.remote_status)
    return Job(
        title=required(name_text(own.title), "title"),
        internal_name=name_text(own.internal_name),
        status=status,
        status_original=shown,
        visibility=_visibility(own, shown),
        pitch=text(own.pitch),
        description_html=text(own.body),
        employment_type=_employment(employment, remote_id, notes),
        employment_type_original=employment,
        experience_level=None if level == "none" else level,
        remote_policy=known(remote, REMOTE, "remote-status", remote_id, notes),
        remote_policy_original=remote,
        language=text(own.language_code),
        category=included.name(resource.relationships.role.one(), "roles", remote_id, notes),
        posting_url=web_address(resource.links.careersite_job_url),
        apply_url=typed_address(own.external_application_url)
        or web_address(resource.links.careersite_job_apply_url),
        apply_email=text(own.mailbox),
        apply_button_text=text(own.apply_button_text),
        opened_at=utc(own.start_date) or utc(own.created_at),
        closed_at=_closed_at(own, status),
        department_remote_id=resource.relationships.department.one(),
        recruiter_remote_id=resource.relationships.user.one(),
        recruiter_email=text(own.recruiter_email),
        tags=words(own.tags),
        locations=locations(resource, included, notes),
        compensations=_compensations(own, remote_id, notes),
        custom_fields=_job_fields(resource, included, notes)
        | included.custom_fields(resource, notes),
        **_base(resource),
    )


def stage(resource: Resource[StageAttributes], included: Inclusions, notes: Notes) -> Stage:
    own = resource.attributes
    legacy = text(own.legacy_stage_type_name) or text(own.stage_type)
    related = included.stage_type(resource.relationships.stage_type.one())
    kind = (related.name if related else None) or legacy
    legacy = legacy or (related.category if related else None)
    included.note_stage(str(resource.id), resource)
    name = required(own.name, "name")
    if kind and not is_stage_type(kind):
        notes.add(f"unknown_value:stage-type {kind[:40]}", str(resource.id))
    return Stage(
        name=name,
        job_remote_id=resource.relationships.job.one(),
        position=whole(own.row_order),
        category=stage_category(kind, legacy, name),
        category_original=kind,
        **_base(resource),
    )


def talent(resource: Resource[CandidateAttributes], included: Inclusions, notes: Notes) -> Talent:
    own = resource.attributes
    consent_at = utc(own.consent_future_jobs_at)
    places = locations(resource, included, notes)
    return Talent(
        remote_url=web_address(own.profile_url),
        first_name=name_text(own.first_name),
        last_name=name_text(own.last_name),
        headline=text(own.pitch),
        summary=unmarked(own.resume_summary) or unmarked(own.resume_summary_snake),
        linkedin_profile=unmarked(own.linkedin_profile),
        location=places[0] if places else None,
        department_remote_id=resource.relationships.department.one(),
        origin=_origin(own),
        source=text(own.referring_site),
        source_url=typed_address(own.referring_url),
        is_private=is_set(own.restricted_at),
        is_internal=own.internal is True,
        consent_state=ConsentState.GIVEN if consent_at else ConsentState.UNKNOWN,
        consent_at=consent_at,
        can_email=None if own.unsubscribed is None else not own.unsubscribed,
        tags=words(own.tags),
        contacts=_contacts(own, str(resource.id), notes),
        attachments=attachments(resource, included),
        lists_all_files=lists_all_files(resource, included),
        custom_fields=included.custom_fields(resource, notes),
        **_base(resource),
    )


def application(
    resource: Resource[ApplicationAttributes], included: Inclusions, notes: Notes
) -> Application:
    """Map an application. Its status follows from ``rejected-at`` and the type of its stage."""
    remote_id, own, related = str(resource.id), resource.attributes, resource.relationships
    stage_id, reason_id = related.stage.one(), related.reject_reason.one()
    kind = included.type_of_stage(stage_id)
    created_at, rejected_at = utc(own.created_at), utc(own.rejected_at)
    entered_at = utc(own.changed_stage_at)
    hired = own.rejected_at is None and (kind or "").lower() == "hired"
    status = ApplicationStatus.HIRED if hired else ApplicationStatus.ACTIVE
    if own.rejected_at is not None:
        status = ApplicationStatus.REJECTED
    if stage_id is not None and kind is None:
        notes.add("dropped_value:stage type", remote_id)
    return Application(
        talent_remote_id=related.candidate.one(),
        job_remote_id=related.job.one(),
        stage_remote_id=stage_id,
        reject_reason_remote_id=reason_id,
        status=status,
        status_original="rejected" if own.rejected_at is not None else kind,
        applied_at=created_at,
        stage_entered_at=entered_at,
        rejected_at=rejected_at,
        rejected_by=_rejected_by(included.by_company(reason_id)),
        hired_at=entered_at if hired else None,
        source=text(own.referring_site),
        source_url=typed_address(own.referring_url),
        cover_letter=text(own.cover_letter),
        is_sourced=own.sourced is True,
        **_base(resource),
    )


def note(resource: Resource[NoteAttributes], included: Inclusions, notes: Notes) -> Note:
    """Map a candidate's note.

    It is undocumented who can read private notes, so their text is left out by default.
    """
    own = resource.attributes
    is_private = is_set(own.private_note)
    return Note(
        talent_remote_id=text(own.candidate_id),
        author_remote_id=text(own.user_id),
        body=None if is_private and not included.lookups.private_notes else text(own.note),
        is_private=is_private,
        **_base(resource),
    )


def _base(resource: Resource[Any]) -> dict[str, Any]:
    """Return the fields that all records share."""
    return {
        "remote_id": str(resource.id),
        "remote_created_at": utc(resource.attributes.created_at),
        "remote_updated_at": utc(resource.attributes.updated_at),
    }


def _closed_at(own: JobAttributes, status: JobStatus) -> datetime | None:
    """Return when a closed job ended. A future ``end-date`` is only a plan, and an archived job may end before it."""
    end, updated = utc(own.end_date), utc(own.updated_at)
    if status is JobStatus.ARCHIVED and end and updated and end > updated:
        return None
    return end if status in (JobStatus.CLOSED, JobStatus.ARCHIVED) else None


def _visibility(own: JobAttributes, shown: str | None) -> JobVisibility:
    if own.internal:
        return JobVisibility.INTERNAL
    if shown == "unlisted" or own.status == "unlisted":
        return JobVisibility.UNLISTED
    return JobVisibility.PUBLIC


def _employment(value: str | None, remote_id: str, notes: Notes) -> EmploymentType | None:
    if value is None or value == "none":
        return None
    return known(value, EMPLOYMENT, "employment-type", remote_id, notes) or EmploymentType.OTHER


def _job_fields(
    resource: Resource[JobAttributes], included: Inclusions, notes: Notes
) -> CustomFields:
    related, remote_id = resource.relationships, str(resource.id)
    regions = included.names(related.regions.many(), "regions", remote_id, notes)
    team = included.names(related.colleagues.many(), "users", remote_id, notes)
    division = included.name(related.division.one(), "divisions", remote_id, notes)
    return custom_fields(
        ("division", "text", "Division", division),
        ("regions", "multi_select", "Regions", regions),
        ("hiring_team", "multi_select", "Hiring team", team),
    )


def _compensations(own: JobAttributes, remote_id: str, notes: Notes) -> tuple[Compensation, ...]:
    unit, currency = text(own.salary_time_unit), text(own.currency)
    period = known(unit, PERIOD, "salary-time-unit", remote_id, notes)
    pay = read_pay(own.min_salary, own.max_salary, is_yearly=period is CompensationPeriod.YEAR)
    if pay.is_blank:
        return ()
    if pay.note:
        notes.add(pay.note, remote_id)
    parts = (own.min_salary, own.max_salary, currency, unit)
    original = " / ".join(str(part) for part in parts if part not in (None, ""))
    return (
        Compensation(
            min=pay.low,
            max=pay.high,
            currency=currency.upper() if currency else None,
            period=period,
            original=original,
        ),
    )


def _origin(own: CandidateAttributes) -> TalentOrigin:
    if own.referred:
        return TalentOrigin.REFERRED
    if own.sourced:
        return TalentOrigin.SOURCED
    if own.internal:
        return TalentOrigin.INTERNAL
    return TalentOrigin.APPLIED


def _contacts(own: CandidateAttributes, remote_id: str, notes: Notes) -> tuple[Contact, ...]:
    email, phone, linkedin = text(own.email), text(own.phone), typed_address(own.linkedin_url)
    if linkedin is None and text(own.linkedin_url):
        notes.add("dropped_value:linkedin-url", remote_id)
    contacts = []
    if email:
        contacts.append(Contact(kind=ContactKind.EMAIL, value=email))
    if phone:
        contacts.append(Contact(kind=ContactKind.PHONE, value=phone))
    if linkedin:
        contacts.append(Contact(kind=ContactKind.SOCIAL, value=linkedin, network="linkedin"))
    return tuple(contacts)


def _rejected_by(by_company: bool | None) -> RejectedBy | None:
    if by_company is None:
        return None
    return RejectedBy.COMPANY if by_company else RejectedBy.CANDIDATE
