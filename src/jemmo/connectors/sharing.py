"""Responses that feed several streams: fetched once, and given to each reader once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Keeps the last few responses. A reader that repeats a question gets a new response, to see changes.

    Readers ask the same questions concurrently, so a few responses suffice. A reader that falls behind asks the ATS
    again: memory stays flat, and no reader waits for another.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._answers: dict[str, tuple[T, set[str]]] = {}
        self._asking = asyncio.Lock()

    async def get(
        self, question: str, reader: str, ask: Callable[[], Awaitable[T]], *, fresh: bool = False
    ) -> T:
        async with self._asking:
            known = self._answers.get(question)
            if known is None or fresh or reader in known[1]:
                self._answers.pop(question, None)
                known = await ask(), set()
                self._answers[question] = known
                while len(self._answers) > self._keep:
                    del self._answers[next(iter(self._answers))]
            known[1].add(reader)
            return known[0]

    def clear(self) -> None:
        self._answers.clear()
