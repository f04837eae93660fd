"""Erases people from every table. Instead of relying on Django's cascade, all tables are listed and counted here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from msgspec import Struct

from jemmo.domain.entities import ENTITIES, PERSONAL_STREAMS
from jemmo.domain.retention import Lift
from jemmo.domain.streams import Stream
from jemmo.store.db import task_queue
from jemmo.store.db.query import execute, fetch_value
from jemmo.store.models import FileVersion, Suppression, Talent
from jemmo.store.models.by_stream import MODELS
from jemmo.store.privacy.suppression import LOCK


class Traces(Struct, frozen=True, kw_only=True):
    """The ids of a set of talents in the tables. ``ids`` are the ATS's, of all kinds.

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


class Bodies(Struct, frozen=True, kw_only=True):
    """Rows whose decrypted body is about these people: webhooks, and rejected records without an id."""

    deliveries: list[int]
    rejections: list[int]


def traces_of(org_id: UUID, talents: list[UUID]) -> Traces:
    people = list(Talent.objects.filter(org=org_id, id__in=talents))
    by_connection: dict[UUID, list[tuple[str, str, str]]] = {}
    for talent in people:
        mine = by_connection.setdefault(talent.connection_id, [])
        mine += [
            ("talents", key, talent.remote_id) for key in (talent.remote_id, *talent.remote_aliases)
        ]
    owners = {talent.id: talent.remote_id for talent in people}
    for stream in PERSONAL_STREAMS:
        if stream is not Stream.TALENTS:
            theirs: QuerySet[Any] = QuerySet(MODELS[stream]).filter(talent__in=list(owners))
            for connection_id, key, talent_id in theirs.values_list(
                "connection_id", "remote_id", "talent_id"
            ):
                mine = by_connection.setdefault(connection_id, [])
                mine.append((str(stream), key, owners[talent_id]))
    versions = FileVersion.objects.filter(attachment__talent__in=[talent.id for talent in people])
    return Traces(
        org=org_id,
        tags=sorted({tag for talent in people for tag in talent.tags}),
        talents=[talent.id for talent in people],
        by_connection=by_connection,
        files=[version.storage_name for version in versions],
    )


def lock(connections: list[UUID]) -> None:
    """Wait for running page writes, and prevent new ones until this transaction ends."""
    for connection_id in sorted(connections):
        execute(f"SELECT pg_advisory_xact_lock({LOCK})", [connection_id])


class SuppressionEntry(Struct, frozen=True):
    """The keyed hashes of a record and of its person."""

    hash: bytes
    person: bytes


