"""Explains why a record is, or is not, in Jemmo. Pure: facts are passed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from jemmo.domain.rules import Exclusion


class Verdict(StrEnum):
    """What happened to a record, or why it is missing."""

    SHOWN = "shown"
    CONTACTS_HIDDEN = "contacts_hidden"
    EXCLUDED = "excluded"
    EXCLUDED_TALENT = "excluded_talent"
    WAITS = "waits"
    DELETION_PAUSED = "deletion_paused"
    GONE = "gone"
    DELETION_RELEASED = "deletion_released"
    KEPT = "kept"
    DELETED = "deleted"
    REJECTED = "rejected"
    AWAITED = "awaited"
    LEFT_OUT = "left_out"
    NEVER_SEEN = "never_seen"


class Reason(StrEnum):
    """Why a connection may not have a record that it never saw."""

    NEVER_SYNCED = "never_synced"
    FIRST_SYNC = "first_sync"
    PAUSED = "paused"
    REFUSED = "refused"
    DISCONNECTED = "disconnected"
    FAILED = "failed"
    NOT_PROVED = "not_proved"
    READ_ALL = "read_all"
    READ_HISTORY = "read_history"


class Missed(Struct, frozen=True, kw_only=True):
    """Why a record that the ATS no longer lists was not deleted, such as a person's decision and its time."""

    verdict: Verdict
    at: datetime


class KnownRecord(Struct, frozen=True, kw_only=True):
    """A stored record. ``owner`` is the talent of an application; a rule that excludes the talent hides both.

    ``name`` is empty for a record that was deleted in the ATS. ``missed``: the ATS no longer lists it. ``stored_at`` is
    a time at which the ATS had the record.
    """

    kind: str
    id: UUID
    remote_id: str
    name: str
    connection: str
    connection_id: UUID
    changed_at: datetime | None
    stored_at: datetime
    read_all_at: datetime | None
    excluded: Exclusion | None = None
    deleted_at: datetime | None = None
    missed: Missed | None = None
    waits_for: str | None = None
    waits_since: datetime | None = None
    owner: UUID | None = None


class RejectedRecord(Struct, frozen=True, kw_only=True):
    """A rejected record."""

    stream: str
    remote_id: str
    connection: str
    code: str
    message: str
    at: datetime
    times: int


class MissingReference(Struct, frozen=True, kw_only=True):
    """A record that others point to and that never arrived."""

    stream: str
    remote_id: str
    connection: str
    since: datetime
    by: int


class OutsideHistory(Struct, frozen=True, kw_only=True):
    """A record that the ATS lists, but that is older than the connection's history, which begins at ``limit``."""

    stream: str
    remote_id: str
    connection: str
    limit: datetime
    seen_at: datetime | None


class Reading(Struct, frozen=True, kw_only=True):
    """How complete a connection's data is. ``limit`` is the start of its history, if limited."""

    connection: str
    state: str
    running: bool
    failed: bool
    complete: bool
    read_all_at: datetime | None
    last_success_at: datetime | None
    limit: datetime | None = None


class RecordFacts(Struct, frozen=True, kw_only=True):
    """Everything known about the records that match a search."""

    known: Sequence[KnownRecord] = ()
    rejected: Sequence[RejectedRecord] = ()
    missing: Sequence[MissingReference] = ()
    outside_history: Sequence[OutsideHistory] = ()
    readings: Sequence[Reading] = ()


class Explanation(Struct, frozen=True, kw_only=True):
    """The explanation for one record. ``at`` is when the verdict became true.

    ``seen_at`` is when the ATS last listed the record. ``limit`` is the first day of the connection's history, if it
    is relevant.
    """

    verdict: Verdict
    kind: str
    remote_id: str = ""
    name: str = ""
    connection: str = ""
    record: UUID | None = None
    at: datetime | None = None
    seen_at: datetime | None = None
    rule: Exclusion | None = None
    code: str | None = None
    detail: str = ""
    count: int = 0
    reason: Reason | None = None
    limit: datetime | None = None


