"""Streams, checkpoints and pages, which pass from a connector to the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from jemmo.domain.records import Record


class Stream(StrEnum):
    """One kind of record that a connector reads, in the order in which links resolve best."""

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
    """What a connector declares about a stream.

    ``cursor`` names the field that orders changes; ``None`` means that each sync reads the whole stream. ``lag`` is the
    overlap read again on purpose, since neither bounds nor clocks of an ATS are exact. ``after`` are the streams that
    should be complete before this one starts. ``thin_sweep`` says that a list of all ids costs less than reading the
    stream; otherwise a reconcile reads everything, which also finds changes without a date. ``follows`` are
    the streams that refer to this one: an incremental sync reads it only after one of them brought something. Changes
    to this stream alone wait for the next reconcile. ``recent``: recent changes can be read first. Older records of
    such streams are then read only after the recent ones of all of them are stored.
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
    """Where a stream stands: how far it is safely read, and where a pass in progress will continue.

    watermark       everything the ATS changed before this time is in the tables
    mode            the mode of the pass in progress, ``None`` between passes
    cursor          where that pass continues, as the connector wrote it; ``None`` at its start
    pass_started_at when that pass began: the next watermark once it is complete
    seen            distinct records that pass has seen so far, rejected ones included
    total           the ATS's own count, the least that it told during the pass: what came later is read next time
    short           how many records the ATS counted but did not send when the stream was last read to its end
    done            the pass has read this stream to its end
    complete        the last pass proved that nothing was left out; during a pass: so far
    basis           what its records were mapped with besides themselves, as a digest
    unreadable      what is stored of the pass in progress made no sense, so it starts over
    synced_at       when the last proved pass began that a run ended with: how old the stream is on pages
    reaches         how far back the last whole reading, or the one in progress, goes; ``None``: to the beginning
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
    """The lowest count of a list that an ATS reported while it was read; ``None`` if it reported none."""
    return min((count for count in counts if count is not None), default=None)


def missed(seen: int, total: int | None, short: int) -> int:
    """How many records are missing from a list that was read to its end, by the ATS's count."""
    return max(short, 0 if total is None else total - seen)


