"""Streams, checkpoints and pages, passed from connectors to the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from jemmo.domain.records import Record


class Stream(StrEnum):
    """A kind of record that connectors read, ordered so that links resolve best."""

    DEPARTMENTS = "departments"
    USERS = "users"
    REJECT_REASONS = "reject_reasons"
    JOBS = "jobs"
    POSTINGS = "postings"
    STAGES = "stages"
    TALENTS = "talents"
    APPLICATIONS = "applications"
    NOTES = "notes"


class Mode(StrEnum):
    """How a sync reads: everything, changes since the watermark, or a comparison of all ids."""

    INITIAL = "initial"
    INCREMENTAL = "incremental"
    RECONCILE = "reconcile"


class StreamSpec(Struct, frozen=True, kw_only=True):
    """A connector's declarations about a stream.

    cursor      the field that orders changes; ``None`` if each sync reads the whole stream
    lag         overlap that is read twice on purpose, since an ATS's filters and clock are imprecise
    after       streams that should be complete before this one starts
    thin_sweep  listing all ids costs less than reading the stream. Otherwise a reconcile reads everything, which also
                finds changes without a date
    follows     streams that refer to this one. An incremental sync reads it only after one of them had changes, so
                changes to this stream alone wait for the next reconcile
    recent      recent changes can be read first. Older records of such streams are read once the recent ones of all of
                them are stored
    """

    name: Stream
    cursor: str | None = None
    lag: timedelta = timedelta(0)
    after: tuple[Stream, ...] = ()
    finds_deletions: bool = True
    thin_sweep: bool = True
    follows: tuple[Stream, ...] = ()
    recent: bool = False


class Checkpoint(Struct, frozen=True, kw_only=True):
    """A stream's position: how far it is fully read, and where a pass in progress continues.

    watermark       everything the ATS changed before this time is in the tables
    mode            the mode of the pass in progress, ``None`` between passes
    cursor          where that pass continues, in the connector's format; ``None`` at its start
    pass_started_at when that pass began: the next watermark once it is complete
    seen            distinct records that pass has seen so far, rejected ones included
    total           lowest count that the ATS reported during the pass; later records are read next time
    short           how many records the ATS counted but did not send when the stream was last read to its end
    done            the pass has read this stream to its end
    complete        the last pass was proved complete; during a pass: no gap so far
    basis           digest of the lookups (such as custom field names) that its records were mapped with
    unreadable      the stored position of the pass could not be read, so it starts over
    synced_at       start of the last complete pass of a finished run; pages derive the stream's age from it
    reaches         how far back the last or current full read goes; ``None``: to the beginning
    """

    stream: Stream
    watermark: datetime | None = None
    mode: Mode | None = None
    cursor: str | None = None
    pass_started_at: datetime | None = None
    seen: int = 0
    total: int | None = None
    short: int = 0
    done: bool = False
    complete: bool = False
    basis: str | None = None
    unreadable: bool = False
    synced_at: datetime | None = None
    reaches: datetime | None = None


def lowest_total(*counts: int | None) -> int | None:
    """Return the lowest count that an ATS reported while a list was read; ``None`` if it reported none."""
    return min((count for count in counts if count is not None), default=None)


def missed(seen: int, total: int | None, short: int) -> int:
    """Return how many records are missing, by the ATS's count, from a list that was read to its end."""
    return max(short, 0 if total is None else total - seen)


