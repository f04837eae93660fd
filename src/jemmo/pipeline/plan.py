"""Which mode a sync takes and where each stream begins. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from jemmo.domain.streams import Checkpoint, Mode, Start, Stream, StreamSpec

Checkpoints = Mapping[Stream, Checkpoint]

CLOCKS_DIFFER = timedelta(minutes=10)  # between two machines, at most


def plausible(checkpoints: Checkpoints, now: datetime) -> dict[Stream, Checkpoint]:
    """The checkpoints, less watermarks of the future: a clock that was wrong wrote them.

    Asking for what changed since then would find nothing until that day, so everything is read once more.
    """
    return {
        stream: replace(point, watermark=None, mode=None, pass_started_at=None, done=False)
        if max(point.watermark or now, point.pass_started_at or now) > now + CLOCKS_DIFFER
        else point
        for stream, point in checkpoints.items()
    }


def choose_mode(wanted: Mode | None, checkpoints: Checkpoints, streams: Sequence[Stream]) -> Mode:
    """The mode to run: what was asked for, else what the checkpoints call for.

    Without a complete first read it is an initial sync, also when one was interrupted. A read that could
    not prove itself complete is followed by a reconcile, which finds what it missed, and so is a reconcile
    that was interrupted.
    """
    if wanted is not None:
        return wanted
    known = [checkpoints.get(stream) for stream in streams]
    if any(point is None or point.watermark is None for point in known):
        return Mode.INITIAL
    if any(
        point is not None and (not point.complete or point.mode is Mode.RECONCILE)
        for point in known
    ):
        return Mode.RECONCILE
    return Mode.INCREMENTAL


def begin_pass(spec: StreamSpec, found: Checkpoint | None, mode: Mode, now: datetime) -> Checkpoint:
    """The checkpoint a stream's pass starts from: a pass under way in the same mode goes on.

    In an initial sync that was interrupted, a stream already read to its end is not read again. In
    an incremental one it is: since then it may have changed.
    """
    point = found or Checkpoint(stream=spec.name)
    read_before = point.done and mode is Mode.INCREMENTAL
    if point.mode is mode and point.pass_started_at is not None and not read_before:
        return point
    return replace(
        point,
        mode=mode,
        cursor=None,
        pass_started_at=now,
        seen=0,
        total=None,
        done=False,
        complete=True,
    )


def start_of(spec: StreamSpec, point: Checkpoint) -> Start:
    """Where the connector begins: everything in an initial pass, else the watermark less the lag.

    A reconcile reads everything too where a list of ids alone would cost as much.
    """
    reads_all = point.mode is Mode.INITIAL or spec.cursor is None or point.watermark is None
    reads_all = reads_all or (point.mode is Mode.RECONCILE and not spec.thin_sweep)
    since = None if reads_all or point.watermark is None else point.watermark - spec.lag
    return Start(since=since, cursor=point.cursor)


def advance(
    point: Checkpoint,
    *,
    fetched: int,
    repeats: int,
    cursor: str | None,
    total: int | None,
    covers: bool,
) -> Checkpoint:
    """The checkpoint after one more page. After the last page the watermark moves to the pass's start.

    A pass is complete when its last page was reached and it has seen at least as many records as the ATS
    counts now. Records that were deleted meanwhile only make it see more.
    """
    seen = point.seen + fetched - repeats
    total = total if total is not None else point.total
    if cursor is not None:
        return replace(
            point, cursor=cursor, seen=seen, total=total, complete=point.complete and covers
        )
    return replace(
        point,
        cursor=None,
        seen=seen,
        total=total,
        done=True,
        watermark=point.pass_started_at,
        complete=point.complete and covers and (total is None or seen >= total),
    )


def end_pass(point: Checkpoint) -> Checkpoint:
    """Between two passes: the mode is cleared, the watermark stays."""
    return replace(point, mode=None, cursor=None, pass_started_at=None, done=False)
