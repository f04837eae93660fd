"""The two ports the pipeline works through: the ATS on one side, the store on the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from jemmo.domain.brake import CascadeCounts, PendingDeletions
from jemmo.domain.outcomes import Counts, PageOutcome, ReadyPage, RunReport
from jemmo.domain.streams import (
    AccessReport,
    Checkpoint,
    Page,
    Rereading,
    Sighting,
    SightingPage,
    Start,
    Stream,
    StreamSpec,
    Sweep,
)

T = TypeVar("T")


class Source(Protocol):
    """One connection's ATS, opened for reading."""

    @property
    def streams(self) -> Sequence[StreamSpec]: ...

    @property
    def requests(self) -> int:
        """How many requests were sent so far, retries included."""
        ...

    @property
    def received(self) -> int:
        """How many bytes of answers came so far."""
        ...

    @property
    def clock_off(self) -> float:
        """Seconds by which the ATS's clock is ahead of ours, negative where it is behind; 0 for little or unknown."""
        ...

    async def check(self) -> AccessReport:
        """Test host, key and rights; raises ``ConfigError`` where nothing can work."""
        ...

    def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        """The stream's pages from ``start`` on."""
        ...

    def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        """A cheap sweep over every id of the stream."""
        ...

    async def fetch(self, stream: Stream, remote_id: str) -> Page | None:
        """One record as a page of its own; ``None`` if the ATS says that it is gone."""
        ...

    async def close(self) -> None: ...


class WantedFile(Struct, frozen=True, kw_only=True):
    """A talent's file, as described by ``Attachment``. ``max_bytes`` is the most that is worth reading."""

    talent_remote_id: str
    remote_id: str
    remote_version: str | None
    max_bytes: int


class FoundFile(Struct, frozen=True, kw_only=True):
    """A file's content, and its current facts from the ATS. Not printed, since both may identify a person."""

    content: bytes
    file_name: str | None = None
    remote_version: str | None = None

    def __repr__(self) -> str:
        return f"FoundFile({len(self.content)} bytes)"


class FileSource(Protocol):
    """One connection's ATS, opened for fetching files, at a pace of its own."""

    async def open_file(self, attachment: WantedFile) -> FoundFile | None:
        """The file, by a fresh link; ``None`` if the ATS says that it is gone.

        Raises ``RecordRejected`` for what is no file or too large, ``TransientError`` and ``Postponed`` for what
        may work later, ``ConfigError`` where a person must act.
        """
        ...

    @property
    def requests(self) -> int:
        """How many it has sent, downloads included."""
        ...

    async def close(self) -> None: ...


class Spent(Struct, frozen=True):
    """A share of an ATS's quota that was used: when, and how many seconds of its time."""

    at: datetime
    seconds: float


class QuotaLedger(Protocol):
    """A connection's use of a time quota, stored where all its processes see it."""

    async def enter(self, at: datetime, seconds: float) -> int:
        """Note a use, before it happens or after; the number to correct it by."""
        ...

    async def correct(self, entry: int, seconds: float) -> None: ...

    async def spent(self, since: datetime) -> list[Spent]:
        """Uses that began at ``since`` or later, oldest first."""
        ...


class PaceState(Struct, kw_only=True):
    """When the requests of one API key left or will leave, in seconds of the clock that all its processes share.

    ``limit`` is what the ATS last reported for its window of ``per`` seconds.
    """

    now: float
    sent: list[float]
    held_until: float = 0.0
    limit: int | None = None
    per: float | None = None


class SharedPace(Protocol):
    """Where the processes that use one API key agree on who sends when."""

    async def change(self, decide: Callable[[PaceState], T]) -> T:
        """Let ``decide`` change the state under a lock, and store the result."""
        ...


class Progress(Protocol):
    """What watches a run: a terminal, a page, or nothing."""

    def update(self, stream: Stream, counts: Counts, checkpoint: Checkpoint) -> None: ...

    def recent_is_read(self) -> None:
        """Recent changes are stored; older records are still being read."""
        ...


class RunStore(Protocol):
    """The tables as one sync run sees them. Every write happens under the run's lease."""

    async def checkpoints(self) -> dict[Stream, Checkpoint]: ...

    def make_ready(self, outcome: PageOutcome) -> ReadyPage:
        """Do all that can be done before a page is written. It takes CPU time, but doesn't wait for anything."""
        ...

    async def commit_pages(self, pages: Sequence[ReadyPage], checkpoint: Checkpoint) -> Counts:
        """Write pages of one stream and its checkpoint in one transaction."""
        ...

    async def save_checkpoints(self, checkpoints: Sequence[Checkpoint]) -> None: ...

    async def report(self, report: RunReport) -> None:
        """Keep the run's counts so that others can watch."""
        ...

    async def sweep(self, stream: Stream) -> Sweep | None:
        """How far an earlier slice of this run came with comparing the stream."""
        ...

    async def keep_sweep(
        self, stream: Stream, sweep: Sweep, met: Sequence[Sighting] = (), *, anew: bool = False
    ) -> None:
        """Save a sweep's position with the ids it ``met`` since then; ``again`` discards all earlier ones."""
        ...

    async def missing(self, stream: Stream, before: datetime) -> list[str]:
        """Ids we hold, seen before ``before``, that the sweep did not meet."""
        ...

    async def unread(self, stream: Stream) -> list[str]:
        """Ids the sweep met that we lack or hold in another version."""
        ...

    async def pending_deletions(self, stream: Stream, before: datetime) -> PendingDeletions:
        """The deletions of the stream's sweep, and a person's decision about them."""
        ...

    async def cascade_counts(self, losses: Sequence[PendingDeletions]) -> CascadeCounts:
        """The applications that hang on what is missing."""
        ...

    async def forget_rejected(self, stream: Stream, before: datetime) -> None:
        """Forget rejections from ``before`` of records that the sweep, which is complete, did not meet."""
        ...

    async def orphans(self, stream: Stream, since: datetime) -> list[str]:
        """Ids the sweep met whose record points to one that was deleted after ``since``."""
        ...

    async def write_tombstones(self, stream: Stream, remote_ids: Sequence[str]) -> int:
        """Write tombstones; returns how many records that changed."""
        ...

    async def pause_deletions(self, losses: Sequence[PendingDeletions]) -> None:
        """Keep these deletions for a person to review."""
        ...

    async def rereading(self, stream: Stream) -> tuple[Rereading | None, datetime | None]:
        """The rereading of the stream in progress, and when its content was last read as a whole."""
        ...

    async def keep_rereading(
        self, stream: Stream, reading: Rereading | None, ended_at: datetime | None = None
    ) -> None:
        """Keep how far a rereading is, or ``None`` and when it ended."""
        ...

    async def paused(self) -> list[dict[str, Any]]:
        """The facts of the deletions that this run paused, as ``Loss.facts``."""
        ...

    async def settle(self, report: RunReport) -> None:
        """After the last page: apply what depends on links (visibility, links that never arrived)."""
        ...