def is_few(missed: int, seen: int) -> bool:
    """Whether a gap is so small that the ATS's count may be wrong, which rereading can't fix.

    A truncated list has a larger gap, or ends at a round number and its gap keeps growing.
    """
    return missed <= max(2, min(10, seen // 10)) or (seen % 50 != 0 and missed <= seen // 100)


class Start(Struct, frozen=True, kw_only=True):
    """Where a connector starts reading a stream.

    ``since`` is the watermark minus the stream's lag, ``None`` to read everything; ``cursor`` resumes a pass. ``basis``
    is the digest of the lookups used when the stream was last read. In a full read, changes since ``recent`` should
    come first, if the ATS can filter by them. ``asks_again`` also repeats requests that the account is known to refuse.
    """

    since: datetime | None = None
    cursor: str | None = None
    basis: str | None = None
    recent: datetime | None = None
    asks_again: bool = False


RECENT = timedelta(days=30)
"""A first sync starts with the changes made within this time before it."""


MAX_NOTES = 100  # distinct codes; more are counted by kind


class Notes:
    """Counts oddities in mapped records, with one example of each. The records are stored anyway."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.examples: dict[str, str] = {}
        self.kept: dict[str, set[str]] = {}

    def keep(self, remote_id: str, *fields: str) -> None:
        """Let a record's stored values stay in these fields, since the ATS didn't send what they are read from."""
        self.kept.setdefault(remote_id, set()).update(fields)

    def add(self, code: str, remote_id: str, count: int = 1) -> None:
        if len(self.counts) >= MAX_NOTES and code not in self.counts:
            code = code.partition(":")[0]  # too many distinct details, so count by kind only
        self.counts[code] = self.counts.get(code, 0) + count
        self.examples.setdefault(code, remote_id)

    def merge(self, other: Notes) -> None:
        for code, count in other.counts.items():
            self.add(code, other.examples[code], count)


class RawRecord(Struct, frozen=True, gc=False):
    """A record as the ATS sent it. ``remote_id`` is ``None`` if it has no id."""

    remote_id: str | None
    body: Any


class Page(Struct, frozen=True, kw_only=True):
    """One response's records from a stream.

    raw      the records as sent
    map      turns one of them into a canonical record; raises ``RecordRejected``
    cursor   where to continue after this page; ``None`` on the last page
    total    how many records the pass has, by the ATS's own count, if it reports one
    repeats  how many of these records were already in an earlier page of this pass
    short    on the last page, how many counted records the ATS did not send, if ``total`` cannot tell
    covers   ``False`` if the connector had to skip something, so the pass is not complete
    gone     ids that the ATS itself reports as deleted or moved out of the stream
    basis    digest of the lookups that records are mapped with, such as the names of custom fields. When it changes,
             the stream is read in full, since record dates don't reflect it. Text after a space belongs to the
             connector, which compares it with ``Start.basis`` and rereads the affected records itself
    recent   ``True`` while more recent changes follow this page, ``False`` once all were sent, ``None`` if the stream
             is not read in that order
    beside   records of other streams in the same response. Storing them makes them appear early, but they prove
             nothing, since they will be sent again with their own stream
    """

    stream: Stream
    raw: list[RawRecord]
    map: Callable[[RawRecord, Notes], Record]
    gone: tuple[str, ...] = ()
    cursor: str | None = None
    total: int | None = None
    repeats: int = 0
    short: int = 0
    covers: bool = True
    basis: str | None = None
    recent: bool | None = None
    beside: tuple[Page, ...] = ()


class Sighting(Struct, frozen=True):
    """An id found by a reconcile's id sweep, and when the ATS last changed it."""

    remote_id: str
    remote_updated_at: datetime | None = None


class SightingPage(Struct, frozen=True, kw_only=True):
    """One response of an id sweep. ``cursor`` is where it can be resumed, if possible.

    ``total``, ``repeats``, ``short`` and ``covers`` are as in ``Page``.
    """

    sightings: list[Sighting]
    cursor: str | None = None
    total: int | None = None
    repeats: int = 0
    short: int = 0
    covers: bool = True


class Part(StrEnum):
    """Steps of a stream's comparison.

    First sweep, reading unread records, deciding whether a person must review deletions, second sweep, done.
    """

    FIRST = "first"
    UNREAD = "unread"
    COMPARED = "compared"
    DECIDED = "decided"
    SECOND = "second"
    SETTLED = "settled"


class Sweep(Struct, kw_only=True):
    """A stream's comparison with the ATS in a reconcile, stored so that another slice of the run can continue it.

    began    when the current sweep began; it doesn't judge records added later
    cursor   where it continues
    ended    the last page was reached
    short    counted but unlisted records, as its pages reported
    missed   how many records the ATS counts that the sweep did not find
    missing  ids that the first sweep did not find, while a second one checks them
    unasked  how many ids that it did not find are left to the next reconcile
    """

    part: Part = Part.FIRST
    began: datetime
    cursor: str | None = None
    seen: int = 0
    total: int | None = None
    short: int = 0
    covers: bool = True
    ended: bool = False
    missing: list[str] = []
    unasked: int = 0

    @property
    def missed(self) -> int:
        return missed(self.seen, self.total, self.short)

    @property
    def proved(self) -> bool:
        """Whether it found every record that the ATS counts."""
        return self.covers and not self.missed

    @property
    def proves_by_name(self) -> bool:
        """Whether a missing record counts as deleted if a request by its id confirms it."""
        return self.covers and is_few(self.missed, self.seen)


class Rereading(Struct, frozen=True, kw_only=True):
    """A full read of a stream's content, spread over several reconciles: see ``pipeline.rereading``.

    began          when it began
    cursor         where it continues, in the connector's format; ``None`` at its start
    seen           distinct records read so far
    covers         nothing was skipped so far
    reaches        how far back it goes
    """

    began: datetime
    cursor: str | None = None
    seen: int = 0
    covers: bool = True
    reaches: datetime | None = None


REREAD_WITHIN = timedelta(days=7)
"""With daily reconciles, each record's content is reread within this time, whatever the record's date."""


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a connector supports, as shown in pages and docs.

    Without ``applications``, the rule that a talent needs an active one doesn't apply. ``recent_first``: a first sync
    of a large account reads recent changes before everything else.
    """

    applications: bool = True
    incremental: bool = False
    webhooks: bool = False
    deletes: bool = False
    resumes: bool = False
    stage_history: bool = False
    custom_fields: bool = False
    recent_first: bool = False


class AccessCheck(Struct, frozen=True, kw_only=True):
    """One permission that a key needs."""

    name: str
    ok: bool
    detail: str | None = None


class AccessReport(Struct, frozen=True, kw_only=True):
    """The result of a connection test. ``account`` names the company the key belongs to.

    ``totals`` count what a sync reads of each stream; those in ``approximate`` may be too high. ``older`` counts the
    records among them that a limited history excludes, if the ATS can tell. ``expires_at`` is when the key expires, if
    known.
    """

    account_id: str | None = None
    account_name: str | None = None
    expires_at: datetime | None = None
    checks: list[AccessCheck] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    approximate: set[str] = field(default_factory=set)
    older: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def within(self) -> dict[str, int]:
        """Number of records per stream that a sync reads, without those older than the history."""
        return {name: count - self.older.get(name, 0) for name, count in self.totals.items()}

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)
