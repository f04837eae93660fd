"""The canonical records that every connector maps to and everything else works with.

Names follow common models (Merge, Kombo, schema.org JobPosting). Times are timezone-aware UTC. Text is stripped and
never empty: missing text is ``None``. ``remote_id`` is the ATS's id, always as text.

``Annotated`` declares a field's properties (``jemmo.domain.fields``): who may read it, whether search covers it, which
record it links to. A field without ``Annotated`` is a public, exported column. Columns are in the order of fields.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from msgspec import Struct

from jemmo.domain.enums import (
    ApplicationStatus,
    AttachmentKind,
    CompensationPeriod,
    ConsentState,
    ContactKind,
    EmploymentType,
    JobStatus,
    JobVisibility,
    PostingStatus,
    RejectedBy,
    RemotePolicy,
    StageCategory,
    TalentOrigin,
    UserRole,
)
from jemmo.domain.fields import Label, Link, Mark, Privacy

PERSONAL, CONTACT, SEALED = Privacy.PERSONAL, Privacy.CONTACT, Privacy.SEALED
SEARCHED, NOT_EXPORTED, FORGOTTEN = Mark.SEARCHED, Mark.NOT_EXPORTED, Mark.FORGOTTEN
NOT_STORED = Mark.NOT_STORED

CustomFields = dict[str, dict[str, Any]]

PLACEHOLDER = datetime(1970, 1, 1, tzinfo=UTC)
"""The modification time of a record that is known only from others that refer to it. It never replaces a real one."""


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Fields that every synced record has. ``remote_aliases`` are other ids that the ATS uses for it."""

    remote_id: str
    remote_url: str | None = None
    remote_aliases: tuple[str, ...] = ()
    remote_created_at: datetime | None = None
    remote_updated_at: datetime | None = None


class Department(Record, frozen=True, kw_only=True, omit_defaults=True):
    name: str


