"""Limits work that reads all records of an organization, which takes seconds if there are hundreds of thousands.

Each request for such work holds a thread of the pages. Without a limit, the members and programs of one organization
could hold all threads, and nobody else would get a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Condition
from uuid import UUID

from jemmo.domain.errors import TransientError
from jemmo.store.db import budget

WAIT = 0.2  # seconds for a place: waiting holds a thread too
RETRY_SECONDS = 5


class Crowded(TransientError):
    """Other work of the organization, or of several others, is still running."""

    default_code = "reads_wait"


class Places:
    """One place for each organization, and ``most`` in total. Thread-safe."""

    def __init__(self, most: int, *, wait: float = WAIT) -> None:
        self._most, self._wait = most, wait
        self._taken: set[UUID] = set()
        self._changed = Condition()

    @contextmanager
    def place(self, org: UUID) -> Iterator[None]:
        """Hold a place. Raises ``Crowded`` if none becomes free at once: waiting holds a thread too."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_free(org), self._wait):
                raise Crowded
            self._taken.add(org)
        try:
            yield
        finally:
            with self._changed:
                self._taken.discard(org)
                self._changed.notify_all()

    def _is_free(self, org: UUID) -> bool:
        return org not in self._taken and len(self._taken) < self._most


@cache
def places() -> Places:
    """The places of this process: half of the threads of its pages."""
    return Places(max(1, budget.web().pages // 2))
