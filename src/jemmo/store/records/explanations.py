"""Finds the facts that explain a record by id, title or name: shown, hidden, deleted, suppressed or awaited."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet
from msgspec.structs import replace

from jemmo.domain.explanations import (
    KnownRecord,
    Missed,
    MissingReference,
    OutsideHistory,
    Reading,
    RecordFacts,
    RejectedRecord,
    Verdict,
)
from jemmo.domain.history import LIMITED, limit_of
from jemmo.domain.masking import without_contacts
from jemmo.domain.rules import Exclusion
from jemmo.domain.validation import split_address
from jemmo.store.connections.connections import is_running
from jemmo.store.db.paging import search_terms
from jemmo.store.db.search import jobs_matching, talents_matching
from jemmo.store.models import (
    Application,
    Connection,
    HeldDeletion,
    Job,
    Organisation,
    PendingLink,
    Rejection,
    Sighting,
    StreamCheckpoint,
    SyncRun,
    Talent,
    WebhookHint,
)
from jemmo.store.records.refresh_outcome import DELETION_WAITS
from jemmo.store.records.text_masking import conceal

MAX_RECORDS = 20  # records per kind
_ID = re.compile(r"[\w.-]{1,200}")


def explanation_facts(
    org: Organisation, typed: str, *, now: datetime, sees_contacts: bool
) -> RecordFacts:
    """Return the facts about ``typed``: an ATS or Jemmo id, a link into the ATS, or words of a title or name."""
    typed = typed.replace("\x00", "").strip()[:500]
    connections = {
        record.id: record
        for record in org.connections.select_related("lease").order_by("created_at")
    }
    readings = {key: _reading(record, now) for key, record in connections.items()}
    if not typed:
        return RecordFacts(readings=list(readings.values()))
    ids = _ids(typed)
    records = _with_refetches([*_records(org, typed, ids, readings, sees_contacts)], connections)
    known = _with_missed(records, connections)
    known_ids = {record.remote_id for record in known}
    unknown = [remote_id for remote_id in ids if remote_id not in known_ids]
    return RecordFacts(
        known=known,
        rejected=_rejected(readings, ids, sees_contacts),
        missing=_missing_references(readings, unknown),
        outside_history=_outside_history(readings, unknown),
        readings=list(readings.values()),
    )


def _ids(typed: str) -> list[str]:
    """The possible ids: the text itself, or the parts of a link that contain a digit."""
    if "/" not in typed:
        return [typed.removeprefix("#")]
    try:
        path = split_address(typed).path
    except ValueError:
        return [typed]
    parts = [part for part in path.split("/") if _ID.fullmatch(part)]
    numbered = [part for part in parts if any(char.isdigit() for char in part)]
    return [typed, *dict.fromkeys(numbered)]


def _ways(ids: list[str], text_match: Q | None = None) -> Iterator[Q]:
    """Yield the ways to find a record, fastest first. ``text_match`` searches the words.

    A record deleted in the ATS is found only by its ids.
    """
    named = Q(remote_id__in=ids)
    for remote_id in ids:
        with suppress(ValueError):
            named |= Q(id=UUID(remote_id))
    yield named
    yield Q(remote_aliases__overlap=ids)
    if text_match is not None:
        yield text_match & Q(remote_deleted_at=None)


def _records(
    org: Organisation,
    typed: str,
    ids: list[str],
    readings: dict[UUID, Reading],
    sees_contacts: bool,
) -> Iterable[KnownRecord]:
    terms = "" if "/" in typed else search_terms(typed)
    saying = {Job: jobs_matching, Talent: talents_matching}
    for kind, model in (("job", Job), ("talent", Talent)):
        text_match = saying[model](org, terms) if terms else None
        rows = model.objects.filter(org=org, connection__in=list(readings))
        for row in _first(rows, _ways(ids, text_match)):
            yield _known(kind, row, readings, sees_contacts)
    applications = Application.objects.filter(org=org, connection__in=list(readings))
    named = applications.select_related("talent", "job")
    for application in _first(named, _ways(ids)):
        yield _application(application, readings, sees_contacts)


def _first(rows: QuerySet[Any], ways: Iterator[Q]) -> list[Any]:
    """The matches of the first way that finds any."""
    for way in ways:
        if matches := list(rows.filter(way).order_by("id")[:MAX_RECORDS]):
            return matches
    return []


def _known(kind: str, row: Any, readings: dict[UUID, Reading], sees_contacts: bool) -> KnownRecord:
    reading = readings[row.connection_id]
    name = row.title if kind == "job" else _name(row, sees_contacts)
    return KnownRecord(
        kind=kind,
        id=row.id,
        remote_id=row.remote_id,
        name=name if row.remote_deleted_at is None else "",
        connection=reading.connection,
        connection_id=row.connection_id,
        changed_at=row.remote_updated_at,
        stored_at=_stored(row),
        read_all_at=reading.read_all_at,
        excluded=Exclusion(row.excluded_reason) if row.excluded_reason else None,
        deleted_at=row.remote_deleted_at,
    )


def _application(
    row: Application, readings: dict[UUID, Reading], sees_contacts: bool
) -> KnownRecord:
    reading = readings[row.connection_id]
    talent, job = row.talent, row.job
    waits = None
    if talent is None and row.talent_remote_id:
        waits = f"talent {row.talent_remote_id}"
    elif job is None and row.job_remote_id:
        waits = f"job {row.job_remote_id}"
    gone = row.remote_deleted_at or (talent.remote_deleted_at if talent else None)
    who = _name(talent, sees_contacts) if talent else row.talent_remote_id or "?"
    titled = job is not None and job.remote_deleted_at is None
    what = job.title if job and titled else row.job_remote_id or ""
    named = f"{who} · {what}" if what else who
    return KnownRecord(
        kind="application",
        id=row.id,
        remote_id=row.remote_id,
        name=named if gone is None else "",
        connection=reading.connection,
        connection_id=row.connection_id,
        changed_at=row.remote_updated_at,
        stored_at=_stored(row),
        read_all_at=reading.read_all_at,
        excluded=Exclusion(talent.excluded_reason) if talent and talent.excluded_reason else None,
        deleted_at=gone,
        waits_for=waits,
        waits_since=row.created_at,
        owner=talent.id if talent else None,
    )


def _stored(row: Any) -> datetime:
    """The last time the ATS certainly had a record: its arrival or its last change there.

    ``modified_at`` doesn't tell, since rules modify rows too.
    """
    moments: list[datetime] = [row.created_at, row.remote_updated_at or row.created_at]
    return max(moment for moment in moments if moment <= row.modified_at)


def _with_missed(records: list[KnownRecord], connections: Collection[UUID]) -> list[KnownRecord]:
    """Add what happened to the deletion of records that the ATS no longer lists."""
    waiting = HeldDeletion.objects.filter(connection__in=list(connections))
    unused = waiting.filter(Q(closed_at=None) | Q(released_at=None))
    if not unused.exists():
        return records
    return [
        replace(record, missed=_decision(record, unused) or _gone_since(record))
        for record in records
    ]


def _with_refetches(records: list[KnownRecord], connections: Collection[UUID]) -> list[KnownRecord]:
    """Add when a refetch last read each record, which proves that the ATS had it then."""
    names = [record.remote_id for record in records]
    refetches = WebhookHint.objects.filter(
        connection__in=list(connections), remote_id__in=names, gone=False, trouble=""
    ).exclude(applied_at=None)
    read_at = {
        (refetch.connection_id, refetch.stream, refetch.remote_id): refetch.applied_at
        for refetch in refetches
    }
    return [
        replace(record, stored_at=max(record.stored_at, at)) if at is not None else record
        for record in records
        for at in [read_at.get((record.connection_id, f"{record.kind}s", record.remote_id))]
    ]


def _gone_since(record: KnownRecord) -> Missed | None:
    """Return since when a record is gone, if a refetch found that out after the last comparison of all ids."""
    refetches = WebhookHint.objects.filter(
        connection=record.connection_id,
        stream=f"{record.kind}s",
        remote_id=record.remote_id,
        trouble=DELETION_WAITS,
    )
    if record.read_all_at is not None:
        refetches = refetches.filter(applied_at__gt=record.read_all_at)
    at = refetches.values_list("applied_at", flat=True).first()
    return None if at is None else Missed(verdict=Verdict.GONE, at=at)


def _decision(record: KnownRecord, unused: QuerySet[HeldDeletion]) -> Missed | None:
    same = unused.filter(connection=record.connection_id, stream=f"{record.kind}s")
    row = same.filter(remote_ids__contains=[record.remote_id]).defer("remote_ids").first()
    if row is None:
        return None
    if row.released_at is not None:
        return Missed(verdict=Verdict.DELETION_RELEASED, at=row.released_at)
    if row.closed_at is not None:
        return Missed(verdict=Verdict.KEPT, at=row.closed_at)
    return Missed(verdict=Verdict.DELETION_PAUSED, at=row.held_at)


def _name(talent: Talent, sees_contacts: bool) -> str:
    if not sees_contacts or talent.withheld:
        conceal(talent)
    return talent.full_name or talent.remote_id


def _rejected(
    readings: dict[UUID, Reading], ids: list[str], sees_contacts: bool
) -> list[RejectedRecord]:
    rows = Rejection.objects.filter(connection__in=list(readings), remote_id__in=ids)
    return [
        RejectedRecord(
            stream=rejection.stream,
            remote_id=rejection.remote_id or "",
            connection=readings[rejection.connection_id].connection,
            code=rejection.code,
            message=without_contacts(rejection.message) or "",
            at=rejection.at,
            times=rejection.times,
        )
        for rejection in rows.order_by("-at", "-id")[:MAX_RECORDS]
    ]


def _missing_references(readings: dict[UUID, Reading], ids: list[str]) -> list[MissingReference]:
    rows = (
        PendingLink.objects.filter(connection__in=list(readings), target_remote_id__in=ids)
        .values("connection", "target", "target_remote_id")
        .annotate(since=Min("since"), by=Count("id"))
        .order_by("since")
    )
    return [
        MissingReference(
            stream=row["target"],
            remote_id=row["target_remote_id"],
            connection=readings[row["connection"]].connection,
            since=row["since"],
            by=row["by"],
        )
        for row in rows[:MAX_RECORDS]
    ]


def _outside_history(readings: dict[UUID, Reading], ids: list[str]) -> list[OutsideHistory]:
    """Records that the last comparison of all ids saw, but that the history limit excludes."""
    records = []
    for key, reading in readings.items():
        if reading.limit is None:
            continue
        rows = Sighting.objects.filter(connection=key, stream__in=LIMITED, remote_id__in=ids)
        older = rows.filter(remote_updated_at__lt=reading.limit).order_by("stream", "remote_id")
        names = older.values_list("stream", "remote_id").distinct()
        records += [
            OutsideHistory(
                stream=stream,
                remote_id=remote_id,
                connection=reading.connection,
                limit=reading.limit,
                seen_at=reading.read_all_at,
            )
            for stream, remote_id in names[:MAX_RECORDS]
        ]
    return records


def _reading(connection: Connection, now: datetime) -> Reading:
    runs = SyncRun.objects.filter(connection=connection)
    whole = runs.filter(mode__in=("initial", "reconcile"), status="succeeded")
    points = StreamCheckpoint.objects.filter(connection=connection)
    return Reading(
        connection=connection.display_name,
        state=connection.state,
        running=is_running(connection, now),
        failed=connection.last_error is not None,
        complete=not points.filter(complete=False).exists(),
        read_all_at=whole.aggregate(at=Max("started_at"))["at"],
        last_success_at=connection.last_success_at,
        limit=limit_of(connection.options),
    )
