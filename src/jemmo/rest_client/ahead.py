"""Pages asked for before they are wanted, so that an ATS works on one while the one before is made into records."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """The requests in progress whose responses nothing waits for yet, by address."""

    def __init__(self, ask: Callable[[str], Coroutine[Any, Any, T]]) -> None:
        self._ask = ask
        self._under_way: dict[str, asyncio.Task[T]] = {}

    async def expect(self, url: str) -> None:
        """Ask for what will be wanted next, and continue once that was sent."""
        if url not in self._under_way:
            self._under_way[url] = asyncio.create_task(self._ask(url))
            await asyncio.sleep(0)  # otherwise it would only be sent once something waits for it

    async def get(self, url: str) -> T:
        """The answer, asked for now unless it was before."""
        task = self._under_way.pop(url, None)
        return await (task if task is not None else self._ask(url))

    async def close(self) -> None:
        """Give up what was asked for and never wanted."""
        tasks = list(self._under_way.values())
        self._under_way.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
