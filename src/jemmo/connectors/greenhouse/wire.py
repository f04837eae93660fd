"""The documented fields of Harvest v3; README.md has the sources.

Every record has ``id``, ``created_at`` and ``updated_at``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

Id = int | str


class Row(Struct):
    id: Id
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Value(Struct):
    """An address of any kind; social links have no type."""

    value: str | None = None
    type: str | None = None


class NamedRow(Row):
    name: str | None = None


class UserRow(Row):
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    job_title: str | None = None
    deactivated: bool | None = None
    site_admin: bool | None = None


class ReasonType(Struct):
    key: str | None = None


class ReasonRow(NamedRow):
    type: ReasonType | None = None


class JobRow(Row):
    name: str | None = None
    requisition_id: str | None = None
    status: str | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    is_template: bool | None = None
    confidential: Any = None
    department_id: Id | None = None
    office_ids: list[Id] | None = None
    custom_fields: dict[str, Any] | list[Any] | None = None


class PostRow(Row):
    title: str | None = None
    job_id: Id | None = None
    live: bool | None = None
    internal: bool | None = None
    language: str | None = None
    content: str | None = None
    internal_content: str | None = None
    public_url: str | None = None
    first_published_at: datetime | None = None


class StageRow(Row):
    name: str | None = None
    job_id: Id | None = None
    sort_order: int | None = None


class CandidateRow(Row):
    first_name: str | None = None
    last_name: str | None = None
    preferred_name: str | None = None
    company: str | None = None
    title: str | None = None
    private: Any = None
    can_email: bool | None = None
    tags: list[Any] | None = None
    email_addresses: list[Value] | None = None
    phone_numbers: list[Value] | None = None
    addresses: list[Value] | None = None
    website_addresses: list[Value] | None = None
    social_media_addresses: list[Value] | None = None
    custom_fields: dict[str, Any] | list[Any] | None = None


class ApplicationRow(Row):
    candidate_id: Id | None = None
    job_id: Id | None = None
    job_interview_stage_id: Id | None = None
    stage_name: str | None = None
    rejection_reason_id: Id | None = None
    source_id: Id | None = None
    status: str | None = None
    prospect: bool | None = None
    rejected_at: datetime | None = None
