"""Limits requests to an ATS in a web process: each holds a page thread until the ATS responds."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Condition
from uuid import UUID

from jemmo.domain.errors import TransientError
from jemmo.store.db import budget

WAIT = 5.0  # seconds to wait for a slot
SLOW = 5.0  # seconds after which an ATS's response counts as slow
SLOW_FOR = 600.0  # seconds that slowness is remembered
REMEMBERED = 1000  # organizations


class AtsRequestSlots:
    """Slots for requests to ATSs: one per organization and person.

    Organizations with a slow ATS may not take the last slot, so that a few of them don't block the others. A request
    without a slot waits for one, as long as running and waiting requests use no more than ``threads``.
    """

    def __init__(
        self, threads: int, *, wait: float = WAIT, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.places = max(1, threads - 1)
        self._threads, self._wait, self._clock = threads, wait, clock
        self._asking: dict[UUID, UUID] = {}
        self._waiting = 0
        self._slow: OrderedDict[UUID, float] = OrderedDict()
        self._changed = Condition()

    @contextmanager
    def place(self, org: UUID, person: UUID) -> Iterator[None]:
        """Hold a slot during a request. Raises ``TransientError`` (``questions_wait``) if none becomes free."""
        with self._changed:
            self._take(org, person)
        began = self._clock()
        try:
            yield
        finally:
            with self._changed:
                del self._asking[org]
                self._note(org, self._clock() - began)
                self._changed.notify_all()

    def _take(self, org: UUID, person: UUID) -> None:
        self._refuse_second(org, person)
        if not self._has_room(org):
            if len(self._asking) + self._waiting >= self._threads:
                raise TransientError("questions_wait")
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: self._has_room(org), self._wait)
            finally:
                self._waiting -= 1
            self._refuse_second(org, person)
            if not self._has_room(org):
                raise TransientError("questions_wait")
        self._asking[org] = person

    def _refuse_second(self, org: UUID, person: UUID) -> None:
        if org in self._asking:
            raise TransientError("questions_wait", variant="organization")
        if person in self._asking.values():
            raise TransientError("questions_wait", variant="person")

    def _has_room(self, org: UUID) -> bool:
        slow_since = self._slow.get(org)
        is_slow = slow_since is not None and self._clock() - slow_since < SLOW_FOR
        places = max(1, self.places - 1) if is_slow else self.places
        return len(self._asking) < places

    def _note(self, org: UUID, seconds: float) -> None:
        self._slow.pop(org, None)
        if seconds >= SLOW:
            self._slow[org] = self._clock()
        while len(self._slow) > REMEMBERED:
            self._slow.popitem(last=False)


@cache
def questions() -> AtsRequestSlots:
    """The slots of this process: at most three quarters of its page threads."""
    return AtsRequestSlots(max(1, budget.web().pages * 3 // 4))
