"""Which streams of a run wait for which."""

from __future__ import annotations

import asyncio

from jemmo.domain.streams import Mode, Stream, StreamSpec
from jemmo.pipeline.run_state import RunState


class StreamOrder:
    """Holds streams back until the records that they refer to are stored, recent records first."""

    def __init__(self, state: RunState) -> None:
        self._state = state
        self._written = {spec.name: asyncio.Event() for spec in state.specs}
        self._recent = {spec.name: asyncio.Event() for spec in state.specs}

    async def wait_to_begin(self, spec: StreamSpec) -> None:
        """Wait until the recent records of the streams that this one refers to are stored."""
        for before in self._before(spec):
            await self._recent[before].wait()

    async def wait_for_recent(self, spec: StreamSpec) -> None:
        """Wait until all streams' recent records, and all records that this stream refers to, are stored."""
        for stream_spec in self._state.specs:
            if stream_spec.recent:
                await self._recent[stream_spec.name].wait()
        for before in self._before(spec):
            await self._written[before].wait()

    def mark_written(self, stream: Stream) -> None:
        self._written[stream].set()
        self._recent[stream].set()

    def mark_recent(self, stream: Stream) -> None:
        self._recent[stream].set()

    def release_all(self) -> None:
        """Let no stream wait for pages that won't come."""
        for name in self._written:
            self.mark_written(name)

    def recent_is_stored(self) -> bool:
        """Whether the streams whose recent records come first, and those they refer to, have stored them."""
        early = [spec for spec in self._state.specs if spec.recent]
        streams = {spec.name for spec in early}.union(*(self._before(spec) for spec in early))
        return all(self._recent[stream].is_set() for stream in streams)

    async def has_nothing_to_follow(self, spec: StreamSpec) -> bool:
        """Whether the streams it follows had no changes. The watermark stays, so skipping it loses nothing.

        A refetch or an interrupted run may have stored a change already, so that this run finds the record unchanged.
        """
        following = self._following(spec)
        watermark = self._state.points[spec.name].watermark
        if not following or watermark is None or self._state.interrupted.intersection(following):
            return False
        counts = [self._state.report.counts(followed) for followed in following]
        if any(followed.fetched != followed.unchanged for followed in counts):
            return False
        return not await self._state.store.refetched_since(following, watermark)

    def _before(self, spec: StreamSpec) -> list[Stream]:
        """Return the streams of this run to wait for. Streams that follow others come last; none waits for them."""
        if self._following(spec):
            return self._following(spec)
        last = {candidate.name for candidate in self._state.specs if self._following(candidate)}
        return [
            candidate
            for candidate in spec.after
            if candidate in self._written and candidate not in last
        ]

    def _following(self, spec: StreamSpec) -> list[Stream]:
        """Return the streams of this run that this one follows, if the mode takes that into account."""
        mode, point = self._state.report.mode, self._state.points[spec.name]
        if mode is not Mode.INCREMENTAL or point.watermark is None:
            return []
        return [stream for stream in spec.follows if stream in self._written]
