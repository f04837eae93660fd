"""How long an organization keeps people: settings, what counts as activity, and the brake.

The store queries for expired people by the conditions defined here.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from jemmo.domain.enums import ConsentState
from jemmo.domain.records import Application, Record, Talent

FEW, SHARE = 20, 0.1  # above both, an admin must agree


class Cause(StrEnum):
    """Why a person was erased."""

    REQUEST = "request"
    RETENTION = "retention"
    DELETED = "deleted"


class Counts(StrEnum):
    """What counts as activity: any change in the ATS, a step of an application, or only an application."""

    UPDATE = "update"
    STEP = "step"
    APPLICATION = "application"


class Lift(StrEnum):
    """What counts as a reason to sync a person again who was erased at the end of their retention period."""

    UPDATE = "update"
    STEP = "step"
    APPLICATION = "application"
    CONSENT = "consent"


class Rule(StrEnum):
    """The rule that ended a person's retention."""

    IDLE = "idle"
    REJECTED = "rejected"
    CONSENT = "consent"


class Retention(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An organization's settings, in months and days.

    Until a rule is set, only people deleted in the ATS are removed, after ``deleted_days``. An unusually large number
    of erasures is held for confirmation (``held`` of ``held_of``), except the ``agreed`` ones.
    """

    idle_months: int | None = None
    counts: Counts = Counts.UPDATE
    rejected_months: int | None = None
    consent_ended: bool = False
    deleted_days: int = 30
    access_months: int = 24
    agreed: int = 0
    held: int = 0
    held_of: int = 0

    @property
    def erases(self) -> bool:
        return bool(self.idle_months or self.rejected_months or self.consent_ended)


def is_unusual(due: int, total: int) -> bool:
    """Whether erasing this many people at once needs an admin's agreement."""
    return due > FEW and due > SHARE * total


def allowance(due: int, total: int, agreed: int) -> int:
    """How many people may be erased now. Of an unusually large number, only as many as an admin has agreed to."""
    return min(due, agreed) if is_unusual(due, total) else due


def lift_of(rule: Rule, counts: Counts) -> Lift:
    """Return what lets a person erased by this rule be synced again."""
    if rule is Rule.CONSENT:
        return Lift.CONSENT
    return Lift.STEP if rule is Rule.REJECTED else Lift(counts)


def lifts(record: Record, lift: Lift, since: datetime) -> bool:
    """Whether a record shows activity after ``since`` that brings the person back. A new application always does."""
    if isinstance(record, Talent):
        if lift is Lift.UPDATE:
            return _after(since, record.remote_updated_at)
        has_consent = record.consent_state is ConsentState.GIVEN
        return lift is Lift.CONSENT and has_consent and _after(since, record.consent_at)
    if not isinstance(record, Application):
        return False
    signs = [record.applied_at, record.remote_created_at]
    if lift in (Lift.STEP, Lift.UPDATE):
        signs += [record.stage_entered_at, record.rejected_at, record.hired_at]
    if lift is Lift.UPDATE:
        signs.append(record.remote_updated_at)
    return _after(since, *signs)


def _after(since: datetime, *moments: datetime | None) -> bool:
    return any(moment is not None and moment > since for moment in moments)
