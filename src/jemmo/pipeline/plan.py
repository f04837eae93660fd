"""Decides a sync's mode and where each stream starts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from jemmo.domain.freshness import PAGES
from jemmo.domain.history import LIMITED, reaches_further
from jemmo.domain.streams import (
    RECENT,
    Checkpoint,
    Mode,
    Page,
    Start,
    Stream,
    StreamSpec,
    is_few,
    lowest_total,
    missed,
)

Checkpoints = Mapping[Stream, Checkpoint]

UNREADABLE = (msgspec.MsgspecError, ValueError)
"""Raised by a connector for a stored position that it can't read, because it is damaged or from another version."""

FARTHEST_BEHIND = timedelta(days=366)  # by which a clock may plausibly be behind
CLOCKS_DIFFER = timedelta(minutes=10)  # maximum difference between two machines' clocks


def plausible(checkpoints: Checkpoints, now: datetime) -> dict[Stream, Checkpoint]:
    """Return the checkpoints without watermarks in the future, which a wrong clock must have written.

    A sync since then would find nothing until that day, so everything is read once more.
    """
    return {
        stream: replace(
            point, watermark=None, mode=None, pass_started_at=None, done=False, synced_at=None
        )
        if max(point.watermark or now, point.pass_started_at or now) > now + CLOCKS_DIFFER
        else point
        for stream, point in checkpoints.items()
    }


def reads_again(mode: Mode, checkpoints: Checkpoints, streams: Sequence[Stream]) -> bool:
    """Whether an initial sync rereads a connection that was already read in full, so it isn't the first.

    Streams that an option added since then have no checkpoint. They don't count if every page was synced before.
    """
    known = [checkpoints[stream] for stream in streams if stream in checkpoints]
    mains = [checkpoints.get(main) for main, *_ in PAGES.values() if main in streams]
    was_synced = bool(mains) and all(point and point.synced_at for point in mains)
    return (
        mode is Mode.INITIAL
        and (was_synced or len(known) == len(streams))
        and all(point.watermark or point.synced_at for point in known)
    )


def choose_mode(
    requested_mode: Mode | None,
    checkpoints: Checkpoints,
    streams: Sequence[Stream],
    limit: datetime | None = None,
) -> Mode:
    """Return the requested mode, otherwise the one that the checkpoints call for.

    It is an initial sync if the first full read is incomplete or was interrupted, or if the history was extended (it
    begins at ``limit``). It is a reconcile, which finds what was missed, if the last read was not proved complete or a
    reconcile was interrupted.
    """
    if requested_mode is not None:
        return requested_mode
    known = [checkpoints.get(stream) for stream in streams]
    if any(point is None or point.watermark is None for point in known):
        return Mode.INITIAL
    if any(point is not None and reaches_further(limit, point.reaches) for point in known):
        return Mode.INITIAL
    if any(
        point is not None and (not point.complete or point.mode is Mode.RECONCILE)
        for point in known
    ):
        return Mode.RECONCILE
    return Mode.INCREMENTAL


def begin_pass(
    spec: StreamSpec,
    checkpoint: Checkpoint | None,
    mode: Mode,
    now: datetime,
    limit: datetime | None = None,
) -> Checkpoint:
    """Return the checkpoint a stream's pass starts from: a pass in progress in the same mode continues.

    An interrupted initial sync doesn't reread streams that it had finished. An incremental sync does, as they may
    have changed. An initial pass that doesn't reach back to ``limit``, the current start of the history, starts
    over; until it ends, the next sync is an initial one too.
    """
    point = checkpoint or Checkpoint(stream=spec.name)
    read_before = point.done and mode is Mode.INCREMENTAL
    if mode is Mode.INITIAL and reaches_further(limit, point.reaches):
        point = replace(point, mode=None, watermark=None)
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
        unreadable=False,
        reaches=limit if mode is Mode.INITIAL and spec.name in LIMITED else point.reaches,
    )


def is_mapped_anew(point: Checkpoint, page: Page) -> bool:
    """Whether the lookups that records are mapped with have changed since the stream was last read."""
    if point.basis is None or page.basis is None:
        return False
    return point.basis.partition(" ")[0] != page.basis.partition(" ")[0]


def start_of(spec: StreamSpec, point: Checkpoint) -> Start:
    """Return where the connector starts: at the beginning in an initial pass, otherwise at the watermark minus the lag.

    A reconcile also reads everything if listing only ids would cost as much. An initial pass asks for recent changes
    first; the cutoff stays the same however often the pass is resumed.
    """
    again = point.mode is not Mode.INCREMENTAL and point.cursor is None
    reads_all = point.mode is Mode.INITIAL or spec.cursor is None or point.watermark is None
    reads_all = reads_all or (point.mode is Mode.RECONCILE and not spec.thin_sweep)
    if not reads_all and point.watermark is not None:
        since = point.watermark - spec.lag
        return Start(since=since, cursor=point.cursor, basis=point.basis, asks_again=again)
    first = point.mode is Mode.INITIAL and point.pass_started_at
    recent = first - RECENT if first else None
    return Start(cursor=point.cursor, basis=point.basis, recent=recent, asks_again=again)


def advance(
    point: Checkpoint,
    *,
    fetched: int,
    repeats: int,
    cursor: str | None,
    total: int | None,
    covers: bool,
    short: int = 0,
    whole: bool = True,
    clock_off: float = 0.0,
) -> Checkpoint:
    """Return the checkpoint after one more page. After the last page the watermark moves to the pass's start.

    A pass is complete when it has reached its last page and seen at least as many records as the lowest count that the
    ATS reported during the pass. Records deleted during the pass only make it read more; added or changed ones are read
    next time. The count is only a hint: if it is slightly too high, and by the same amount as last time, the ATS
    miscounts. If a pass over changes (not ``whole``) is a few records short, the watermark stays and they are read
    again next time. If the ATS's clock is behind (``clock_off`` is negative, in seconds), the watermark is set back
    too, since filters compare with that clock.
    """
    seen = point.seen + fetched - repeats
    total = lowest_total(point.total, total)
    point = replace(
        point, cursor=cursor, seen=seen, total=total, complete=point.complete and covers
    )
    if cursor is not None:
        return point
    lacks = missed(seen, total, short)
    steady = lacks == 0 or (lacks <= point.short and is_few(lacks, seen))
    again = not whole and not steady and is_few(lacks, seen)
    return replace(
        point,
        done=True,
        watermark=point.watermark if again else _by_their_clock(point.pass_started_at, clock_off),
        complete=point.complete and (steady or again),
        short=lacks if whole else max(lacks, point.short),
    )


def _by_their_clock(moment: datetime | None, clock_off: float) -> datetime | None:
    return moment and moment - _behind(clock_off)


def _behind(clock_off: float) -> timedelta:
    return min(timedelta(seconds=max(0.0, -clock_off)), FARTHEST_BEHIND)


def end_pass(point: Checkpoint, clock_off: float = 0.0) -> Checkpoint:
    """End a pass: clear its mode, keep the watermark, and set ``synced_at`` if the pass was proved complete."""
    ours = point.watermark and point.watermark + _behind(clock_off)
    synced_at = min(ours, point.pass_started_at) if ours and point.pass_started_at else ours
    return replace(
        point,
        mode=None,
        cursor=None,
        pass_started_at=None,
        done=False,
        synced_at=synced_at if point.complete else point.synced_at,
    )
