"""Rereads every record's content within some days, a part with each reconcile.

Some changes don't move a record's date: a renamed option, a city, a consent, a removed value. Incremental syncs and id
sweeps miss these, so each reconcile of a stream with dates also reads a part of its whole list. Streams that are always
read in full don't need this.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from jemmo.domain.errors import Postponed, StreamRefused
from jemmo.domain.history import LIMITED
from jemmo.domain.streams import REREAD_WITHIN, Rereading, Start, Stream, StreamSpec, is_few, missed
from jemmo.pipeline.plan import UNREADABLE
from jemmo.pipeline.run_state import RunState
from jemmo.pipeline.single_reads import SingleReads

DAY = timedelta(days=1)  # between reconciles
SPREAD_OVER = REREAD_WITHIN - 2 * DAY
"""One day may pass before it begins, and one before the reconcile that ends it."""


async def reread(state: RunState, singles: SingleReads) -> None:
    """Read a part of each stream. What exceeds today's quota waits for the next reconcile."""
    try:
        for spec in state.specs:
            if spec.cursor is not None and spec.thin_sweep:
                await _reread(state, singles, spec)
    except Postponed:
        return


async def _reread(state: RunState, singles: SingleReads, spec: StreamSpec) -> None:
    reading, ended_at = await state.store.rereading(spec.name)
    if reading is not None and reading.reaches != _limit(state, spec.name):
        reading = None  # the history's start has changed since
    if reading is None or reading.began > state.now():
        if ended_at is not None and state.now() - ended_at < DAY / 2:
            return
        reading = Rereading(began=state.now(), reaches=_limit(state, spec.name))
    try:
        await _read_on(state, singles, spec.name, reading)
    except UNREADABLE:
        await state.store.keep_rereading(spec.name, None, ended_at)
    except StreamRefused:
        return  # the run has already reported it


def _limit(state: RunState, stream: Stream) -> datetime | None:
    return state.limit if stream in LIMITED else None


async def _read_on(
    state: RunState, singles: SingleReads, stream: Stream, reading: Rereading
) -> None:
    """Read as many pages as are due by now, at least one."""
    sweep = await state.store.sweep(stream)
    due = (state.now() - reading.began + DAY) / SPREAD_OVER
    target = due * (sweep.seen if sweep else 0)
    if reading.cursor is not None and reading.seen >= target:
        return  # an earlier slice of this run, or another run today, has read enough
    async for page in state.source.pages(stream, Start(cursor=reading.cursor)):
        await singles.write(page)
        reading = replace(
            reading,
            cursor=page.cursor,
            seen=reading.seen + len(page.raw) - page.repeats,
            covers=reading.covers and page.covers,
        )
        if page.cursor is None:
            lacks = missed(reading.seen, page.total, page.short)
            proved = reading.covers and is_few(lacks, reading.seen)
            await state.store.keep_rereading(stream, None, state.now() if proved else None)
            return
        await state.store.keep_rereading(stream, reading)
        if reading.seen >= target:
            return
        state.end_slice_if_over()
