"""Reapplies an organization's rules to stored records, without asking the ATS."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from msgspec import Struct

from jemmo.domain.rules import Exclusion, Rules
from jemmo.store.db.query import execute, fetch_row
from jemmo.store.sync.activity import counts_as_active, parameters
from jemmo.store.sync.history_limit import OLDER, is_older

IN_PROGRESS = f"""EXISTS (
    SELECT FROM application a WHERE a.talent_id = t.id
    AND {counts_as_active("a")} AND a.remote_deleted_at IS NULL)"""
"""Whether a talent has an application that counts as active."""

DECIDED = {
    "job": """
        SELECT t.id, CASE WHEN t.status = 'ARCHIVED' AND NOT %(archived_jobs)s THEN %(job_archived)s
            WHEN t.status = 'DRAFT' AND NOT %(draft_jobs)s THEN %(job_draft)s END AS reason
        FROM job t WHERE t.connection_id = %(connection)s""",
    "talent": f"""
        SELECT t.id, CASE WHEN t.is_archived AND NOT %(archived_talents)s THEN %(talent_archived)s
            WHEN NOT %(idle_talents)s AND NOT {IN_PROGRESS} THEN %(no_active_application)s
            WHEN {is_older("t")} THEN %(older_than_history)s END AS reason
        FROM talent t WHERE t.connection_id = %(connection)s""",
}
"""The records of a connection with the rule that excludes each, by table.

The history limit comes last: only records that no other rule excludes reappear with a longer history."""

_UPDATE = """
    WITH decided AS ({decided})
    UPDATE {table} r SET excluded_reason = d.reason, modified_at = now()
    FROM decided d WHERE d.id = r.id AND r.excluded_reason IS DISTINCT FROM d.reason"""

_PREVIEW = """
    WITH decided AS ({decided})
    SELECT count(*) FILTER (WHERE d.reason IS NULL AND r.excluded_reason IS NOT NULL),
        count(*) FILTER (WHERE d.reason IS NOT NULL AND r.excluded_reason IS NULL)
    FROM decided d JOIN {table} r ON r.id = d.id WHERE r.remote_deleted_at IS NULL"""

COUNTS = f"""
    SELECT (SELECT count(*) FROM job t WHERE {{stored}} AND status = 'ARCHIVED'),
        (SELECT count(*) FROM job t WHERE {{stored}} AND status = 'DRAFT'),
        (SELECT count(*) FROM talent t WHERE {{stored}} AND is_archived),
        (SELECT count(*) FROM talent t WHERE {{stored}}
            AND (%(archived_talents)s OR NOT is_archived) AND NOT {IN_PROGRESS}),
        (SELECT count(*) FROM talent t WHERE {{stored}} AND {is_older("t")}
            AND (%(archived_talents)s OR NOT is_archived) AND (%(idle_talents)s OR {IN_PROGRESS}))""".format(
    stored="t.connection_id = %(connection)s AND t.remote_deleted_at IS NULL"
)


_OLDER = f"""
    WITH older AS (SELECT t.id FROM talent t WHERE t.connection_id = %(connection)s
        AND t.remote_deleted_at IS NULL AND {{which}} AND {is_older("t")})
    SELECT (SELECT count(*) FROM older), (SELECT count(*) FROM application a JOIN older o ON o.id = a.talent_id
        WHERE a.remote_deleted_at IS NULL)"""


class Older(Struct, frozen=True, kw_only=True):
    """The number of talents older than a history limit, and of their applications."""

    talents: int = 0
    applications: int = 0


class Preview(Struct, frozen=True, kw_only=True):
    """The effect of new rules: how many jobs and talents would appear, and how many would be excluded."""

    jobs_shown: int = 0
    jobs_excluded: int = 0
    talents_shown: int = 0
    talents_excluded: int = 0

    @property
    def changes(self) -> int:
        shown, excluded = self.jobs_shown + self.talents_shown, self.jobs_excluded
        return shown + excluded + self.talents_excluded


def decide(connection_id: UUID, rules: Rules, now: datetime, limit: datetime | None = None) -> int:
    """Apply these rules to a connection's jobs and talents. Return how many records appeared or were excluded."""
    names = _names(connection_id, rules, now, limit)
    with transaction.atomic():
        return sum(
            execute(_UPDATE.format(table=table, decided=decided), names)
            for table, decided in DECIDED.items()
        )


def preview(
    connection_id: UUID, rules: Rules, now: datetime, limit: datetime | None = None
) -> Preview:
    """The changes that ``decide`` would make. Records deleted in the ATS are not counted."""
    names = _names(connection_id, rules, now, limit)
    numbers = [
        number
        for table, decided in DECIDED.items()
        for number in fetch_row(_PREVIEW.format(table=table, decided=decided), names)
    ]
    return Preview(**dict(zip(Preview.__struct_fields__, numbers, strict=True)))


def counts(
    connection_id: UUID, rules: Rules, now: datetime, limit: datetime | None = None
) -> dict[Exclusion, int]:
    """Count the records of a connection that each rule excludes, or would exclude if it were switched on."""
    numbers = fetch_row(COUNTS, _names(connection_id, rules, now, limit))
    return dict(zip(Exclusion, numbers, strict=True))


def shown_older(connection_id: UUID, limit: datetime) -> Older:
    """Count the visible records that a history starting at ``limit`` would hide."""
    return _older(connection_id, limit, "t.excluded_reason IS NULL")


def hidden_older(connection_id: UUID, limit: datetime) -> Older:
    """Count the stored records that are hidden because they are older."""
    return _older(connection_id, limit, f"t.excluded_reason = '{OLDER}'")


def _older(connection_id: UUID, limit: datetime, which: str) -> Older:
    talents, applications = fetch_row(
        _OLDER.format(which=which), {"connection": connection_id, "limit": limit}
    )
    return Older(talents=talents, applications=applications)


def _names(
    connection_id: UUID, rules: Rules, now: datetime, limit: datetime | None = None
) -> dict[str, Any]:
    names: dict[str, Any] = {reason.value: reason.value for reason in Exclusion}
    return names | {
        "connection": connection_id,
        **parameters(rules, now),
        "limit": limit,
        "archived_jobs": rules.include_archived_jobs,
        "draft_jobs": rules.include_draft_jobs,
        "archived_talents": rules.include_archived_talents,
        "idle_talents": rules.include_talents_without_active_application,
    }
