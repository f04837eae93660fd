"""How often, and after how long, a request is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from jemmo.domain.errors import Postponed, SliceOver

ATTEMPTS = 6
ATTEMPTS_AT_SILENCE = 2
"""For a request that times out while others queue behind it: each attempt may take two minutes."""
LONGEST = 30.0  # seconds
LONGEST_WAIT = 35.0
"""Seconds in which work that others queue behind waits for its turn at the ATS: Greenhouse's window of 30, and some."""
LONGEST_WAIT_ALONE = 300.0
"""Seconds in which other work waits: a sync that would wait longer ends, and the status shows when it continues."""


def backoff(attempt: int, chance: float) -> float:
    """Seconds before attempt ``attempt + 1``: doubling from a half, with up to half taken off by ``chance`` (0..1).

    >>> [backoff(n, 0.0) for n in (1, 2, 3)]
    [0.5, 1.0, 2.0]
    >>> backoff(1, 1.0)
    0.25
    >>> backoff(20, 0.0)
    30.0
    """
    return min(LONGEST, 0.5 * 2.0 ** (attempt - 1)) * (1 - chance / 2)


_IS_AWAITED: ContextVar[bool] = ContextVar("someone waits for the answer", default=False)


@contextmanager
def awaited() -> Iterator[None]:
    """A person who just typed an address is waiting, so an unreachable one is reported at once."""
    token = _IS_AWAITED.set(True)
    try:
        yield
    finally:
        _IS_AWAITED.reset(token)


def attempts(code: str) -> int:
    """How often a request that failed with this code is sent in all."""
    if code == "host_unreachable" and _IS_AWAITED.get():
        return 1
    if code == "timeout" and gives_way():
        return ATTEMPTS_AT_SILENCE
    return ATTEMPTS


class CutOff:
    """Lets others end what waits for an ATS: it raises ``SliceOver`` then, and so does all that would wait later.

    What is written in the meantime is not disturbed. An ATS can make each answer take two minutes; this is for those
    behind.
    """

    def __init__(self) -> None:
        self.is_set = False
        self._waiting: set[asyncio.Timeout] = set()

    def set(self) -> None:
        """End what waits now, from within its event loop."""
        self.is_set = True
        for waiting in self._waiting:
            waiting.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def guard(self) -> AsyncIterator[None]:
        if self.is_set:
            raise _others_wait()
        waiting = asyncio.timeout(None)
        try:
            async with waiting:
                self._waiting.add(waiting)
                try:
                    yield
                finally:
                    self._waiting.discard(waiting)
        except TimeoutError:
            if not waiting.expired():
                raise
            raise _others_wait() from None


def _others_wait() -> SliceOver:
    return SliceOver()


_GIVES_WAY: ContextVar[CutOff | None] = ContextVar("others queue behind this work", default=None)


@contextmanager
def giving_way(cut_off: CutOff | None = None) -> Iterator[None]:
    """Others queue behind this work: what would wait for longer than ``LONGEST_WAIT`` is ``Postponed``.

    A request at which the ATS hangs is given up after ``ATTEMPTS_AT_SILENCE``, or once it is ``cut_off``; the work
    comes back to it.
    """
    token = _GIVES_WAY.set(cut_off or CutOff())
    try:
        yield
    finally:
        _GIVES_WAY.reset(token)


@asynccontextmanager
async def until_cut_off() -> AsyncIterator[None]:
    """Around what only waits for an ATS: may be ended at any point, by ``SliceOver``."""
    cut_off = _GIVES_WAY.get()
    if cut_off is None:
        yield
        return
    async with cut_off.guard():
        yield


async def pause(seconds: float) -> None:
    """Wait before a request."""
    async with until_cut_off():
        await asyncio.sleep(seconds)


def gives_way() -> bool:
    return _GIVES_WAY.get() is not None


def patience(alone: float = LONGEST_WAIT_ALONE) -> float:
    """For how many seconds a request may wait for its turn; ``alone`` if no request queues behind it."""
    return min(alone, LONGEST_WAIT) if gives_way() else alone


def postponed(seconds: float) -> Postponed:
    """Ends work that may not wait that long; it continues after these seconds."""
    resume_at = datetime.now(UTC) + timedelta(seconds=seconds)
    return Postponed(resume_at=resume_at)
