"""A fixed number of threads that answer requests. Further requests queue fairly, for a limited time.

Each thread holds at most one Django database connection, so the pool (``jemmo.store.db.budget``) never runs out.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache, partial
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from jemmo.store.db import budget

T = TypeVar("T")
ASSETS = 2  # threads for scripts and styles


class Busy(Exception):
    """No thread became free in time."""


class FairThreadPool:
    """Threads, and a queue for each holder, which is a visitor or a program with a token.

    A free thread goes to the next holder in turn, so a visitor who requests a hundred pages at once delays nobody else.
    """

    def __init__(self, name: str, threads: int, wait: float) -> None:
        self.wait = wait
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = threads
        self._each = max(1, threads - max(1, threads // 4))
        self._lines: dict[str, deque[_Turn]] = {}  # the next holder first
        self._running: Counter[str] = Counter()
        self._lock = Lock()

    async def run(self, work: Callable[[], T], holder: str = "") -> T:
        """Run ``work`` in a thread. Raises ``Busy`` if it could not start in time.

        Work that has started runs to its end even if the caller is gone.
        """
        begun: Future[T] = Future()
        with self._lock:
            line = self._lines.setdefault(holder, deque())
            line.append(_Turn(begun, partial(copy_context().run, work)))
            self._begin()
        done = asyncio.wrap_future(begun)
        try:
            await asyncio.wait({done}, timeout=self.wait)
        except asyncio.CancelledError:
            begun.cancel()
            raise
        if begun.cancel():
            raise Busy
        return await asyncio.shield(done)

    def _begin(self) -> None:
        """Give free threads to the next holders. Requires the lock."""
        while self._free and (holder := self._next()) is not None:
            line = self._lines.pop(holder)
            turn = line.popleft()
            if line:
                self._lines[holder] = line  # behind the others
            if turn.begun.cancelled():
                continue
            self._free -= 1
            self._running[holder] += 1
            self._threads.submit(self._work, holder, turn)

    def _next(self) -> str | None:
        return next((holder for holder in self._lines if self._running[holder] < self._each), None)

    def _work(self, holder: str, turn: _Turn) -> None:
        try:
            if turn.begun.set_running_or_notify_cancel():
                turn.do()
        finally:
            with self._lock:
                self._free += 1
                self._running[holder] -= 1
                if not self._running[holder]:
                    del self._running[holder]
                self._begin()


class _Turn(NamedTuple):
    """Queued work and the future of its outcome."""

    begun: Future[Any]
    work: Callable[[], Any]

    def do(self) -> None:
        try:
            outcome = self.work()
        except BaseException as error:  # noqa: BLE001 - passed on to the caller
            self.begun.set_exception(error)
        else:
            self.begun.set_result(outcome)


@cache
def pages() -> FairThreadPool:
    return FairThreadPool("pages", budget.web().pages, budget.PAGE_WAIT)


@cache
def probes() -> FairThreadPool:
    """Threads for monitoring, which must not queue behind pages, since a busy process is not a broken one."""
    return FairThreadPool("probes", budget.web().probes, budget.PROBE_WAIT)


@cache
def downloads() -> FairThreadPool:
    """Threads for writing long downloads, which may take minutes."""
    return FairThreadPool("downloads", budget.web().downloads, budget.PAGE_WAIT)


@cache
def assets() -> FairThreadPool:
    """Threads for scripts and styles. These need no database, and the page about an unreachable database needs them."""
    return FairThreadPool("assets", ASSETS, budget.PAGE_WAIT)
