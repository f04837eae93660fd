"""Warnings for a run's report."""

from __future__ import annotations

from jemmo.domain.outcomes import RunWarning
from jemmo.domain.streams import Checkpoint, Notes, Stream


def repaired(stream: Stream) -> RunWarning:
    return RunWarning.of("checkpoint_unreadable", stream=stream)


def clock_off(seconds: float) -> RunWarning:
    """Warn that the ATS's clock is ahead of ours or behind."""
    length, unit = (3600, "h") if abs(seconds) >= 2 * 3600 else (60, "min")
    return RunWarning.of("clock_off", offset=f"{int(seconds / length):+,} {unit}")


def unproved(point: Checkpoint) -> RunWarning:
    if point.total is None or point.seen >= point.total:
        return RunWarning.of("not_proved_complete", stream=point.stream)
    return RunWarning.of(
        "not_proved_complete",
        variant="counts",
        stream=point.stream,
        seen=point.seen,
        total=point.total,
    )


def warnings_of(notes: Notes) -> list[RunWarning]:
    return [
        RunWarning.of(code, count=count, example=notes.examples[code])
        for code, count in sorted(notes.counts.items())
    ]


def count_differs(stream: Stream, short: int) -> RunWarning:
    """Reported once, when the ATS first counts more records than it lists."""
    return RunWarning.of("count_differs", stream=stream, more=short)


def deletions_unchecked(stream: Stream, number: int) -> RunWarning:
    return RunWarning.of("deletions_unchecked", stream=stream, more=number)
