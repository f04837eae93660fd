"""Decides which finished syncs send a notification, and to whom. Repeats are folded into one with a count."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from jemmo.domain import brake
from jemmo.domain.errors import FailureMode
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.streams import Mode

SENT_AT_ONCE = {FailureMode.CONFIG, FailureMode.PERMANENT, FailureMode.INTERNAL}
SECOND = 2
PAUSED = f"attention:{brake.CODE}"
"""The fold of paused deletions. It stays open until they are decided, whatever else other syncs report."""


class Kind(StrEnum):
    """What a notification is about."""

    FAILED = "sync_failed"
    ATTENTION = "sync_attention"
    RECOVERED = "sync_recovered"
    FIRST = "first_sync_done"
    DONE = "sync_done"
    RETENTION_HELD = "retention_held"
    KEY = "key_reminder"
    LATE = "sync_late"
    SLOW = "sync_slow"
    ENDPOINT_FAILING = "endpoint_failing"
    ENDPOINT_OFF = "endpoint_off"


FOR_MANAGERS = frozenset((Kind.ENDPOINT_FAILING, Kind.ENDPOINT_OFF))
"""Only owners and admins see these, since only they may open the page with the endpoint."""


class When(StrEnum):
    """What a person wants to receive: nothing, failures and recoveries, or every notification."""

    NEVER = "never"
    TROUBLE = "trouble"
    ALL = "all"


class Notice(Struct, frozen=True, kw_only=True):
    """A notification to store. If one with the key ``fold`` is open, its count is increased instead."""

    kind: Kind
    fold: str | None = None


def decide(report: RunReport, *, trigger: str, in_trouble: bool, every: bool) -> Notice | None:
    """Return the notification about a finished run, if any; ``every``: the organization wants one for each success.

    ``in_trouble``: a failure was reported earlier, and this run is the recovery. A successful sync of jobs doesn't
    resolve a failure with talents.
    """
    if report.failure in (FailureMode.CANCELLED, FailureMode.SUPERSEDED):
        return None
    if report.status is RunStatus.FAILED:
        code = report.error["code"] if report.error else "unknown"
        return Notice(kind=Kind.FAILED, fold=f"failed:{code}")
    if report.status is RunStatus.PARTIAL:
        if report.error is None:
            return None  # postponed, or not proved complete: the next sync continues
        return Notice(kind=Kind.ATTENTION, fold=f"attention:{report.error['code']}")
    if in_trouble:
        return Notice(kind=Kind.RECOVERED)
    if report.mode is Mode.INITIAL and not report.again:
        return Notice(kind=Kind.FIRST)
    return Notice(kind=Kind.DONE) if every or trigger == "manual" else None


def sends(notice: Notice, *, when: When, failure: FailureMode | None, times: int) -> bool:
    """Whether to send a notification. A temporary failure is sent only when it occurs for the second time."""
    if when is When.NEVER:
        return False
    if notice.kind is Kind.FAILED:
        return times == (1 if failure in SENT_AT_ONCE else SECOND)
    if notice.kind in {Kind.ATTENTION, Kind.KEY, Kind.LATE, Kind.SLOW}:
        return times == 1
    return when is When.ALL or notice.kind is Kind.RECOVERED
