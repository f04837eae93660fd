"""Processed pages on their way from the readers to the writer: few, so that memory stays flat."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from msgspec import Struct

from jemmo.domain.outcomes import ReadyPage
from jemmo.domain.streams import Checkpoint

MOST_PAGES = 100
PLENTY = 3000  # records; a larger transaction gains nothing
MOST_BYTES = 32 * 1024 * 1024  # of the answers that the pages were made of
PATIENCE = 0.2  # seconds that a page waits for others to share its transaction


class Batch(Struct, frozen=True):
    """A page ready to be written, with the checkpoint that it earns; one that came beside another stream earns none.

    ``recent`` is that of the ``Page``, ``size`` the bytes it was made of.
    """

    page: ReadyPage
    checkpoint: Checkpoint | None = None
    size: int = 0
    recent: bool | None = None


class Buffer:
    """Gives the writer all that waits: at once if it is plenty or ends a stream, else when some patience has run out.

    So pages of a slow ATS are written as they come, and those of a quick one share the cost of a transaction.
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
        """Leave a page; waits while there are too many, or too much is in them."""
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
        """No more pages will come."""
        self._closed = True
        self._some.set()
        self._enough.set()

    async def take(self) -> list[Batch]:
        """All pages that wait, in their order; none when there are none left and none will come."""
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
