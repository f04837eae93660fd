"""A fixed number of threads that answer requests; later requests wait in line, for a limited time.

Each thread holds at most one of Django's database connections, so the pool (``jemmo.store.budget``) is never exhausted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import TypeVar

from jemmo.store import budget

T = TypeVar("T")
ASSETS = 2  # threads that read scripts and styles


class Busy(Exception):
    """No thread became free in time."""


class Turns:
    """Threads, and the line of those who wait for one."""

    def __init__(self, name: str, threads: int, wait: float) -> None:
        self.wait = wait
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[[], T]) -> T:
        """Do ``work`` in a thread. Raises ``Busy`` if it could not begin in time.

        Work that has begun is finished even if nobody waits for it any more.
        """
        begun = self._threads.submit(copy_context().run, work)
        done = asyncio.wrap_future(begun)
        try:
            await asyncio.wait({done}, timeout=self.wait)
        except asyncio.CancelledError:
            begun.cancel()
            raise
        if begun.cancel():
            raise Busy
        return await asyncio.shield(done)


@cache
def pages() -> Turns:
    return Turns("pages", budget.web().pages, budget.PAGE_WAIT)


@cache
def probes() -> Turns:
    """For monitoring, which must not wait behind pages: a busy process is not a broken one."""
    return Turns("probes", budget.web().probes, budget.PROBE_WAIT)


@cache
def downloads() -> Turns:
    """For long downloads while they are written, which may take minutes."""
    return Turns("downloads", budget.web().downloads, budget.PAGE_WAIT)


@cache
def assets() -> Turns:
    """For scripts and styles, which need no database: a page that says the database is away needs them too."""
    return Turns("assets", ASSETS, budget.PAGE_WAIT)