class User(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A member of the customer's team in the ATS (a recruiter, a hiring manager).

    Their e-mail address is not synced, since nothing here needs it.
    """

    name: str | None = None
    title: str | None = None
    role: UserRole | None = None
    role_original: str | None = None
    is_active: bool = True


class RejectReason(Record, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    rejected_by: RejectedBy | None = None


class Location(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A place. ``country_code`` is ISO 3166-1 alpha-2; ``lat`` and ``lon`` are degrees."""

    raw: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    region: str | None = None
    country_code: str | None = None
    lat: float | None = None
    lon: float | None = None
    is_primary: bool = False


class Compensation(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Pay in units of ``currency`` (ISO 4217) per ``period``; ``original`` is the ATS's wording."""

    kind: str = "SALARY"
    min: float | None = None
    max: float | None = None
    currency: str | None = None
    period: CompensationPeriod | None = None
    is_public: bool | None = None
    original: str | None = None


class Job(Record, frozen=True, kw_only=True, omit_defaults=True):
    title: Annotated[str, SEARCHED]
    code: Annotated[str | None, SEARCHED, Label("Reference", fr="Référence")] = None
    internal_name: Annotated[str | None, SEARCHED] = None
    status: JobStatus
    status_original: str | None = None
    visibility: JobVisibility | None = None
    pitch: str | None = None
    description_html: str | None = None
    requirements: str | None = None
    employment_type: EmploymentType | None = None
    employment_type_original: str | None = None
    experience_level: Annotated[str | None, Label("Level", fr="Niveau")] = None
    remote_policy: RemotePolicy | None = None
    remote_policy_original: str | None = None
    language: str | None = None
    category: Annotated[str | None, Label("Category", fr="Catégorie")] = None
    skills: Annotated[tuple[str, ...], Label("Skills", fr="Compétences")] = ()
    posting_url: str | None = None
    apply_url: str | None = None
    apply_email: Annotated[
        str | None, Label("Applications by email", fr="Candidatures par e-mail")
    ] = None
    apply_button_text: Annotated[str | None, Label("Apply button", fr="Bouton de candidature")] = (
        None
    )
    opened_at: Annotated[datetime | None, Label("Open from", fr="Ouverture")] = None
    closed_at: Annotated[datetime | None, Label("Open until", fr="Fermeture")] = None
    department_remote_id: Annotated[str | None, Link(Department)] = None
    recruiter_remote_id: Annotated[str | None, Link(User)] = None
    recruiter_email: Annotated[str | None, Label("Recruiter's email", fr="E-mail du recruteur")] = (
        None
    )
    tags: tuple[str, ...] = ()
    locations: tuple[Location, ...] = ()
    compensations: tuple[Compensation, ...] = ()
    custom_fields: CustomFields = {}


class Posting(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An ad for a job. A job may have several: in other languages, on other boards, or for employees only."""

    job_remote_id: Annotated[str | None, Link(Job)] = None
    title: str | None = None
    status: PostingStatus
    is_internal: bool = False
    language: str | None = None
    content_html: str | None = None
    url: str | None = None
    published_at: datetime | None = None
    locations: tuple[Location, ...] = ()


class Stage(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A step of the hiring process. A stage without a job belongs to the whole company."""

    name: str
    job_remote_id: Annotated[str | None, Link(Job)] = None
    position: int | None = None
    category: StageCategory = StageCategory.OTHER
    category_original: str | None = None


class Contact(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One way to reach a talent, as the ATS wrote it."""

    kind: ContactKind
    value: str
    type: str | None = None
    network: str | None = None


VERSION_UNKNOWN = ""


class Attachment(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A file of a talent: its metadata before the download, never a link to it.

    ``remote_version`` changes with the file, if the ATS has such a value. ``VERSION_UNKNOWN`` means that the response
    doesn't include it, so the stored version stays.
    """

    remote_id: str
    kind: AttachmentKind = AttachmentKind.OTHER
    file_name: Annotated[str | None, PERSONAL] = None
    content_type: str | None = None
    remote_version: str | None = None
    remote_updated_at: datetime | None = None


class Talent(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A person the company could hire; most ATSs call them a candidate.

    ``lists_all_files`` is false if the response doesn't say which other files there are, so the stored ones stay.
    """

    first_name: Annotated[str | None, PERSONAL, SEARCHED] = None
    last_name: Annotated[str | None, PERSONAL, SEARCHED] = None
    headline: Annotated[str | None, PERSONAL, SEARCHED] = None
    current_company: Annotated[str | None, PERSONAL, SEARCHED] = None
    current_title: Annotated[str | None, PERSONAL, SEARCHED] = None
    summary: Annotated[str | None, PERSONAL] = None
    linkedin_profile: Annotated[
        str | None, SEALED, Label("LinkedIn profile", fr="Profil LinkedIn")
    ] = None
    location: Annotated[Location | None, PERSONAL] = None
    department_remote_id: Annotated[str | None, Link(Department)] = None
    language: str | None = None
    origin: TalentOrigin | None = None
    source: Annotated[str | None, PERSONAL] = None
    source_url: Annotated[str | None, PERSONAL] = None
    is_private: bool = False
    is_archived: Annotated[bool, NOT_EXPORTED] = False
    is_internal: bool = False
    consent_state: ConsentState = ConsentState.UNKNOWN
    consent_at: datetime | None = None
    can_email: bool | None = None
    tags: Annotated[tuple[str, ...], PERSONAL, SEARCHED] = ()
    contacts: Annotated[tuple[Contact, ...], CONTACT] = ()
    attachments: tuple[Attachment, ...] = ()
    lists_all_files: Annotated[bool, NOT_STORED] = True
    custom_fields: Annotated[CustomFields, PERSONAL] = {}


class Move(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A move of an application to a stage as reported by the ATS; the first has no previous stage.

    ``at`` is when it entered the stage, ``left_at`` when it left that stage again.
    """

    from_stage_remote_id: str | None = None
    to_stage_remote_id: str
    at: datetime
    left_at: datetime | None = None
    origin: str = "REPORTED"


class Application(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A talent's application for a job, or a general one without a job.

    ``moves`` are all its moves between stages; empty if the ATS doesn't report them, or not in this response.
    """

    talent_remote_id: Annotated[str | None, Link(Talent)] = None
    job_remote_id: Annotated[str | None, Link(Job)] = None
    stage_remote_id: Annotated[str | None, Link(Stage)] = None
    reject_reason_remote_id: Annotated[str | None, Link(RejectReason)] = None
    status: ApplicationStatus
    status_original: str | None = None
    applied_at: datetime | None = None
    stage_entered_at: datetime | None = None
    rejected_at: datetime | None = None
    rejected_by: RejectedBy | None = None
    hired_at: datetime | None = None
    source: Annotated[str | None, PERSONAL] = None
    source_url: Annotated[str | None, PERSONAL, NOT_EXPORTED, FORGOTTEN] = None
    cover_letter: Annotated[
        str | None, SEALED, Label("Cover letter", fr="Lettre de motivation")
    ] = None
    is_sourced: bool = False
    moves: tuple[Move, ...] = ()


class Note(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What a member of the team wrote about a talent. The ATS may withhold the text of a private note."""

    talent_remote_id: Annotated[str | None, Link(Talent)] = None
    author_remote_id: Annotated[str | None, Link(User)] = None
    body: Annotated[str | None, PERSONAL, FORGOTTEN] = None
    is_private: bool = False