def explain(facts: RecordFacts, *, sees_contacts: bool) -> list[Explanation]:
    """Explain what happened to each matching record; if there is none, why each connection may lack it."""
    answers = [
        *(_of_known(fact, sees_contacts) for fact in facts.known),
        *(_of_rejected(fact) for fact in facts.rejected),
        *(_of_missing_reference(fact) for fact in facts.missing),
        *(_of_older(fact) for fact in facts.outside_history),
    ]
    return answers or [_of_reading(fact) for fact in facts.readings]


def _of_known(record: KnownRecord, sees_contacts: bool) -> Explanation:
    verdict, at = Verdict.SHOWN, None
    if record.deleted_at is not None:
        verdict, at = Verdict.DELETED, record.deleted_at
    elif record.missed is not None:
        verdict, at = record.missed.verdict, record.missed.at
    elif record.waits_for is not None:
        verdict, at = Verdict.WAITS, record.waits_since
    elif record.excluded is not None:
        talents = record.kind == "application"
        verdict = Verdict.EXCLUDED_TALENT if talents else Verdict.EXCLUDED
    elif record.kind == "talent" and not sees_contacts:
        verdict = Verdict.CONTACTS_HIDDEN
    has_page = verdict not in {Verdict.DELETED, Verdict.WAITS}
    return Explanation(
        verdict=verdict,
        kind=record.kind,
        remote_id=record.remote_id,
        name=record.name,
        connection=record.connection,
        record=(record.owner or record.id) if has_page else None,
        at=at,
        seen_at=_seen(record),
        rule=record.excluded if verdict in {Verdict.EXCLUDED, Verdict.EXCLUDED_TALENT} else None,
        detail=record.waits_for or "" if verdict is Verdict.WAITS else "",
    )


def _seen(record: KnownRecord) -> datetime | None:
    """Return when the ATS last had the record: the last comparison of all ids, or when it was stored if that is later.

    ``None`` for a record no longer in the ATS, since only the time of its deletion is stored.
    """
    if record.deleted_at is not None or record.missed is not None:
        return None
    return max(record.read_all_at or record.stored_at, record.stored_at)


def _of_rejected(rejection: RejectedRecord) -> Explanation:
    return Explanation(
        verdict=Verdict.REJECTED,
        kind=rejection.stream,
        remote_id=rejection.remote_id,
        connection=rejection.connection,
        at=rejection.at,
        seen_at=rejection.at,
        code=rejection.code,
        detail=rejection.message,
        count=rejection.times,
    )


def _of_missing_reference(reference: MissingReference) -> Explanation:
    return Explanation(
        verdict=Verdict.AWAITED,
        kind=reference.stream,
        remote_id=reference.remote_id,
        connection=reference.connection,
        at=reference.since,
        count=reference.by,
    )


def _of_older(record: OutsideHistory) -> Explanation:
    return Explanation(
        verdict=Verdict.LEFT_OUT,
        kind=record.stream,
        remote_id=record.remote_id,
        connection=record.connection,
        seen_at=record.seen_at,
        limit=record.limit,
    )


def _of_reading(reading: Reading) -> Explanation:
    return Explanation(
        verdict=Verdict.NEVER_SEEN,
        kind="",
        connection=reading.connection,
        reason=_reason(reading),
        at=reading.read_all_at,
        seen_at=reading.last_success_at,
        limit=reading.limit,
    )


def _reason(reading: Reading) -> Reason:
    if reading.state in {"disconnected", "leaving"}:
        return Reason.DISCONNECTED
    if reading.read_all_at is None:
        if reading.running:
            return Reason.FIRST_SYNC
        return Reason.PAUSED if reading.state == "paused" else Reason.NEVER_SYNCED
    if reading.state == "paused":
        return Reason.PAUSED
    if reading.state == "refused":
        return Reason.REFUSED
    if reading.failed:
        return Reason.FAILED
    if not reading.complete:
        return Reason.NOT_PROVED
    return Reason.READ_ALL if reading.limit is None else Reason.READ_HISTORY
