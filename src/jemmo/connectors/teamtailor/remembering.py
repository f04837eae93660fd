"""What an account refused before: each sync would ask for it in vain."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime

from jemmo.domain.refused_requests import ASK_AGAIN, Refusal, RefusalMemory

LIST = "list"


class Remembering:
    """The refusals of one account, as an earlier sync met them and as this one does."""

    def __init__(self, memory: RefusalMemory | None) -> None:
        self._memory = memory
        self._known: dict[tuple[str, str, tuple[str, ...]], Refusal] = {}
        self._recalled = False
        self._turn = asyncio.Lock()

    async def recall(self, *, again: bool = False) -> None:
        """Once per sync: what is known and not old, or nothing where all is to be asked ``again``."""
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
            fresh = [one for one in known if now - one.at < ASK_AGAIN]
            if len(fresh) < len(known):
                await self._memory.keep(fresh)
            self._known = {(one.path, one.part, one.names): one for one in fresh}

    def of(self, path: str) -> list[Refusal]:
        """What of a list was refused, besides the list itself."""
        return [one for one in self._known.values() if one.path == path and one.part != LIST]

    def refuses(self, path: str, include: Collection[str] = ()) -> Refusal | None:
        """Whether a list was refused, asked for with these includes."""
        return self._known.get((path, LIST, tuple(sorted(include))))

    async def note(
        self, path: str, part: str = LIST, names: Collection[str] = (), message: str = ""
    ) -> None:
        await self.recall()
        own = tuple(sorted(names))
        known = Refusal(path=path, part=part, names=own, at=datetime.now(UTC), message=message)
        async with self._turn:
            self._known[path, part, own] = known
            if self._memory is not None:
                await self._memory.keep(list(self._known.values()))
