"""How often, and after how long, a request is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from jemmo.domain.errors import Postponed

ATTEMPTS = 6
ATTEMPTS_AT_SILENCE = 2
"""Of a request that gets no answer in time, where others queue behind: each attempt may take two minutes."""
LONGEST = 30.0  # seconds
LONGEST_WAIT = 35.0
"""Seconds in which work that others queue behind waits for its turn at the ATS: Greenhouse's window of 30, and some."""
LONGEST_WAIT_ALONE = 300.0
"""Seconds in which other work waits: a sync that would wait for longer ends, and the status says when it goes on."""


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


_IS_AWAITED: ContextVar[bool] = ContextVar("somebody waits for the answer", default=False)


@contextmanager
def awaited() -> Iterator[None]:
    """Somebody who just typed an address waits: one at which nothing answers is reported at once."""
    token = _IS_AWAITED.set(True)
    try:
        yield
    finally:
        _IS_AWAITED.reset(token)


def attempts(code: str) -> int:
    """How often a request that failed with this code is sent in all."""
    if code == "host_unreachable" and _IS_AWAITED.get():
        return 1
    if code == "timeout" and _GIVES_WAY.get():
        return ATTEMPTS_AT_SILENCE
    return ATTEMPTS


_GIVES_WAY: ContextVar[bool] = ContextVar("others queue behind this work", default=False)


@contextmanager
def giving_way() -> Iterator[None]:
    """Others queue behind this work: what would wait for longer than ``LONGEST_WAIT`` is ``Postponed``.

    A request at which the ATS hangs is given up after ``ATTEMPTS_AT_SILENCE``; the work comes back to it.
    """
    token = _GIVES_WAY.set(True)
    try:
        yield
    finally:
        _GIVES_WAY.reset(token)


def patience(alone: float = LONGEST_WAIT_ALONE) -> float:
    """For how many seconds a request may wait for its turn; ``alone`` where nobody queues behind it."""
    return min(alone, LONGEST_WAIT) if _GIVES_WAY.get() else alone


def postponed(seconds: float) -> Postponed:
    """What ends work that may not wait for so long; it goes on once they are over."""
    resume_at = datetime.now(UTC) + timedelta(seconds=seconds)
    return Postponed(
        f"The ATS may be asked again at {resume_at:%H:%M} UTC; the sync goes on then.",
        resume_at=resume_at,
    )
