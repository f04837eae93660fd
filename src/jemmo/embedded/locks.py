"""Locks that are released once the last process holding them has ended for any reason."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.02


@contextmanager
def exclusive(path: Path, *, seconds: float) -> Iterator[int]:
    """Hold the lock inside the block. Yields its descriptor, so that a child process can share it.

    Raises TimeoutError when another process keeps it for longer than ``seconds``.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not wait_until(lambda: _try_lock(descriptor), seconds=seconds):
            raise TimeoutError(f"{path} is locked")
        yield descriptor
    finally:
        # Only closed, never unlocked: a child that shares the descriptor keeps the lock.
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether a process holds the lock now."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        # A shared lock, so that two checks at the same time don't mistake each other for the holder.
        return not _try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Poll the condition. False when the time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _try_lock(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
