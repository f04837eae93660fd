"""The outcome of a refetch that a person requested."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet
from msgspec import Struct

from jemmo.domain.streams import Stream
from jemmo.store.models import Application, Connection, ConnectionState, Job, Talent, WebhookHint

SHOWN_FOR = timedelta(minutes=2)
LONG = timedelta(seconds=30)
DELETION_WAITS = "deletion_waits"


class State(StrEnum):
    """The outcome of a refetch.

    ``IDLE``: no recent request. ``FAILED``: given up; the next sync finds what changed. ``KEPT``: the ATS no longer has
    the record, but unusually many are missing, so its deletion waits.
    """

    IDLE = "idle"
    WAITING = "waiting"
    READ = "read"
    GONE = "gone"
    FAILED = "failed"
    KEPT = "kept"


class Refreshing(Struct, frozen=True, kw_only=True):
    """A refetch's status. ``blocked`` is the connection's state if no refetch is possible, or empty otherwise.

    ``trouble`` is the code of the error that prevented the last attempt. A waiting refetch will be tried again. ``at``
    is when the record was refetched or, if the refetch is waiting, when it was requested. ``slow`` means that the
    refetch has been waiting for a long time.
    """

    outcome: State
    blocked: str = ""
    trouble: str = ""
    at: datetime | None = None
    slow: bool = False

    @property
    def waits(self) -> bool:
        return self.outcome is State.WAITING

    @property
    def shown(self) -> str:
        """A value that changes whenever the page should show something else."""
        return f"{self.outcome}-{self.trouble}-{int(self.slow)}"


def refresh_outcome_of(
    connection: Connection, stream: Stream, remote_id: str, *, now: datetime
) -> Refreshing:
    """The status of a record's refetch, including a talent's applications."""
    active = connection.state == ConnectionState.ACTIVE
    blocked = "" if active else str(connection.state)
    requests = list(_refetches(connection, stream, remote_id))
    own = next((request for request in requests if request.stream == stream), None)
    waiting = [request for request in requests if request.due_at is not None]
    if own is None or blocked:
        return Refreshing(outcome=State.IDLE, blocked=blocked)
    if waiting:
        heard = min(request.heard_at for request in waiting)
        code = next((request.trouble for request in waiting if request.trouble), "")
        return Refreshing(outcome=State.WAITING, trouble=code, at=heard, slow=now - heard > LONG)
    if own.trouble:
        recent = now - own.heard_at < SHOWN_FOR * 10
        outcome = State.KEPT if own.trouble == DELETION_WAITS else State.FAILED
        return Refreshing(outcome=outcome if recent else State.IDLE, trouble=own.trouble)
    if own.applied_at is None or now - own.applied_at > SHOWN_FOR:
        return Refreshing(outcome=State.IDLE)
    return Refreshing(outcome=State.GONE if own.gone else State.READ, at=own.applied_at)


def changed_since(connection_id: UUID, stream: Stream, remote_id: str, since: datetime) -> bool:
    """Whether a record, or one of a talent's applications, has changed since then."""
    key = {"connection_id": connection_id, "remote_id": remote_id}
    if stream is Stream.TALENTS:
        talents = Talent.objects.filter(**key)
        applications = Application.objects.filter(talent__in=talents)
        latest = [_latest(talents), _latest(applications)]
    else:
        latest = [_latest(Job.objects.filter(**key))]
    return any(at is not None and at >= since for at in latest)


def _latest(records: QuerySet[Any]) -> datetime | None:
    modified_at: datetime | None = records.aggregate(at=Max("modified_at"))["at"]
    return modified_at


def _refetches(connection: Connection, stream: Stream, remote_id: str) -> list[WebhookHint]:
    condition = Q(stream=stream, remote_id=remote_id)
    if stream is Stream.TALENTS:
        applications = Application.objects.filter(
            connection=connection, talent__remote_id=remote_id
        ).values("remote_id")
        condition |= Q(stream=Stream.APPLICATIONS, remote_id__in=applications)
    return list(WebhookHint.objects.filter(condition, connection=connection))
