"""Takes people out of every table. Django's cascade is not relied on: what goes is listed, and counted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from msgspec import Struct

from jemmo.domain.retention import Lift
from jemmo.store.models import Application, FileVersion, Suppression, Talent
from jemmo.store.suppression import LOCK


class Traces(Struct, frozen=True, kw_only=True):
    """By what a set of talents is known in the tables. ``ids`` are those the ATS uses, of all kinds.

    ``by_connection`` has (stream, remote id, remote id of the talent it belongs to).
    """

    org: UUID
    talents: list[UUID]
    by_connection: dict[UUID, list[tuple[str, str, str]]]
    files: list[str]
    tags: list[str]

    @property
    def ids(self) -> list[str]:
        return [key for keys in self.by_connection.values() for _, key, _ in keys]


def traces_of(org_id: UUID, talents: list[UUID]) -> Traces:
    found = list(Talent.objects.filter(org=org_id, id__in=talents))
    by_connection: dict[UUID, list[tuple[str, str, str]]] = {}
    for one in found:
        mine = by_connection.setdefault(one.connection_id, [])
        mine += [("talents", key, one.remote_id) for key in (one.remote_id, *one.remote_aliases)]
    owners = {one.id: one.remote_id for one in found}
    for application in Application.objects.filter(talent__in=list(owners)):
        assert application.talent_id is not None
        mine = by_connection.setdefault(application.connection_id, [])
        mine.append(("applications", application.remote_id, owners[application.talent_id]))
    versions = FileVersion.objects.filter(attachment__talent__in=[one.id for one in found])
    return Traces(
        org=org_id,
        tags=sorted({tag for one in found for tag in one.tags}),
        talents=[one.id for one in found],
        by_connection=by_connection,
        files=[version.storage_name for version in versions],
    )


def lock(connections: list[UUID]) -> None:
    """Wait for the pages in flight, and keep new ones out until this transaction ends."""
    with connection.cursor() as cursor:
        for one in sorted(connections):
            cursor.execute(f"SELECT pg_advisory_xact_lock({LOCK})", [one])


class ToKeepOut(Struct, frozen=True):
    """A record by what stands for it and for its person."""

    hash: bytes
    person: bytes


def suppress(wanted: dict[UUID, list[ToKeepOut]], lift: Lift | None) -> int:
    """Keep these records of each connection out; without ``lift`` for good, which an earlier one with it becomes."""
    rows = [
        Suppression(connection_id=one, hash=record.hash, person=record.person, lifts_on=lift)
        for one, listed in wanted.items()
        for record in {record.hash: record for record in listed}.values()
    ]
    if lift is None:
        Suppression.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["connection", "hash"],
            update_fields=["person", "lifts_on"],
        )
    else:
        Suppression.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


STEPS = {
    "stage_events": "DELETE FROM stage_event WHERE application_id IN "
    "(SELECT id FROM application WHERE talent_id = ANY(%(talents)s))",
    "applications": "DELETE FROM application WHERE talent_id = ANY(%(talents)s)",
    "file_texts": "DELETE FROM file_text WHERE talent_id = ANY(%(talents)s)",
    "file_versions": "DELETE FROM file_version WHERE attachment_id IN "
    "(SELECT id FROM attachment WHERE talent_id = ANY(%(talents)s))",
    "files": "DELETE FROM attachment WHERE talent_id = ANY(%(talents)s)",
    "contacts": "DELETE FROM talent_contacts WHERE talent_id = ANY(%(talents)s)",
    "talents": "DELETE FROM talent WHERE id = ANY(%(talents)s)",
    # A record that came without an id may be anybody's.
    "rejections": "DELETE FROM rejection WHERE connection_id = ANY(%(connections)s) "
    "AND (remote_id = ANY(%(ids)s) OR remote_id IS NULL) "
    "AND stream IN ('talents', 'applications')",
    "waiting_links": "DELETE FROM pending_link WHERE connection_id = ANY(%(connections)s) "
    "AND ((remote_id = ANY(%(ids)s) AND stream IN ('talents', 'applications')) "
    "OR (target_remote_id = ANY(%(ids)s) AND target IN ('talents', 'applications')))",
    "sightings": "DELETE FROM sighting WHERE connection_id = ANY(%(connections)s) "
    "AND remote_id = ANY(%(ids)s) AND stream IN ('talents', 'applications')",
    "webhook_hints": "DELETE FROM webhook_hint WHERE connection_id = ANY(%(connections)s) "
    "AND remote_id = ANY(%(ids)s) AND stream IN ('talents', 'applications')",
    # Sealed bodies may name anybody; they are kept for replays of some days alone.
    "webhook_deliveries": "DELETE FROM webhook_delivery WHERE connection_id = ANY(%(connections)s)",
    "access_events": "UPDATE access_event SET talent = NULL, subject = NULL "
    "WHERE talent = ANY(%(talents)s)",
    "audit_events": "UPDATE audit_event SET subject_id = '', detail = '{}' WHERE org_id = %(org)s "
    "AND subject_kind = 'talent' AND subject_id = ANY(%(texts)s)",
    # No task is told a person's id today; should one be, it does not outlive the person.
    "queued_tasks": "DELETE FROM procrastinate_jobs WHERE status <> 'doing' "
    "AND EXISTS (SELECT FROM unnest(%(texts)s::text[]) t WHERE position(t in args::text) > 0)",
    "tags": "DELETE FROM tag g WHERE g.org_id = %(org)s AND g.name = ANY(%(tags)s) "
    "AND NOT EXISTS (SELECT FROM talent t WHERE t.org_id = g.org_id AND g.name = ANY(t.tags)) "
    "AND NOT EXISTS (SELECT FROM job j WHERE j.org_id = g.org_id AND g.name = ANY(j.tags))",
    "held_deletions": "UPDATE held_deletion SET examples = examples - %(ids)s "
    "WHERE connection_id = ANY(%(connections)s) AND examples ?| %(ids)s",
}
"""What each table loses, in an order that foreign keys allow."""


def erase(traces: Traces) -> dict[str, int]:
    """Delete, within the caller's transaction; the number of rows each step touched."""
    values: dict[str, Any] = {
        "talents": traces.talents,
        "connections": list(traces.by_connection),
        "ids": traces.ids,
        "org": traces.org,
        "texts": [str(one) for one in traces.talents],
        "tags": traces.tags,
    }
    counts = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for name, statement in STEPS.items():
            cursor.execute(statement, values)
            counts[name] = cursor.rowcount
        for name, (table, column, owner) in REPORTS.items():
            counts[name] = _scrub(
                cursor, traces, SCRUB.format(table=table, column=column, owner=owner)
            )
    return counts


REPORTS = {
    "run_reports": ("sync_run", "report", "connection_id"),
    "notifications": ("notification", "facts", "connection_id"),
}
"""JSON that names records as examples of what was odd about them."""

SCRUB = (
    "UPDATE {table} SET {column} = replace({column}::text, to_json(%(key)s::text)::text, "
    "'\"erased\"')::jsonb WHERE {owner} = %(connection)s "
    "AND position(to_json(%(key)s::text)::text in {column}::text) > 0"
)


def _scrub(cursor: Any, traces: Traces, statement: str) -> int:
    count = 0
    for one, keys in traces.by_connection.items():
        for _, key, _ in keys:
            cursor.execute(statement, {"key": key, "connection": one})
            count += cursor.rowcount
    return count
