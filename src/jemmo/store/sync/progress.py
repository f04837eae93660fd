"""The progress of a connection's running sync, from its checkpoints."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from jemmo.domain import estimate, numbers
from jemmo.domain.estimate import Progress
from jemmo.domain.freshness import PAGES
from jemmo.domain.streams import Checkpoint, Mode, Stream
from jemmo.store.models import Connection, SyncRun


def progress_of(connection: Connection, run: SyncRun, *, now: datetime) -> Progress:
    """The progress of a run. Only an initial sync has a total, since changes can't be counted in advance."""
    streams = PAGES.get(run.scope, numbers.RECORDS)
    read = numbers.numbers_of(run.report.get("streams", {}), streams).read
    if run.mode != Mode.INITIAL:
        return Progress(seen=read, total=None, left=None)
    rows = connection.checkpoints.filter(stream__in=streams, mode=Mode.INITIAL)
    points = {
        row.stream: Checkpoint(
            stream=Stream(row.stream), seen=row.seen, total=row.total, done=row.done
        )
        for row in rows
    }
    elapsed = now - run.started_at
    expected = connection.expected_totals
    estimated = estimate.progress(points, expected, streams=streams, read=read, elapsed=elapsed)
    return replace(estimated, recent_ready=run.recent_ready)
