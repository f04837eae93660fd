"""Requests pages ahead, so that the ATS works on one page while the previous one is processed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """Requests in progress whose responses are not needed yet, by address."""

    def __init__(self, ask: Callable[[str], Coroutine[Any, Any, T]]) -> None:
        self._ask = ask
        self._under_way: dict[str, asyncio.Task[T]] = {}

    async def expect(self, url: str) -> None:
        """Send the request for the next page and return once it was sent."""
        if url not in self._under_way:
            self._under_way[url] = asyncio.create_task(self._ask(url))
            await asyncio.sleep(0)  # otherwise it would only be sent once something awaits it

    async def get(self, url: str) -> T:
        """Return the response to an earlier request, or request it now."""
        task = self._under_way.pop(url, None)
        return await (task if task is not None else self._ask(url))

    async def close(self) -> None:
        """Cancel requests whose responses were never needed."""
        tasks = list(self._under_way.values())
        self._under_way.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
