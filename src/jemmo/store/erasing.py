"""Takes people out of every table. Django's cascade is not relied on: what goes is listed, and counted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from msgspec import Struct

from jemmo.store.models import Application, FileVersion, Suppression, Talent
from jemmo.store.suppression import LOCK


class Traces(Struct, frozen=True, kw_only=True):
    """By what a set of talents is known in the tables. ``ids`` are those the ATS uses, of all kinds."""

    talents: list[UUID]
    by_connection: dict[UUID, list[tuple[str, str]]]
    files: list[str]

    @property
    def ids(self) -> list[str]:
        return [key for keys in self.by_connection.values() for _, key in keys]


def traces_of(org_id: UUID, talents: list[UUID]) -> Traces:
    found = list(Talent.objects.filter(org=org_id, id__in=talents))
    by_connection: dict[UUID, list[tuple[str, str]]] = {}
    for one in found:
        mine = by_connection.setdefault(one.connection_id, [])
        mine += [("talents", key) for key in (one.remote_id, *one.remote_aliases)]
    applied = Application.objects.filter(talent__in=[one.id for one in found])
    for application in applied:
        mine = by_connection.setdefault(application.connection_id, [])
        mine.append(("applications", application.remote_id))
    versions = FileVersion.objects.filter(attachment__talent__in=[one.id for one in found])
    return Traces(
        talents=[one.id for one in found],
        by_connection=by_connection,
        files=[version.storage_name for version in versions],
    )


def lock(connections: list[UUID]) -> None:
    """Wait for the pages in flight, and keep new ones out until this transaction ends."""
    with connection.cursor() as cursor:
        for one in sorted(connections):
            cursor.execute(f"SELECT pg_advisory_xact_lock({LOCK})", [one])


def suppress(hashes: dict[UUID, list[bytes]]) -> int:
    rows = [
        Suppression(connection_id=one, hash=hashed)
        for one, listed in hashes.items()
        for hashed in listed
    ]
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
    "rejections": "DELETE FROM rejection WHERE connection_id = ANY(%(connections)s) "
    "AND remote_id = ANY(%(ids)s) AND stream IN ('talents', 'applications')",
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
    }
    counts = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for name, statement in STEPS.items():
            cursor.execute(statement, values)
            counts[name] = cursor.rowcount
        counts["run_reports"] = _scrub_reports(cursor, traces)
    return counts


def _scrub_reports(cursor: Any, traces: Traces) -> int:
    """Reports of syncs name records as examples of what was odd about them."""
    count = 0
    for one, keys in traces.by_connection.items():
        for _, key in keys:
            cursor.execute(
                "UPDATE sync_run SET report = replace(report::text, to_json(%(key)s::text)::text, "
                "'\"erased\"')::jsonb WHERE connection_id = %(connection)s "
                "AND position(to_json(%(key)s::text)::text in report::text) > 0",
                {"key": key, "connection": one},
            )
            count += cursor.rowcount
    return count
