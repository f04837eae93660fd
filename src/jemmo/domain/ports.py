"""The interfaces between the pipeline and its two sides: the ATS and the store."""

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
        """Requests sent so far, retries included."""
        ...

    @property
    def received(self) -> int:
        """Bytes of responses received so far."""
        ...

    @property
    def clock_off(self) -> float:
        """Seconds by which the ATS's clock is ahead of ours, negative if behind; 0 if negligible or unknown."""
        ...

    async def check(self) -> AccessReport:
        """Test host, key and permissions. Raises ``ConfigError`` if nothing can work."""
        ...

    def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        """Yield the stream's pages from ``start`` on."""
        ...

    def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        """Yield every id in the stream at low cost."""
        ...

    async def fetch(self, stream: Stream, remote_id: str) -> Page | None:
        """Return one record as a page of its own; ``None`` if the ATS reports it as deleted."""
        ...

    async def close(self) -> None: ...


class WantedFile(Struct, frozen=True, kw_only=True):
    """A talent's file, as described by ``Attachment``. ``max_bytes`` is the largest size worth reading."""

    talent_remote_id: str
    remote_id: str
    remote_version: str | None
    max_bytes: int


class FoundFile(Struct, frozen=True, kw_only=True):
    """A file's content and current metadata. Excluded from ``repr``, since both may identify a person."""

    content: bytes
    file_name: str | None = None
    remote_version: str | None = None

    def __repr__(self) -> str:
        return f"FoundFile({len(self.content)} bytes)"


class FileSource(Protocol):
    """One connection's ATS, opened for downloading files at its own pace."""

    async def open_file(self, attachment: WantedFile) -> FoundFile | None:
        """Download the file through a fresh link; ``None`` if the ATS reports it as deleted.

        Raises ``RecordRejected`` if it is not a file or too large, ``TransientError`` or ``Postponed`` if a retry may
        work, ``ConfigError`` if a person must act.
        """
        ...

    @property
    def requests(self) -> int:
        """Requests sent so far, downloads included."""
        ...

    async def close(self) -> None: ...


class Spent(Struct, frozen=True):
    """Use of an ATS's time quota: when, and how many seconds."""

    at: datetime
    seconds: float


class QuotaLedger(Protocol):
    """A connection's use of a time quota, shared by all its processes."""

    async def enter(self, at: datetime, seconds: float) -> int:
        """Record a use, before or after it happens, and return its number for ``correct``."""
        ...

    async def correct(self, entry: int, seconds: float) -> None: ...

    async def spent(self, since: datetime) -> list[Spent]:
        """Return uses that began at ``since`` or later, oldest first."""
        ...


class PaceState(Struct, kw_only=True):
    """When an API key's requests were or will be sent, in seconds of a clock that all processes share.

    ``limit`` is what the ATS last reported for its window of ``per`` seconds.
    """

    now: float
    sent: list[float]
    held_until: float = 0.0
    limit: int | None = None
    per: float | None = None


class SharedPace(Protocol):
    """Coordinates when the processes that share an API key send requests."""

    async def change(self, decide: Callable[[PaceState], T]) -> T:
        """Let ``decide`` change the state under a lock, and store the result."""
        ...


class Progress(Protocol):
    """Observer of a run, such as a terminal or a page."""

    def update(self, stream: Stream, counts: Counts, checkpoint: Checkpoint) -> None: ...

    def recent_is_read(self) -> None:
        """Called when recent changes are stored and older records are still being read."""
        ...


class RunStore(Protocol):
    """The tables as one sync run sees them. Every write requires the run's lease."""

    async def checkpoints(self) -> dict[Stream, Checkpoint]: ...

    def make_ready(self, outcome: PageOutcome) -> ReadyPage:
        """Prepare a page for writing. Uses CPU time but never waits."""
        ...

    async def commit_pages(self, pages: Sequence[ReadyPage], checkpoint: Checkpoint) -> Counts:
        """Write pages of one stream and its checkpoint in one transaction."""
        ...

    async def save_checkpoints(self, checkpoints: Sequence[Checkpoint]) -> None: ...

    async def report(self, report: RunReport) -> None:
        """Store the run's counts so that others can follow it."""
        ...

    async def sweep(self, stream: Stream) -> Sweep | None:
        """Return the progress of the stream's comparison from an earlier slice of this run."""
        ...

    async def keep_sweep(
        self,
        stream: Stream,
        sweep: Sweep,
        sightings: Sequence[Sighting] = (),
        *,
        anew: bool = False,
    ) -> None:
        """Save a sweep's position with the ids found since the last save; ``anew`` discards all earlier ids."""
        ...

    async def missing(self, stream: Stream, before: datetime) -> list[str]:
        """Return ids of stored records, last seen before ``before``, that the sweep did not find."""
        ...

    async def unread(self, stream: Stream) -> list[str]:
        """Return ids that the sweep found and that are not stored, or stored in another version."""
        ...

    async def pending_deletions(self, stream: Stream, before: datetime) -> PendingDeletions:
        """Return the deletions that the stream's sweep calls for, and a person's decision about them."""
        ...

    async def cascade_counts(self, losses: Sequence[PendingDeletions]) -> CascadeCounts:
        """Return the applications that depend on missing records."""
        ...

    async def forget_rejected(self, stream: Stream, before: datetime) -> None:
        """Delete rejections older than ``before`` if the complete sweep did not find their records."""
        ...

    async def orphans(self, stream: Stream, since: datetime) -> list[str]:
        """Return ids that the sweep found whose record refers to one deleted after ``since``."""
        ...

    async def refetched_since(self, streams: Sequence[Stream], since: datetime) -> bool:
        """Whether any record of these streams was refetched after ``since``, for a webhook or on request."""
        ...

    async def write_tombstones(
        self, stream: Stream, remote_ids: Sequence[str], *, completes: bool = True
    ) -> int:
        """Write tombstones; returns how many records changed. If it ``completes`` a person's release, that closes."""
        ...

    async def pause_deletions(self, losses: Sequence[PendingDeletions]) -> None:
        """Keep these deletions for a person to review."""
        ...

    async def rereading(self, stream: Stream) -> tuple[Rereading | None, datetime | None]:
        """Return the stream's rereading in progress, and when its content was last read completely."""
        ...

    async def keep_rereading(
        self, stream: Stream, reading: Rereading | None, ended_at: datetime | None = None
    ) -> None:
        """Store the position of a rereading, or ``None`` with the time it ended."""
        ...

    async def paused(self) -> list[dict[str, Any]]:
        """Return the facts of the deletions that this run paused, in the shape of ``PendingDeletions.facts``."""
        ...

    async def settle(self, report: RunReport) -> None:
        """After the last page, apply what depends on links: visibility, and links that never arrived."""
        ...