def is_few(missed: int, seen: int) -> bool:
    """Whether a difference is so small that the ATS's count may be wrong, which rereading can't fix.

    A truncated list misses more, or ends at a round number, and misses more each time.
    """
    return missed <= max(2, min(10, seen // 10)) or (seen % 50 != 0 and missed <= seen // 100)


class Start(Struct, frozen=True, kw_only=True):
    """Where a connector begins to read a stream.

    ``since`` is the watermark less the stream's lag, ``None`` for everything; ``cursor`` resumes a pass. ``basis`` is
    what its records were mapped with when it was last read. In a full read, what changed since ``recent`` should come
    first, if the ATS can filter it. ``asks_again`` also requests what the account is known to refuse.
    """

    since: datetime | None = None
    cursor: str | None = None
    basis: str | None = None
    recent: datetime | None = None
    asks_again: bool = False


RECENT = timedelta(days=30)
"""A first sync starts with changes within this time before its start."""


MOST_NOTES = 100  # distinct codes; more are counted by kind


class Notes:
    """Counts what was odd but usable in mapped records, with one example each."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.examples: dict[str, str] = {}

    def add(self, code: str, remote_id: str, count: int = 1) -> None:
        if len(self.counts) >= MOST_NOTES and code not in self.counts:
            code = code.partition(":")[0]  # a list that is not closed after all
        self.counts[code] = self.counts.get(code, 0) + count
        self.examples.setdefault(code, remote_id)

    def merge(self, other: Notes) -> None:
        for code, count in other.counts.items():
            self.add(code, other.examples[code], count)


class RawRecord(Struct, frozen=True, gc=False):
    """One record as the ATS sent it. ``remote_id`` is ``None`` if even that is missing."""

    remote_id: str | None
    body: Any


class Page(Struct, frozen=True, kw_only=True):
    """One response's worth of a stream.

    raw      the records as sent
    map      turns one of them into a canonical record; raises ``RecordRejected``
    cursor   where to continue after this page; ``None`` says that this was the last one
    total    how many records the ATS says the pass has, if it says so
    repeats  how many of these records were already in an earlier page of this pass
    short    with the last page, how many records less than the ATS counts came, where ``total`` cannot tell
    covers   ``False`` if the connector had to leave something out, so the pass proves nothing
    gone     ids that the ATS itself says are deleted, or no longer belong to the stream
    basis    a digest of what the records are mapped with besides themselves, such as the names of custom fields:
             when it changes, the stream is read in full, since no record's own date tells. What follows a blank in it
             is the connector's own affair: it compares it with ``Start.basis`` and reads again what that is about
             when it changes, the stream is read in full, since no record's own date tells
    recent   ``True`` while more of what changed lately follows this page, ``False`` once all of that was sent;
             ``None`` if the stream is not read in that order
    beside   records of other streams that came along and are sent again with their own stream: they are shown
             early, and prove nothing
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
    """One id met by the id sweep of a reconcile, and when the ATS last changed it."""

    remote_id: str
    remote_updated_at: datetime | None = None


class SightingPage(Struct, frozen=True, kw_only=True):
    """One response's worth of an id sweep. ``cursor`` is where it can continue another time, if it can.

    ``total``, ``repeats``, ``short`` and ``covers`` are those of a ``Page``.
    """

    sightings: list[Sighting]
    cursor: str | None = None
    total: int | None = None
    repeats: int = 0
    short: int = 0
    covers: bool = True


class Part(StrEnum):
    """How far the comparison of a stream is.

    A sweep, the records that it showed unread, whether a person reviews what is missing, a second sweep, done.
    """

    FIRST = "first"
    UNREAD = "unread"
    COMPARED = "compared"
    DECIDED = "decided"
    SECOND = "second"
    SETTLED = "settled"


class Sweep(Struct, kw_only=True):
    """A stream's comparison with the ATS in a reconcile, kept so that another slice of the run can continue it.

    began    when the sweep in progress began; what came later is not judged by it
    cursor   where it continues; ``ended`` once it was at its last page
    short    what its pages said of records that are counted but not listed
    missed   how many records the ATS counts that the sweep did not meet
    missing  what a first sweep did not meet, while a second one looks again
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

    @property
    def missed(self) -> int:
        return missed(self.seen, self.total, self.short)

    @property
    def proved(self) -> bool:
        """Whether it met every record that the ATS counts."""
        return self.covers and not self.missed

    @property
    def proves_by_name(self) -> bool:
        """Whether a record that it did not meet is gone if a request by its id says so."""
        return self.covers and is_few(self.missed, self.seen)


class Rereading(Struct, frozen=True, kw_only=True):
    """A whole reading of a stream's content, a part with each reconcile: see ``pipeline.rereading``.

    began          when it began
    cursor         where it continues, as the connector wrote it; ``None`` at its start
    seen           distinct records it has read so far
    covers         nothing was left out so far
    reaches        how far back it goes
    """

    began: datetime
    cursor: str | None = None
    seen: int = 0
    covers: bool = True
    reaches: datetime | None = None


REREAD_WITHIN = timedelta(days=7)
"""The longest time, with a reconcile a day, until a record's content is reread regardless of its date."""


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a connector supports, as shown in pages and docs.

    Without ``applications`` the rule that a talent needs an active one cannot apply, so it does not.
    ``recent_first``: a first sync of a large account reads what changed lately before all else.
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

    ``totals`` count what a sync reads of each stream, those that are ``approximate`` perhaps some more. ``older``
    counts what of these a limited history leaves out, if the ATS can tell. ``expires_at`` is when the key expires, if
    it says so.
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
        """The number of records that a sync reads per stream, without those older than the history."""
        return {name: count - self.older.get(name, 0) for name, count in self.totals.items()}

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)