def suppress(records: dict[UUID, list[SuppressionEntry]], lift: Lift | None) -> int:
    """Suppress these records of each connection, permanently without ``lift``. Replaces earlier suppressions."""
    rows = [
        Suppression(
            connection_id=connection_id, hash=record.hash, person=record.person, lifts_on=lift
        )
        for connection_id, listed in records.items()
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


class Step(Struct, frozen=True):
    """Rows of a table that are about the people. They are deleted, or changed by the SQL in ``change``."""

    table: str
    where: str
    change: str = ""

    @property
    def count(self) -> str:
        return f"SELECT count(*) FROM {self.table} WHERE {self.where}"

    @property
    def removal(self) -> str:
        if self.change:
            return f"UPDATE {self.table} SET {self.change} WHERE {self.where}"
        return f"DELETE FROM {self.table} WHERE {self.where}"


_PERSONAL = ", ".join(f"'{stream}'" for stream in PERSONAL_STREAMS)
_APPLICATIONS = "application_id IN (SELECT id FROM application WHERE talent_id = ANY(%(talents)s))"
_FILES = "attachment_id IN (SELECT id FROM attachment WHERE talent_id = ANY(%(talents)s))"
_THEIRS = "talent_id = ANY(%(talents)s)"
_NAMED = (
    f"connection_id = ANY(%(connections)s) AND remote_id = ANY(%(ids)s) AND stream IN ({_PERSONAL})"
)

STEPS: dict[str, Step] = {
    "stage_events": Step("stage_event", _APPLICATIONS),
    **{
        str(entity.stream): Step(entity.table, _THEIRS)
        for entity in reversed(ENTITIES.values())
        if entity.is_personal and entity.stream is not Stream.TALENTS
    },
    "file_texts": Step("file_text", _THEIRS),
    "file_versions": Step("file_version", _FILES),
    "files": Step("attachment", _THEIRS),
    "contacts": Step("talent_contacts", _THEIRS),
    "talents": Step("talent", "id = ANY(%(talents)s)"),
    "rejections": Step("rejection", f"({_NAMED}) OR id = ANY(%(rejections)s)"),
    "waiting_links": Step(
        "pending_link",
        "connection_id = ANY(%(connections)s) "
        f"AND ((remote_id = ANY(%(ids)s) AND stream IN ({_PERSONAL})) "
        f"OR (target_remote_id = ANY(%(ids)s) AND target IN ({_PERSONAL})))",
    ),
    "sightings": Step("sighting", _NAMED),
    "webhook_hints": Step("webhook_hint", _NAMED),
    "webhook_deliveries": Step("webhook_delivery", "id = ANY(%(deliveries)s)"),
    "access_events": Step(
        "access_event", "talent = ANY(%(talents)s)", change="talent = NULL, subject = NULL"
    ),
    "audit_events": Step(
        "audit_event",
        "org_id = %(org)s AND subject_kind = 'talent' AND subject_id = ANY(%(texts)s)",
        change="subject_id = '', detail = '{}'",
    ),
    # No task contains a person's id today. If one ever does, it is deleted with the person.
    "queued_tasks": Step(
        task_queue.JOBS,
        "status <> 'doing' "
        "AND EXISTS (SELECT FROM unnest(%(texts)s::text[]) t WHERE position(t in args::text) > 0)",
    ),
    "tags": Step(
        "tag g",
        "g.org_id = %(org)s AND g.name = ANY(%(tags)s) "
        "AND NOT EXISTS (SELECT FROM talent t WHERE t.org_id = g.org_id AND g.name = ANY(t.tags) "
        "AND t.id <> ALL(%(talents)s)) "
        "AND NOT EXISTS (SELECT FROM job j WHERE j.org_id = g.org_id AND g.name = ANY(j.tags))",
    ),
    "held_deletions": Step(
        "held_deletion",
        "connection_id = ANY(%(connections)s) AND remote_ids ?| %(ids)s",
        change="remote_ids = remote_ids - %(ids)s",
    ),
}
"""What is deleted from each table, in an order that foreign keys allow."""


def count(traces: Traces, bodies: Bodies) -> dict[str, int]:
    """Count the rows that ``erase`` would delete for these people, by table."""
    values = _values(traces, bodies)
    counts = {name: int(fetch_value(step.count, values)) for name, step in STEPS.items()}
    for name, (table, column) in REPORTS.items():
        mention = MENTION.format(table=table, column=column)
        counts[name] = sum(
            fetch_value(mention, {"connection": connection_id, "keys": [key for _, key, _ in keys]})
            for connection_id, keys in traces.by_connection.items()
        )
    return counts


def erase(traces: Traces, bodies: Bodies) -> None:
    """Delete the rows that ``count`` counts, in the caller's transaction."""
    values = _values(traces, bodies)
    with transaction.atomic():
        for step in STEPS.values():
            execute(step.removal, values)
        for table, column in REPORTS.values():
            scrub = SCRUB.format(table=table, column=column)
            for connection_id, keys in traces.by_connection.items():
                for _, key, _ in keys:
                    execute(scrub, {"key": key, "connection": connection_id})


def _values(traces: Traces, bodies: Bodies) -> dict[str, Any]:
    return {
        "talents": traces.talents,
        "connections": list(traces.by_connection),
        "ids": traces.ids,
        "deliveries": bodies.deliveries,
        "rejections": bodies.rejections,
        "org": traces.org,
        "texts": [str(talent_id) for talent_id in traces.talents],
        "tags": traces.tags,
    }


REPORTS = {
    "run_reports": ("sync_run", "report"),
    "notifications": ("notification", "facts"),
}
"""JSON columns that name records as examples of a problem."""

MENTION = (
    "SELECT count(*) FROM {table} WHERE connection_id = %(connection)s AND EXISTS (SELECT FROM "
    "unnest(%(keys)s::text[]) k WHERE position(to_json(k)::text in {column}::text) > 0)"
)
SCRUB = (
    "UPDATE {table} SET {column} = replace({column}::text, to_json(%(key)s::text)::text, "
    "'\"erased\"')::jsonb WHERE connection_id = %(connection)s "
    "AND position(to_json(%(key)s::text)::text in {column}::text) > 0"
)
