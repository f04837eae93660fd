"""Finds people whose retention period is over, by what the ATS reported. Changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from msgspec import Struct

from jemmo.domain.retention import Counts, Retention, Rule
from jemmo.store.db.query import fetch_rows
from jemmo.store.models import Talent

_SIGNS = {
    Counts.APPLICATION: "a.applied_at, a.remote_created_at",
    Counts.STEP: "a.applied_at, a.remote_created_at, a.stage_entered_at, a.rejected_at, a.hired_at",
    Counts.UPDATE: "a.applied_at, a.remote_created_at, a.stage_entered_at, a.rejected_at, "
    "a.hired_at, a.remote_updated_at",
}

_DUE = """
    WITH lived AS (
        SELECT t.id, t.consent_state,
            coalesce(greatest(max(greatest({signs})), t.remote_created_at{update}), t.created_at) AS at,
            max(coalesce(a.rejected_at, a.stage_entered_at, a.remote_updated_at, a.created_at))
                AS rejected_at,
            count(a.id) AS applied,
            count(*) FILTER (WHERE a.status = 'REJECTED') AS rejected,
            bool_or(a.status = 'ACTIVE') AS active
        FROM talent t
        LEFT JOIN application a ON a.talent_id = t.id AND a.remote_deleted_at IS NULL
        WHERE t.org_id = %(org)s AND t.remote_deleted_at IS NULL AND t.anonymised_at IS NULL
        GROUP BY t.id),
    judged AS (
        SELECT id, CASE
            WHEN at < %(now)s - make_interval(months => %(idle)s) THEN 'idle'
            WHEN applied > 0 AND rejected = applied
                AND rejected_at < %(now)s - make_interval(months => %(rejected)s) THEN 'rejected'
            WHEN %(consent)s AND consent_state IN ('EXPIRED', 'WITHDRAWN', 'REFUSED')
                AND active IS NOT TRUE THEN 'consent' END AS rule, at
        FROM lived)
    {selection}"""
"""A rule that is not set compares with ``NULL``, and so matches no one."""

_COUNT = "SELECT rule, count(*), min(at) FROM judged WHERE rule IS NOT NULL GROUP BY rule"
_LIST = "SELECT id, rule, at FROM judged WHERE rule IS NOT NULL ORDER BY at, id LIMIT %(most)s"


class OverdueTalent(Struct, frozen=True):
    """A person whose retention period is over, with the rule and their last activity."""

    talent: UUID
    rule: Rule
    at: datetime


class Tally(Struct, frozen=True):
    """How many people a rule covers, and their oldest activity."""

    rule: Rule
    people: int
    oldest: datetime


def tallies(org_id: UUID, policy: Retention, *, now: datetime) -> list[Tally]:
    rows = _query(_COUNT, org_id, policy, now=now)
    counts = [Tally(Rule(row[0]), row[1], row[2]) for row in rows]
    return sorted(counts, key=lambda tally: list(Rule).index(tally.rule))


def overdue_talents(
    org_id: UUID, policy: Retention, *, now: datetime, most: int
) -> list[OverdueTalent]:
    """Overdue people, those without activity for the longest time first."""
    rows = _query(_LIST, org_id, policy, now=now, most=most)
    return [OverdueTalent(row[0], Rule(row[1]), row[2]) for row in rows]


def deleted_talents(org_id: UUID, policy: Retention, *, now: datetime) -> QuerySet[Talent]:
    """People deleted in the ATS so long ago that they are removed, whether or not there is a rule."""
    before = now - timedelta(days=policy.deleted_days)
    return Talent.objects.filter(org=org_id, remote_deleted_at__lt=before)


def _query(
    selection: str, org_id: UUID, policy: Retention, *, now: datetime, **more: Any
) -> list[Any]:
    update = ", t.remote_updated_at" if policy.counts is Counts.UPDATE else ""
    query = _DUE.format(signs=_SIGNS[policy.counts], update=update, selection=selection)
    values = {
        "org": org_id,
        "now": now,
        "idle": policy.idle_months,
        "rejected": policy.rejected_months,
        "consent": policy.consent_ended,
        **more,
    }
    return fetch_rows(query, values)
