"""What the parts of a run share: its ports, its settings and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from jemmo.domain.errors import JemmoError, Postponed, SliceOver
from jemmo.domain.outcomes import RunReport
from jemmo.domain.ports import Progress, RunStore, Source
from jemmo.domain.rules import Rules
from jemmo.domain.streams import Checkpoint, Stream, StreamSpec


class RunState(Struct, kw_only=True):
    """A run's ports and position.

    limit       the start of the history (``domain.history``)
    connection  the connection's name, for messages
    points      the latest checkpoint of each stream
    named       IDs that the ATS itself reported as deleted during a reconcile
    stopped     why no more pages are requested
    """

    source: Source
    store: RunStore
    rules: Rules
    progress: Progress
    now: Callable[[], datetime]
    slice_over: Callable[[], bool]
    limit: datetime | None
    connection: str
    specs: list[StreamSpec]
    report: RunReport
    points: dict[Stream, Checkpoint] = {}
    named: dict[Stream, set[str]] = {}
    interrupted: frozenset[Stream] = frozenset()  # streams of an earlier run that did not finish
    stopped: JemmoError | None = None
    earlier_requests: int = 0

    @property
    def requests(self) -> int:
        """Requests sent so far, those of earlier slices included."""
        return self.earlier_requests + self.source.requests

    def stop(self, reason: JemmoError) -> None:
        """Keep the first reason, except that an error takes precedence over a used-up quota."""
        if self.stopped is None or isinstance(self.stopped, Postponed):
            self.stopped = reason

    def end_slice_if_over(self) -> None:
        """Raise ``SliceOver`` if other runs are due; the checkpoints keep the position."""
        if self.slice_over():
            raise SliceOver
