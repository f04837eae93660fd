"""An organization's rules: which records are excluded, and why.

Excluded records are stored with the reason, so that pages can show it and the records appear at once when the rule or
the record changes. One rule needs more than one record (a talent needs an active application or a recent hire), so the
store applies it, but its settings are here with the others.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from jemmo.domain.enums import ApplicationStatus, JobStatus
from jemmo.domain.records import Job, Record, Talent
from jemmo.domain.streams import Stream


class Exclusion(StrEnum):
    """Why a record is excluded."""

    JOB_ARCHIVED = "job_archived"
    JOB_DRAFT = "job_draft"
    TALENT_ARCHIVED = "talent_archived"
    NO_ACTIVE_APPLICATION = "no_active_application"
    OLDER_THAN_HISTORY = "older_than_history"


RULES = tuple(rule for rule in Exclusion if rule is not Exclusion.OLDER_THAN_HISTORY)
"""The rules an organization can set. How far back a connection reads is a separate setting (``domain.history``)."""

MAX_HIRED_DAYS = 3650
"""The longest time a rule may keep people after their hire."""


class Rules(Struct, frozen=True, kw_only=True):
    """The statuses that an organization includes. The defaults are the product's.

    An application is active if its status is in ``active_statuses``, and for ``hired_days`` after the hire.
    """

    include_archived_jobs: bool = False
    include_draft_jobs: bool = False
    include_archived_talents: bool = False
    include_talents_without_active_application: bool = False
    active_statuses: tuple[ApplicationStatus, ...] = (ApplicationStatus.ACTIVE,)
    hired_days: Annotated[int, Meta(ge=0, le=MAX_HIRED_DAYS)] = 90

    def hired_since(self, now: datetime) -> datetime | None:
        """Return the start of the period in which hires count as active; ``None`` if no hire does."""
        return now - timedelta(days=self.hired_days) if self.hired_days else None


def grounds(streams: Collection[Stream]) -> list[Exclusion]:
    """Return the rules that apply to an ATS. Without applications, no talent is excluded for lacking one."""
    return [
        rule
        for rule in RULES
        if rule is not Exclusion.NO_ACTIVE_APPLICATION or Stream.APPLICATIONS in streams
    ]


def applicable(rules: Rules, streams: Collection[Stream]) -> Rules:
    """Return the organization's rules without those that don't apply to an ATS with these streams."""
    if Exclusion.NO_ACTIVE_APPLICATION in grounds(streams):
        return rules
    return replace(rules, include_talents_without_active_application=True)


def exclusion(record: Record, rules: Rules) -> Exclusion | None:
    """Return why this record is excluded; ``None`` if it is not."""
    if isinstance(record, Talent):
        if record.is_archived and not rules.include_archived_talents:
            return Exclusion.TALENT_ARCHIVED
    elif isinstance(record, Job):
        if record.status is JobStatus.ARCHIVED and not rules.include_archived_jobs:
            return Exclusion.JOB_ARCHIVED
        if record.status is JobStatus.DRAFT and not rules.include_draft_jobs:
            return Exclusion.JOB_DRAFT
    return None
