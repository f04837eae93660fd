"""How long a sync may keep a worker before others have their turn."""

from __future__ import annotations

import os
import time
from typing import Self

from jemmo.domain.streams import Mode
from jemmo.services.queue import INITIAL

LONGEST = float(os.environ.get("JEMMO_SLICE_SECONDS", "600"))
SHORTEST = float(os.environ.get("JEMMO_SLICE_AT_LEAST", "10"))
"""Seconds: a slice gives way to more urgent work, but not before it was worth its beginning."""

_running: set[Slice] = set()
_stopping = False


class Slice:
    """One turn of a sync, while the ``with`` block lasts."""

    def __init__(self, priority: int) -> None:
        self.priority = priority
        self._began = time.monotonic()
        self._asked = False

    def __enter__(self) -> Self:
        _running.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        _running.discard(self)

    @property
    def age(self) -> float:
        return time.monotonic() - self._began

    def is_over(self, mode: Mode) -> bool:
        """Whether to end. Long reads are not urgent, whoever asked for them, so ``mode`` may lower the priority."""
        if mode is not Mode.INCREMENTAL:
            self.priority = min(self.priority, INITIAL)
        return _stopping or self._asked or self.age >= LONGEST

    def ask(self) -> None:
        self._asked = True


def stop() -> None:
    """Let every slice of this process end after its next page."""
    global _stopping  # noqa: PLW0603 - a process stops once
    _stopping = True


def stopping() -> bool:
    """Whether this process is to end soon."""
    return _stopping


def running() -> int:
    return len(_running)


def give_way(to: int) -> bool:
    """Ask the least urgent slice to end after its next page, if work of priority ``to`` is more urgent than it."""
    able = [one for one in _running if one.priority < to and one.age >= SHORTEST]
    if not able:
        return False
    min(able, key=lambda one: (one.priority, -one.age)).ask()
    return True
