"""The parts of Teamtailor's responses that we read. Other attributes are skipped."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from jemmo.connectors.jsonapi.document import NO_RELATIONSHIP, Id, Relationship

Time = datetime | None
Text = str | None

A = TypeVar("A")


class Relationships(Struct, frozen=True, gc=False, rename="kebab"):
    """The relationships we follow, for any kind of resource."""

    candidate: Relationship = NO_RELATIONSHIP
    job: Relationship = NO_RELATIONSHIP
    stage: Relationship = NO_RELATIONSHIP
    reject_reason: Relationship = NO_RELATIONSHIP
    stage_type: Relationship = NO_RELATIONSHIP
    department: Relationship = NO_RELATIONSHIP
    division: Relationship = NO_RELATIONSHIP
    role: Relationship = NO_RELATIONSHIP
    regions: Relationship = NO_RELATIONSHIP
    colleagues: Relationship = NO_RELATIONSHIP
    user: Relationship = NO_RELATIONSHIP
    location: Relationship = NO_RELATIONSHIP
    locations: Relationship = NO_RELATIONSHIP
    uploads: Relationship = NO_RELATIONSHIP
    custom_field: Relationship = NO_RELATIONSHIP
    custom_field_values: Relationship = NO_RELATIONSHIP


NO_RELATIONSHIPS = Relationships()


class Attributes(Struct, frozen=True, gc=False, rename="kebab"):
    created_at: Time = None
    updated_at: Time = None


class JobAttributes(Attributes, frozen=True, gc=False, rename="kebab"):
    title: Text = None
    internal_name: Text = None
    pitch: Text = None
    body: Text = None
    status: Text = None
    human_status: Text = None
    internal: bool | None = None
    start_date: Time = None
    end_date: Time = None
    tags: list[str] | None = None
    remote_status: Text = None
    employment_type: Text = None
    employment_level: Text = None
    min_salary: float | str | None = None
    max_salary: float | str | None = None
    currency: Text = None
    salary_time_unit: Text = None
    language_code: Text = None
    external_application_url: Text = None
    mailbox: Text = None
    apply_button_text: Text = None
    recruiter_email: Text = None


class CandidateAttributes(Attributes, frozen=True, gc=False, rename="kebab"):
    first_name: Text = None
    last_name: Text = None
    email: Text = None
    phone: Text = None
    pitch: Text = None
    linkedin_url: Text = None
    linkedin_profile: Text = None
    consent_future_jobs_at: Time = None
    internal: bool | None = None
    referred: bool | None = None
    sourced: bool | None = None
    unsubscribed: bool | None = None
    restricted_at: Any = None
    referring_site: Text = None
    referring_url: Text = None
    resume: Text = None
    original_resume: Text = None
    profile_url: Text = None
    resume_summary: Text = None
    resume_summary_snake: Text = msgspec.field(default=None, name="resume_summary")
    tags: list[str] | None = None


class ApplicationAttributes(Attributes, frozen=True, gc=False, rename="kebab"):
    cover_letter: Text = None
    changed_stage_at: Time = None
    rejected_at: Time = None
    sourced: bool | None = None
    referring_site: Text = None
    referring_url: Text = None


class StageAttributes(Attributes, frozen=True, gc=False, rename="kebab"):
    name: Text = None
    stage_type: Text = None
    legacy_stage_type_name: Text = None
    row_order: int | None = None


class NoteAttributes(Attributes, frozen=True, gc=False, rename="kebab"):
    note: Text = None
    user_id: Id | None = None
    candidate_id: Id | None = None
    private_note: Any = None


class UserAttributes(Attributes, frozen=True, gc=False, rename="kebab"):
    name: Text = None
    role: Text = None
    title: Text = None
    visible: bool | None = None


class NamedAttributes(Attributes, frozen=True, gc=False, rename="kebab"):
    """Departments, roles and reject reasons."""

    name: Text = None
    reason: Text = None
    rejected_by_company: bool | None = None


class IncludedAttributes(Attributes, frozen=True, gc=False, rename="kebab"):
    """Included objects: files, places, names, custom values."""

    name: Text = None
    file_name: Text = None
    address: Text = None
    city: Text = None
    zip: Text = None
    country: Text = None
    lat: str | float | None = None
    long: str | float | None = None
    field_type: Text = None
    api_name: Text = None
    value: Any = None
    category: Text = None
    options: Any = None
    stage_type: Text = None
    legacy_stage_type_name: Text = None
    rejected_by_company: bool | None = None


class Links(Struct, frozen=True, gc=False, rename="kebab"):
    careersite_job_url: Text = None
    careersite_job_apply_url: Text = None


NO_LINKS = Links()


class Resource(Struct, Generic[A], frozen=True, gc=False):
    id: Id
    attributes: A
    relationships: Relationships = NO_RELATIONSHIPS
    links: Links = NO_LINKS


class Included(Resource[IncludedAttributes], frozen=True, gc=False):
    type: str = ""
