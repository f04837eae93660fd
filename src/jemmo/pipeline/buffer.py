"""Processed pages waiting for the writer. The buffer is small, so that memory use stays flat."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from msgspec import Struct

from jemmo.domain.outcomes import ReadyPage
from jemmo.domain.streams import Checkpoint

MOST_PAGES = 100
PLENTY = 3000  # records; larger transactions gain nothing
MOST_BYTES = 32 * 1024 * 1024  # response bytes that the buffered pages were made from
PATIENCE = 0.2  # seconds a page waits for others to share its transaction


class Batch(Struct, frozen=True):
    """A page to write, with its checkpoint; pages that came along with another stream have none.

    ``recent`` is copied from ``Page``; ``size`` is the number of response bytes it was made from.
    """

    page: ReadyPage
    checkpoint: Checkpoint | None = None
    size: int = 0
    recent: bool | None = None


class Buffer:
    """Hands waiting pages to the writer: at once if there are many or the stream has ended, else after ``patience``.

    So pages of a slow ATS are written as they arrive, and those of a fast one share the cost of a transaction.
    """

    def __init__(
        self,
        *,
        most_pages: int = MOST_PAGES,
        plenty: int = PLENTY,
        most_bytes: int = MOST_BYTES,
        patience: float = PATIENCE,
    ) -> None:
        self._most_pages = most_pages
        self._plenty = plenty
        self._most_bytes = most_bytes
        self._patience = patience
        self._batches: list[Batch] = []
        self._records = self._bytes = 0
        self._closed = False
        self._some = asyncio.Event()
        self._enough = asyncio.Event()
        self._room = asyncio.Event()

    async def put(self, batch: Batch) -> None:
        """Add a page; waits while the buffer holds too many pages, records or bytes."""
        while self._is_full():
            self._room.clear()
            await self._room.wait()
        self._batches.append(batch)
        self._records += batch.page.outcome.fetched
        self._bytes += batch.size
        if self._is_full() or (batch.checkpoint and batch.checkpoint.done):
            self._enough.set()
        self._some.set()

    def _is_full(self) -> bool:
        return (
            self._records >= self._plenty
            or self._bytes >= self._most_bytes
            or len(self._batches) >= self._most_pages
        )

    def close(self) -> None:
        """Signal that no more pages will come."""
        self._closed = True
        self._some.set()
        self._enough.set()

    async def take(self) -> list[Batch]:
        """Return all waiting pages in order; an empty list once the buffer is closed and empty."""
        await self._some.wait()
        if not self._enough.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await self._enough.wait()
        taken, self._batches = self._batches, []
        self._records = self._bytes = 0
        self._room.set()
        if not self._closed:
            self._some.clear()
            self._enough.clear()
        return taken
