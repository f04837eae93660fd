"""Decides what a webhook refers to, how it is handled, and whether an ATS has stopped sending them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from jemmo.domain.streams import Stream
from jemmo.domain.translation_marks import marked as _

MAX_BODY = 1_000_000  # bytes; an ATS's payload for one record is far smaller
MAX_KEPT = 50_000_000  # bytes stored per connection and UTC day, row overhead included
ROW = 500  # bytes of overhead per stored delivery
NAME = 30  # bytes per name in a delivery's search index, in the row and in the index
BURST, PER_SECOND = (
    600.0,
    60.0,
)  # deliveries per address: enough for an evening of bulk edits, not for a flood
SILENT_AFTER = 5  # changes in a row without a webhook


class RefetchRequest(Struct, frozen=True, kw_only=True):
    """A record that an ATS reports as changed.

    ``destroyed``: reported as deleted. This is always verified.

    ``file`` is the ``remote_version`` of a talent's resume, for ATSs that send it only in webhooks.
    """

    stream: Stream
    remote_id: str
    destroyed: bool = False
    file: str | None = None


class ParsedWebhook(Struct, frozen=True, kw_only=True):
    """The content of a webhook's body.

    If it has no refetch requests, its event is unknown or concerns something that is not synced.
    """

    event: str
    known: bool
    requests: tuple[RefetchRequest, ...] = ()


class Proof(StrEnum):
    """What a signature proves. ``STALE`` is valid with an old timestamp: the webhook was sent late, or replayed."""

    GOOD = "good"
    MISSING = "missing"
    WRONG = "wrong"
    STALE = "stale"


class Outcome(StrEnum):
    """What happened to a delivery. Outcomes are counted per connection and day."""

    ACCEPTED = "accepted"
    NOT_KEPT = "not_kept"
    DUPLICATE = "duplicate"
    UNKNOWN_EVENT = "unknown_event"
    PAUSED = "paused"
    NOT_JSON = "not_json"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    UNSIGNED = "unsigned"
    WRONGLY_SIGNED = "wrongly_signed"
    STALE = "stale"
    KEY_MISSING = "key_missing"
    DISCONNECTED = "disconnected"
    UNKNOWN_ADDRESS = "unknown_address"
    FLOOD = "flood"

    @property
    def status(self) -> int:
        """The HTTP status of the response. For an invalid address it is "not found", which reveals nothing."""
        return STATUSES.get(self, 200)

    @property
    def is_kept(self) -> bool:
        """Whether the body is stored for replay. A paused connection stores none, since its refetches wait anyway."""
        return self is Outcome.ACCEPTED

    @property
    def is_taken(self) -> bool:
        """Whether the webhook came from the ATS and was accepted."""
        return self in {
            Outcome.ACCEPTED,
            Outcome.NOT_KEPT,
            Outcome.UNKNOWN_EVENT,
            Outcome.PAUSED,
        }

    @property
    def is_unusable(self) -> bool:
        """Whether the webhook was refused because of its signature or content, so the next ones probably are too."""
        return self.status in {400, 401, 413, 422}


STATUSES = {
    Outcome.NOT_JSON: 400,
    Outcome.UNREADABLE: 422,
    Outcome.TOO_LARGE: 413,
    Outcome.UNSIGNED: 401,
    Outcome.WRONGLY_SIGNED: 401,
    Outcome.STALE: 401,
    Outcome.KEY_MISSING: 401,
    Outcome.DISCONNECTED: 404,
    Outcome.UNKNOWN_ADDRESS: 404,
    Outcome.FLOOD: 429,
}
REFUSED_PROOFS = {
    Proof.MISSING: Outcome.UNSIGNED,
    Proof.WRONG: Outcome.WRONGLY_SIGNED,
    Proof.STALE: Outcome.STALE,
}


class PendingRefetch(Struct, frozen=True, kw_only=True):
    """A refetch request that is waiting. ``version`` counts how often the record was reported.

    A refetch settles only the version it started with: later webhooks request another one.
    """

    request: RefetchRequest
    version: int = 1
    attempts: int = 0


def coalesce(requests: Iterable[RefetchRequest]) -> list[RefetchRequest]:
    """Return the latest refetch request for each record, whatever their order.

    >>> job = RefetchRequest(stream=Stream.JOBS, remote_id="7")
    >>> coalesce([job, replace(job, destroyed=True), job]) == [job]
    True
    """
    latest: dict[tuple[Stream, str], RefetchRequest] = {}
    for request in requests:
        latest.pop((request.stream, request.remote_id), None)
        latest[request.stream, request.remote_id] = request
    return list(latest.values())


def storable(text: str) -> str:
    r"""Return the text without NUL and lone surrogates, which Postgres rejects.

    >>> storable("candidate\x00.update\ud800")
    'candidate.update?'
    """
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


class Bucket:
    """Rate limiter: allows ``per_second`` deliveries, plus occasional bursts. The clock is passed in, in seconds."""

    def __init__(self, burst: float = BURST, per_second: float = PER_SECOND) -> None:
        self.burst = burst
        self.per_second = per_second
        self._left = burst
        self._at: float | None = None

    def take(self, now: float) -> bool:
        passed = 0.0 if self._at is None else max(0.0, now - self._at)
        self._at = now
        self._left = min(self.burst, self._left + passed * self.per_second)
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Health(StrEnum):
    """Whether a connection's webhooks work.

    ``NEVER``: no webhook received at the current address. ``REFUSED``: the latest webhook was refused. ``RECEIVED``:
    webhooks were received, but nothing shows whether any are missing. ``SILENT``: the last changes arrived without a
    webhook. ``DISCONNECTED``: the connection is disconnected, so every webhook is refused.
    """

    NEVER = "never"
    REFUSED = "refused"
    RECEIVED = "received"
    HEALTHY = "healthy"
    SILENT = "silent"
    DISCONNECTED = "disconnected"


class Reception(Struct, frozen=True, kw_only=True):
    """What has arrived at an address.

    ``made_at`` is when the address replaced an earlier one. ``missed`` is how many changes polling has found since the
    last delivery; ``None`` if none are counted.
    """

    made_at: datetime
    last_delivery_at: datetime | None = None
    refused_at: datetime | None = None
    missed: int | None = 0

    @property
    def health(self) -> Health:
        """Whether webhooks work.

        A few missed changes prove nothing: an ATS need not announce every field, and a sync may be faster than a
        webhook.
        """
        accepted, refused = self._here(self.last_delivery_at), self._here(self.refused_at)
        if refused and (accepted is None or refused > accepted):
            return Health.REFUSED
        if accepted is None:
            return Health.NEVER
        if self.missed is None:
            return Health.RECEIVED
        return Health.SILENT if self.missed >= SILENT_AFTER else Health.HEALTHY

    def _here(self, moment: datetime | None) -> datetime | None:
        """Return the time if it was at this address and not at the one that it replaced."""
        return moment if moment and moment >= self.made_at else None


_HEALTH_MESSAGES = {
    Health.NEVER: _(
        "No webhooks received at this address yet. Enter the address in the ATS and send a test."
    ),
    Health.REFUSED: _(
        "Jemmo couldn't use the latest webhook. Check in the ATS what is sent to this address."
    ),
    Health.RECEIVED: _(
        "Jemmo has received webhooks. For this ATS, it can't tell whether any are missing."
    ),
    Health.HEALTHY: _("Jemmo is receiving webhooks."),
    Health.SILENT: _(
        "The latest changes came from a sync, not from a webhook. Check the webhook in the ATS."
    ),
    Health.DISCONNECTED: _(
        "This connection is disconnected, so Jemmo refuses its webhooks. Delete the webhook in the ATS."
    ),
}
_BAD_SIGNATURE = _(
    "Jemmo refused the latest webhook because of its signature. Check the signature key here and in "
    "the ATS."
)


def health_message(state: Health, *, supported: bool, set_up: bool, refused_as: str = "") -> str:
    """Return the state of webhooks as a marked sentence with the next step."""
    if not supported:
        return _("This ATS doesn't send webhooks. Changes arrive with each sync.")
    if not set_up:
        return _("Webhooks aren't set up. Changes arrive with each sync.")
    if state is Health.REFUSED and STATUSES.get(Outcome(refused_as)) == 401:
        return _BAD_SIGNATURE
    return _HEALTH_MESSAGES[state]
