"""Deciding again which stored records the organisation's rules hide, without asking the ATS."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection as db
from django.db import transaction

from jemmo.domain.rules import Exclusion, Rules

JOBS = """
    WITH decided AS (
        SELECT id, CASE WHEN status = 'ARCHIVED' AND NOT %(archived_jobs)s THEN %(job_archived)s
            WHEN status = 'DRAFT' AND NOT %(draft_jobs)s THEN %(job_draft)s END AS reason
        FROM job WHERE connection_id = %(connection)s)
    UPDATE job j SET excluded_reason = d.reason, modified_at = now()
    FROM decided d WHERE d.id = j.id AND j.excluded_reason IS DISTINCT FROM d.reason"""

TALENTS = """
    WITH decided AS (
        SELECT t.id, CASE WHEN t.is_archived AND NOT %(archived_talents)s THEN %(talent_archived)s
            WHEN NOT %(idle_talents)s AND NOT EXISTS (
                SELECT FROM application a WHERE a.talent_id = t.id
                AND a.status = ANY(%(active)s) AND a.remote_deleted_at IS NULL)
            THEN %(no_active_application)s END AS reason
        FROM talent t WHERE t.connection_id = %(connection)s)
    UPDATE talent t SET excluded_reason = d.reason, modified_at = now()
    FROM decided d WHERE d.id = t.id AND t.excluded_reason IS DISTINCT FROM d.reason"""

COUNTS = """
    SELECT (SELECT count(*) FROM job WHERE org_id = %(org)s AND remote_deleted_at IS NULL
            AND status = 'ARCHIVED'),
        (SELECT count(*) FROM job WHERE org_id = %(org)s AND remote_deleted_at IS NULL
            AND status = 'DRAFT'),
        (SELECT count(*) FROM talent WHERE org_id = %(org)s AND remote_deleted_at IS NULL
            AND is_archived),
        (SELECT count(*) FROM talent t WHERE org_id = %(org)s AND remote_deleted_at IS NULL
            AND NOT is_archived AND NOT EXISTS (
                SELECT FROM application a WHERE a.talent_id = t.id
                AND a.status = ANY(%(active)s) AND a.remote_deleted_at IS NULL))"""


def decide(connection_id: UUID, rules: Rules) -> int:
    """Hide and show a connection's jobs and talents by these rules; how many changed."""
    names: dict[str, Any] = {one.value: one.value for one in Exclusion}
    names |= {
        "connection": connection_id,
        "active": [str(status) for status in rules.active_statuses],
        "archived_jobs": rules.include_archived_jobs,
        "draft_jobs": rules.include_draft_jobs,
        "archived_talents": rules.include_archived_talents,
        "idle_talents": rules.include_talents_without_active_application,
    }
    changed = 0
    with transaction.atomic(), db.cursor() as cursor:
        for statement in (JOBS, TALENTS):
            cursor.execute(statement, names)
            changed += cursor.rowcount
    return changed


def counts(org_id: UUID, rules: Rules) -> dict[Exclusion, int]:
    """How many records each rule is about, whether it is on or off."""
    with db.cursor() as cursor:
        cursor.execute(
            COUNTS, {"org": org_id, "active": [str(status) for status in rules.active_statuses]}
        )
        row = cursor.fetchone()
    return dict(zip(Exclusion, row, strict=True))
