"""An organisation's rules: which records stay out of Jemmo, and why.

A record left out is kept, hidden and with its reason, so that it can be explained and appears at once when
the rule or the record changes. The rule that looks beyond one record (a talent needs an active application)
is decided by the store, where both are; its settings are here with the others.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from jemmo.domain.enums import ApplicationStatus, JobStatus
from jemmo.domain.records import Job, Record, Talent
from jemmo.domain.streams import Stream


class Exclusion(StrEnum):
    """Why a record is left out."""

    JOB_ARCHIVED = "job_archived"
    JOB_DRAFT = "job_draft"
    TALENT_ARCHIVED = "talent_archived"
    NO_ACTIVE_APPLICATION = "no_active_application"


EXPLANATIONS = {
    Exclusion.JOB_ARCHIVED: "The job is archived in the ATS.",
    Exclusion.JOB_DRAFT: "The job is still a draft in the ATS.",
    Exclusion.TALENT_ARCHIVED: "The talent is archived in the ATS.",
    Exclusion.NO_ACTIVE_APPLICATION: "The talent has no active application in the ATS.",
}


class Rules(Struct, frozen=True, kw_only=True):
    """What an organisation wants in Jemmo. The defaults are the product's."""

    include_archived_jobs: bool = False
    include_draft_jobs: bool = False
    include_archived_talents: bool = False
    include_talents_without_active_application: bool = False
    active_statuses: tuple[ApplicationStatus, ...] = (ApplicationStatus.ACTIVE,)


def applicable(rules: Rules, streams: Collection[Stream]) -> Rules:
    """The rules that make sense for an ATS: without applications, no talent is hidden for the lack of one."""
    if Stream.APPLICATIONS in streams:
        return rules
    return replace(rules, include_talents_without_active_application=True)


def exclusion(record: Record, rules: Rules) -> Exclusion | None:
    """Why this record is left out, ``None`` when it is not."""
    if isinstance(record, Talent):
        if record.is_archived and not rules.include_archived_talents:
            return Exclusion.TALENT_ARCHIVED
    elif isinstance(record, Job):
        if record.status is JobStatus.ARCHIVED and not rules.include_archived_jobs:
            return Exclusion.JOB_ARCHIVED
        if record.status is JobStatus.DRAFT and not rules.include_draft_jobs:
            return Exclusion.JOB_DRAFT
    return None
