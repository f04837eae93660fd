"""Progress bars of a sync, with the same estimate as the pages: ``jemmo.domain.estimate``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from jemmo.cli.output import err
from jemmo.domain.estimate import Progress as Estimate
from jemmo.domain.estimate import progress, rounded
from jemmo.domain.numbers import RECORDS
from jemmo.domain.outcomes import Counts
from jemmo.domain.streams import RECENT, Checkpoint, Mode, Stream

READY = f"The last {RECENT.days} days are ready. Older records follow."


class _WithEstimate(Progress):
    """The bars, with the total time left below them."""

    recent_ready = False
    estimate = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self.recent_ready:
            yield Text(f"  {READY}", style="green")
        if self.estimate:
            yield Text(self.estimate)


def words(left: timedelta) -> str:
    """The time left, worded as on pages."""
    unit, number = rounded(left)
    if not number:
        return "less than a minute left"
    return f"about {number} {'h' if unit == 'hours' else 'min'} left"


class Bars:
    """One bar per stream. Implements ``jemmo.domain.ports.Progress``.

    ``expected`` are the totals for a first sync; see ``jemmo.domain.estimate.progress``.
    """

    def __init__(self, title: str, *, shown: bool, expected: Mapping[str, int]) -> None:
        self._title, self._expected = title, expected
        self._began = time.monotonic()
        self._points: dict[str, Checkpoint] = {}
        self._read: dict[str, int] = {}
        self._progress = _WithEstimate(
            SpinnerColumn(),
            TextColumn("{task.description:<14}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=err,
            disable=not shown,
        )
        self._tasks: dict[Stream, TaskID] = {}

    def __enter__(self) -> Self:
        if not self._progress.disable:
            err.print(self._title, style="bold", markup=False)
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def update(self, stream: Stream, counts: Counts, checkpoint: Checkpoint) -> None:
        if checkpoint.mode is not Mode.INITIAL:
            self._expected = {}  # changes can't be counted in advance
        self._show(checkpoint, read=counts.fetched)

    def recent_is_read(self) -> None:
        self._progress.recent_ready = True

    def show(self, stream: Stream, seen: int, total: int | None) -> None:
        """Show ``seen`` records of a stream, of ``total`` if the ATS counts them."""
        self._show(Checkpoint(stream=stream, seen=seen, total=total), read=seen)

    def estimate(self) -> Estimate:
        """The progress of the whole sync."""
        read = sum(self._read.get(name, 0) for name in RECORDS)
        elapsed = timedelta(seconds=time.monotonic() - self._began)
        return progress(self._points, self._expected, read=read, elapsed=elapsed)

    def _show(self, point: Checkpoint, *, read: int) -> None:
        self._points[point.stream], self._read[point.stream] = point, read
        left = self.estimate().left
        self._progress.estimate = f"  {words(left)}" if left else ""
        if point.stream not in self._tasks:
            self._tasks[point.stream] = self._progress.add_task(str(point.stream), total=None)
        most = max(point.total or 0, point.seen)
        self._progress.update(self._tasks[point.stream], completed=point.seen, total=most or None)
