"""What Teamtailor sends, as far as we read it (JSON:API, names in kebab-case).

A page is decoded in one go into these types. When a record breaks its promises, that page is decoded again record by
record, leniently: one odd value must not cost the others. Attributes we do not name are skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

Id = str | int
Time = datetime | None
Text = str | None

MAX_ID = 200  # characters; an id that is longer is none

A = TypeVar("A")


class Linkage(Struct, frozen=True, gc=False):
    id: Id


class Relationship(Struct, frozen=True, gc=False):
    """``data`` is there only when the relationship was included."""

    data: Linkage | list[Linkage] | UnsetType | None = UNSET

    def one(self) -> str | None:
        data = self.data
        return _key(data) if isinstance(data, Linkage) else None

    def many(self) -> list[str]:
        found = map(_key, self.data) if isinstance(self.data, list) else ()
        return [key for key in found if key is not None]


def _key(linkage: Linkage) -> str | None:
    """The id linked to, if any record could have it."""
    key = linkage.id if isinstance(linkage.id, str) else str(linkage.id)
    return key if 0 < len(key) <= MAX_ID and "\x00" not in key else None


NOTHING = Relationship()


class Relationships(Struct, frozen=True, gc=False, rename="kebab"):
    """Those we follow, of any kind of resource."""

    candidate: Relationship = NOTHING
    job: Relationship = NOTHING
    stage: Relationship = NOTHING
    reject_reason: Relationship = NOTHING
    stage_type: Relationship = NOTHING
    department: Relationship = NOTHING
    role: Relationship = NOTHING
    user: Relationship = NOTHING
    location: Relationship = NOTHING
    locations: Relationship = NOTHING
    uploads: Relationship = NOTHING
    custom_field: Relationship = NOTHING
    custom_field_values: Relationship = NOTHING
    custom_field_options: Relationship = NOTHING


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


class CandidateAttributes(Attributes, frozen=True, gc=False, rename="kebab"):
    first_name: Text = None
    last_name: Text = None
    email: Text = None
    phone: Text = None
    pitch: Text = None
    linkedin_url: Text = None
    consent_future_jobs_at: Time = None
    connected: bool | None = None
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


class UserAttributes(Attributes, frozen=True, gc=False, rename="kebab"):
    name: Text = None
    role: Text = None
    title: Text = None
    visible: bool | None = None


class NamedAttributes(Attributes, frozen=True, gc=False, rename="kebab"):
    """Departments, roles, reject reasons."""

    name: Text = None
    reason: Text = None
    rejected_by_company: bool | None = None


class IncludedAttributes(Attributes, frozen=True, gc=False, rename="kebab"):
    """Whatever comes along with a page: files, places, names, custom values."""

    name: Text = None
    url: Text = None
    file_name: Text = None
    internal: bool | None = None
    address: Text = None
    city: Text = None
    zip: Text = None
    country: Text = None
    headquarters: bool | None = None
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


class Meta(Struct, frozen=True, gc=False, rename="kebab"):
    record_count: int | None = None


class PageLinks(Struct, frozen=True):
    next: str | None = None
    prev: str | None = None


class Document(Struct, Generic[A], frozen=True):
    """A list's page."""

    data: list[Resource[A]]
    included: list[Included] = []
    meta: Meta = Meta()
    links: PageLinks = PageLinks()


class LooseDocument(Struct, frozen=True):
    """A list's page whose records have not been looked at."""

    data: list[Any]
    included: list[Any] = []
    meta: Meta = Meta()
    links: PageLinks = PageLinks()


class SingleDocument(Struct, frozen=True):
    data: Any
    included: list[Any] = []


class ErrorObject(Struct, frozen=True):
    """One error of a refusal; ``code`` is a number or text, ``detail`` says what is meant."""

    title: Any = None
    detail: Any = None
    code: Any = None


class ErrorDocument(Struct, frozen=True):
    errors: Any = None


loosely = msgspec.json.Decoder(LooseDocument).decode


def decoder(attributes: type[A]) -> Callable[[bytes], Document[A] | LooseDocument]:
    """Decodes a page: strictly if it keeps its promises, else with its records left as they are."""
    strict = msgspec.json.Decoder(Document[attributes])  # type: ignore[valid-type]

    def decode(body: bytes) -> Document[A] | LooseDocument:
        try:
            return strict.decode(body)
        except msgspec.ValidationError:
            return loosely(body)

    return decode


MOST_ERRORS = 20  # of one body


def errors_of(body: bytes) -> list[ErrorObject]:
    """The errors in a body. Never raises: error bodies come in many shapes, and many hold none."""
    try:
        errors = msgspec.json.decode(body, type=ErrorDocument).errors
        listed = errors if isinstance(errors, list) else [errors]
        return [msgspec.convert(one, ErrorObject) for one in listed[:MOST_ERRORS]]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
