"""How long a sync may use a worker before others get their turn."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Self

from jemmo.domain.streams import Mode
from jemmo.environment import seconds
from jemmo.rest_client.retries import CutOff
from jemmo.services.sync.queue import INITIAL, LARGE, SLOW, kind_of, priority_of

MAX_SECONDS = seconds("JEMMO_SLICE_SECONDS", 600.0)
"""Seconds after which a slice ends, whatever else is waiting."""
MIN_SECONDS = seconds("JEMMO_SLICE_AT_LEAST", 3.0)
"""Seconds that a slice runs before it gives way to more urgent work, so that starting it was worthwhile."""

LONG = 30.0
"""Seconds after which a sync is large, even if it reads only changes: its ATS is slow, perhaps on purpose."""
GIVE_WAY = seconds("JEMMO_SLICE_GIVE_WAY", 20.0)
"""Seconds for a slice to finish its page after it was asked to end. Then it no longer waits for its ATS."""

_running: set[Slice] = set()
_stopping = False


class Slice:
    """One turn of a sync or of downloads, while its ``with`` block lasts."""

    def __init__(self, priority: int) -> None:
        self.cut_off = CutOff()
        self._asked_at: float | None = None
        self._priority = priority
        self._is_long = priority <= INITIAL
        self._began = monotonic()

    def __enter__(self) -> Self:
        _running.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        _running.discard(self)

    @property
    def asked(self) -> bool:
        return self._asked_at is not None

    def ask(self) -> None:
        """Ask the slice to end after its current page."""
        self._asked_at = monotonic()

    def end_if_late(self) -> None:
        """End the slice within its page if it was asked to end and its ATS is still slow."""
        if self._asked_at is not None and monotonic() - self._asked_at >= GIVE_WAY:
            self.cut_off.set()

    @property
    def age(self) -> float:
        return monotonic() - self._began

    @property
    def priority(self) -> int:
        """The priority of what remains to be done. Long reads are not urgent, whoever requested them.

        A long read that has lasted for ``MIN_SECONDS``, or any other slice that has lasted for ``LONG``, counts as
        large and gives way to all work that may be small.
        """
        if not self._is_long and self.age < LONG:
            return self._priority
        return min(self._priority, INITIAL if self.age < MIN_SECONDS else LARGE)

    def is_over(self, mode: Mode) -> bool:
        """Whether to end after this page. Only ``mode`` distinguishes a requested long read from an urgent one."""
        self._is_long = self._is_long or mode is not Mode.INCREMENTAL
        return _stopping or self.asked or self.age >= MAX_SECONDS

    def rest(self, mode: Mode) -> int:
        """The priority of the run's next slice. An interrupted one continues when no other sync is waiting."""
        if self.cut_off.is_set:
            return SLOW
        return min(kind_of(self.priority), priority_of(mode))


def stop() -> None:
    """Make every slice of this process end after its current page."""
    global _stopping  # noqa: PLW0603 - a process stops once
    _stopping = True


def running() -> int:
    return len(_running)


def preempt(waiting: Sequence[int]) -> None:
    """For each of these priorities, the highest first, ask one slice to end after its page.

    Slices that were asked before and still run count for the first priorities; those that take too long are stopped.
    """
    if waiting:
        for turn in tuple(_running):
            turn.end_if_late()
    leaving = sum(turn.asked for turn in _running)
    for priority in waiting[leaving:]:
        _give_way(priority)


def _give_way(to: int) -> None:
    candidates = [
        turn
        for turn in _running
        if not turn.asked and turn.priority < to and turn.age >= MIN_SECONDS
    ]
    if candidates:
        min(candidates, key=lambda turn: (turn.priority, -turn.age)).ask()
