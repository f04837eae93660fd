"""Progress bars of a sync, with an estimate from the ATS's own totals."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from jemmo.cli.output import err
from jemmo.domain.outcomes import Counts
from jemmo.domain.streams import Checkpoint, Stream


class Bars:
    """One bar a stream. Implements ``jemmo.domain.ports.Progress``."""

    def __init__(self, title: str, *, shown: bool) -> None:
        self._title = title
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<14}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=err,
            disable=not shown,
        )
        self._tasks: dict[Stream, TaskID] = {}

    def __enter__(self) -> Self:
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
        if stream not in self._tasks:
            self._tasks[stream] = self._progress.add_task(str(stream), total=None)
        total = max(checkpoint.total or 0, checkpoint.seen)
        self._progress.update(self._tasks[stream], completed=checkpoint.seen, total=total or None)
