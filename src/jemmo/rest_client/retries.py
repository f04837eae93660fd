"""Decides how often a request is retried, and after what pause."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from jemmo.domain.errors import Postponed, SliceOver

ATTEMPTS = 6
ATTEMPTS_AT_SILENCE = 2
"""Attempts for a request that times out while others wait, since each may take two minutes."""
MAX_BACKOFF = 30.0  # seconds
MAX_WAIT = 35.0
"""Seconds that work may wait for the ATS while other work is queued: a bit more than Greenhouse's window of 30."""
MAX_WAIT_ALONE = 300.0
"""Seconds that work may wait if nothing is queued behind it. A sync that would wait longer ends, and the status shows
when it continues."""


def backoff(attempt: int, chance: float) -> float:
    """Return the seconds before attempt ``attempt + 1``: doubled each time, reduced by up to half by ``chance`` (0..1).

    >>> [backoff(n, 0.0) for n in (1, 2, 3)]
    [0.5, 1.0, 2.0]
    >>> backoff(1, 1.0)
    0.25
    >>> backoff(20, 0.0)
    30.0
    """
    return min(MAX_BACKOFF, 0.5 * 2.0 ** (attempt - 1)) * (1 - chance / 2)


_IS_AWAITED: ContextVar[bool] = ContextVar("someone waits for the answer", default=False)


@contextmanager
def awaited() -> Iterator[None]:
    """Report an unreachable address at once, for a person who just typed it in and is waiting."""
    token = _IS_AWAITED.set(True)
    try:
        yield
    finally:
        _IS_AWAITED.reset(token)


def attempts(code: str) -> int:
    """Return the total number of attempts for a request that fails with this code."""
    if code == "host_unreachable" and _IS_AWAITED.get():
        return 1
    if code == "timeout" and gives_way():
        return ATTEMPTS_AT_SILENCE
    return ATTEMPTS


class CutOff:
    """Lets others interrupt work that waits for an ATS: any current or later wait then raises ``SliceOver``.

    This frees the worker for others, since an ATS can take two minutes per response. Writes in progress are not
    interrupted.
    """

    def __init__(self) -> None:
        self.is_set = False
        self._waiting: set[asyncio.Timeout] = set()

    def set(self) -> None:
        """Interrupt current waits, from within their event loop."""
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
    """Mark work that others are waiting behind: waits longer than ``MAX_WAIT`` raise ``Postponed``.

    A request that the ATS doesn't answer is abandoned after ``ATTEMPTS_AT_SILENCE``, or on ``cut_off``, and repeated
    when the work continues.
    """
    token = _GIVES_WAY.set(cut_off or CutOff())
    try:
        yield
    finally:
        _GIVES_WAY.reset(token)


@asynccontextmanager
async def until_cut_off() -> AsyncIterator[None]:
    """Wrap code that only waits for an ATS and may be interrupted at any point by ``SliceOver``."""
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


def patience(alone: float = MAX_WAIT_ALONE) -> float:
    """Return how many seconds a request may wait: at most ``alone``, or less if other work waits behind it."""
    return min(alone, MAX_WAIT) if gives_way() else alone


def postponed(seconds: float) -> Postponed:
    """Return the error that ends work which may not wait this long; it continues after these seconds."""
    resume_at = datetime.now(UTC) + timedelta(seconds=seconds)
    return Postponed(resume_at=resume_at)
