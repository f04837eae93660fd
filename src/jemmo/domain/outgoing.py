"""Outgoing webhooks: their events, retries, and when an endpoint is switched off."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct


class Event(StrEnum):
    """The events that an endpoint can receive. ``docs/outgoing-webhooks.md`` documents the data of each."""

    RECORDS = "records.changed"
    SYNC = "sync.finished"
    CONNECTION = "connection.changed"
    LATE = "sync.late"
    SLOW = "sync.slow"
    ISSUE = "data.issue"
    ERASED = "person.erased"


EXPIRED = "records.expired"
"""Sent instead of ``records.changed`` when the changes have expired; the receiver should fetch a new snapshot."""
TEST = "test"


class State(StrEnum):
    """Whether messages are sent to an endpoint."""

    ACTIVE = "active"
    OFF = "off"


class OffReason(StrEnum):
    """Why an endpoint is off: a person switched it off, it failed for days, or it answered 410."""

    NONE = ""
    PERSON = "person"
    FAILING = "failing"
    GONE = "gone"


class MessageState(StrEnum):
    """Whether a message is waiting, delivered or given up."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


RETRIES_FOR = timedelta(hours=24)  # after the first attempt; then a message is given up
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=10), timedelta(hours=4)
MAX_HOLD = timedelta(hours=1)  # longest pause in sending to a failing endpoint
MAX_RETRY_AFTER = timedelta(hours=1)  # a receiver can't request a longer pause
WARN_AFTER = timedelta(days=1)  # without a single success
OFF_AFTER = timedelta(days=4)  # after the warning
OLD_SECRET_SIGNS = timedelta(hours=24)  # after a rotation
JITTER = 0.2


class Answer(Struct, frozen=True, kw_only=True):
    """The outcome of one attempt. ``error`` is empty if the message was delivered; ``retry_after`` is in seconds."""

    status: int | None = None
    error: str = ""
    text: str = ""
    seconds: float = 0.0
    retry_after: float | None = None

    @property
    def is_gone(self) -> bool:
        return self.status == 410


def retry_delay(attempt: int, *, chance: float, retry_after: float | None = None) -> timedelta:
    """Return the pause after the given attempt; ``chance`` is a random number from 0 to 1.

    >>> [round(retry_delay(n, chance=0.5).total_seconds()) for n in range(1, 9)]
    [10, 40, 160, 640, 2560, 10240, 14400, 14400]
    >>> retry_delay(1, chance=0.5, retry_after=120)
    datetime.timedelta(seconds=120)
    """
    steps: int = 4 ** min(attempt - 1, 20)
    usual = min(FIRST_RETRY * steps, LONGEST_RETRY)
    jittered = usual * (1 + JITTER * (2 * chance - 1))
    asked = min(timedelta(seconds=max(0, retry_after or 0)), MAX_RETRY_AFTER)
    return max(jittered, asked)


def next_try(
    *, now: datetime, first: datetime, attempt: int, chance: float, retry_after: float | None = None
) -> datetime | None:
    """Return when to retry a failed message; ``None`` to give up."""
    at = now + retry_delay(attempt, chance=chance, retry_after=retry_after)
    return at if at - first <= RETRIES_FOR else None


def hold(failures: int, *, chance: float, retry_after: float | None = None) -> timedelta:
    """Return how long to send nothing to an endpoint after this many failures in a row."""
    return min(
        retry_delay(failures, chance=chance, retry_after=retry_after),
        max(MAX_HOLD, MAX_RETRY_AFTER),
    )


class Verdict(StrEnum):
    """What to do with an endpoint that keeps failing."""

    GO_ON = "go on"
    WARN = "warn"
    SWITCH_OFF = "switch off"


def verdict(
    *, now: datetime, failing_since: datetime | None, warned_at: datetime | None
) -> Verdict:
    """Decide what to do. An endpoint is switched off only once ``OFF_AFTER`` has passed since the warning."""
    if failing_since is None:
        return Verdict.GO_ON
    if warned_at is None:
        return Verdict.WARN if now - failing_since >= WARN_AFTER else Verdict.GO_ON
    return Verdict.SWITCH_OFF if now - warned_at >= OFF_AFTER else Verdict.GO_ON
