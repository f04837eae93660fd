"""Incoming webhooks, thought through: what one hints at, what happens to it, whether an ATS has fallen silent. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from jemmo.domain.streams import Stream
from jemmo.domain.translation_marks import marked as _

MAX_BODY = 1_000_000  # bytes; an ATS's data for one record is far smaller
MAX_KEPT = (
    50_000_000  # bytes kept of one connection's deliveries in a day (UTC), with what a row takes
)
ROW = 500  # bytes; what a delivery takes beside its body
NAME = 30  # bytes; what each name takes by which a delivery is found, in the row and in the index
BURST, PER_SECOND = (
    600.0,
    60.0,
)  # deliveries of one address: an evening's bulk edit passes, a flood does not
SILENT_AFTER = 5  # changes in a row that no webhook announced


class RefetchRequest(Struct, frozen=True, kw_only=True):
    """A record that an ATS says has changed.

    ``destroyed``: it was reported as deleted, which is verified, never trusted.

    ``file`` is the ``remote_version`` of a talent's resume where only the webhook names it.
    """

    stream: Stream
    remote_id: str
    destroyed: bool = False
    file: str | None = None


class ParsedWebhook(Struct, frozen=True, kw_only=True):
    """The content of a webhook's body. Without a hint it is about something that is not synced, or an unknown event."""

    event: str
    known: bool
    hints: tuple[RefetchRequest, ...] = ()


class Proof(StrEnum):
    """What a signature proves. ``STALE`` is a good one from another time: sent late, or sent again."""

    GOOD = "good"
    MISSING = "missing"
    WRONG = "wrong"
    STALE = "stale"


class Outcome(StrEnum):
    """What happened to a delivery; each is counted per connection and day."""

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
        """The HTTP status that answers it. Without a valid address the response reveals nothing: no such page."""
        return STATUSES.get(self, 200)

    @property
    def is_kept(self) -> bool:
        """Whether the body is stored, so that it can be replayed. While paused, the refetches wait anyway."""
        return self is Outcome.ACCEPTED

    @property
    def is_taken(self) -> bool:
        """Whether it came from the ATS, and is not refused."""
        return self in {
            Outcome.ACCEPTED,
            Outcome.NOT_KEPT,
            Outcome.UNKNOWN_EVENT,
            Outcome.PAUSED,
        }


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
    """A hint that waits to be looked up. ``version`` counts how often the record was named.

    A refetch counts only for the version it began with: later webhooks request another one.
    """

    hint: RefetchRequest
    version: int = 1
    attempts: int = 0


def coalesce(hints: Iterable[RefetchRequest]) -> list[RefetchRequest]:
    """The latest hint for each record; the order doesn't affect which records are refetched.

    >>> job = Hint(stream=Stream.JOBS, remote_id="7")
    >>> coalesce([job, replace(job, destroyed=True), job]) == [job]
    True
    """
    latest: dict[tuple[Stream, str], RefetchRequest] = {}
    for hint in hints:
        latest.pop((hint.stream, hint.remote_id), None)
        latest[hint.stream, hint.remote_id] = hint
    return list(latest.values())


def storable(text: str) -> str:
    r"""The text without what Postgres refuses: NUL, and half of a surrogate pair.

    >>> storable("candidate\x00.update\ud800")
    'candidate.update?'
    """
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


class Bucket:
    """Lets ``per_second`` deliveries through, and a burst now and then. The clock is passed in, in seconds."""

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
    """``NEVER``: no webhook has come yet. ``REFUSED``: they came, and none was accepted.

    ``SILENT``: they came, or were to, but changes arrive without them.
    """

    NEVER = "never"
    REFUSED = "refused"
    HEALTHY = "healthy"
    SILENT = "silent"


def health(last_delivery_at: datetime | None, missed: int, refused: int = 0) -> Health:
    """Whether webhooks do their part. ``missed`` counts the changes found by polling since the last delivery.

    ``refused`` counts the webhooks that were not accepted lately.

    A few prove nothing: an ATS need not announce every field, and a sync may be quicker than a webhook.
    """
    if last_delivery_at is None:
        return Health.REFUSED if refused else Health.NEVER
    return Health.SILENT if missed >= SILENT_AFTER else Health.HEALTHY


_TOLD = {
    Health.NEVER: _("No webhooks received yet. Enter the address in the ATS and send a test."),
    Health.REFUSED: _(
        "Webhooks arrive, but none was accepted. Check the signature key here and in the ATS."
    ),
    Health.HEALTHY: _("Webhooks are arriving."),
    Health.SILENT: _(
        "The last changes were found by a sync, without a webhook. Check the webhook in the ATS."
    ),
}


def health_message(state: Health, *, supported: bool, set_up: bool) -> str:
    """How webhooks do, in a marked sentence with the next step."""
    if not supported:
        return _("This ATS sends no webhooks; changes arrive with each sync.")
    if not set_up:
        return _("Webhooks are not set up; changes arrive with each sync.")
    return _TOLD[state]
