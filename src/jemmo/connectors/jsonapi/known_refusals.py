"""Remembers what an account refuses, so that syncs don't keep requesting it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime

from jemmo.domain.refused_requests import ASK_AGAIN, Refusal, RefusalMemory

LIST = "list"


class KnownRefusals:
    """The refusals of one account, from earlier syncs and this one."""

    def __init__(self, memory: RefusalMemory | None) -> None:
        self._memory = memory
        self._known: dict[tuple[str, str, tuple[str, ...]], Refusal] = {}
        self._recalled = False
        self._turn = asyncio.Lock()

    async def recall(self, *, again: bool = False) -> None:
        """Load recent refusals, once per sync; with ``again``, forget them, so that everything is requested."""
        async with self._turn:
            if self._recalled:
                return
            self._recalled = True
            if self._memory is None:
                return
            if again:
                await self._memory.keep([])
                return
            known, now = await self._memory.known(), datetime.now(UTC)
            fresh = [refusal for refusal in known if now - refusal.at < ASK_AGAIN]
            if len(fresh) < len(known):
                await self._memory.keep(fresh)
            self._known = {(each.path, each.part, each.names): each for each in fresh}

    def parts_of(self, path: str) -> list[Refusal]:
        """Return the refused parts of a list's queries, without refusals of the whole list."""
        return [each for each in self._known.values() if each.path == path and each.part != LIST]

    def of_list(self, path: str, include: Collection[str] = ()) -> Refusal | None:
        """Return the refusal of a list requested with these includes."""
        return self._known.get((path, LIST, tuple(sorted(include))))

    async def note(self, path: str, part: str = LIST, names: Collection[str] = ()) -> None:
        await self.recall()
        ordered = tuple(sorted(names))
        refusal = Refusal(path=path, part=part, names=ordered, at=datetime.now(UTC))
        async with self._turn:
            self._known[path, part, ordered] = refusal
            if self._memory is not None:
                await self._memory.keep(list(self._known.values()))
