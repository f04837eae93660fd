"""Answers that several streams are read from: asked for once, and handed to each reader once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Keeps the last few answers. Who asks for the same again gets a new one, since it wants to know what changed.

    Readers go through the same questions side by side, so a few answers are enough, and a reader that falls behind
    asks again: memory stays flat, and nobody waits for anybody.
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
                self._forget()
            known[1].add(reader)
            return known[0]

    def clear(self) -> None:
        self._answers.clear()

    def _forget(self) -> None:
        while len(self._answers) > self._keep:
            del self._answers[next(iter(self._answers))]
