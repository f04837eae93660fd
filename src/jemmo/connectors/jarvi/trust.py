"""Tests filters before they are trusted.

This API ignores what it does not know, and answers as if it had not.

A filter that nothing can pass must give nothing; filters that share a list among them must give all
of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from jemmo.connectors.jarvi.queries import (
    IMPOSSIBLE_CHANGE,
    IMPOSSIBLE_ID,
    NOT_TALENTS,
    TALENTS,
    Query,
    Where,
)
from jemmo.connectors.jarvi.wire import Rows

Ask = Callable[[Query], Awaitable[Rows]]


class Trust:
    """What the tests of one run found; each is made once, when it is first needed."""

    def __init__(self, ask: Ask, *, incremental: str, filters_talents: bool) -> None:
        self._ask = ask
        self.incremental = incremental
        self._filters_talents = filters_talents
        self._found: dict[tuple[str, str], bool] = {}
        self.counts: dict[bool, int] = {}  # of profiles: whether of talents alone

    async def changes(self, entity: str) -> bool:
        """Whether the filter by ``updatedAt`` works."""
        if self.incremental != "auto":
            return self.incremental == "on"
        return await self._gives_nothing(entity, "updatedAt", IMPOSSIBLE_CHANGE)

    async def ids(self, entity: str) -> bool:
        """Whether one record can be asked for by its id."""
        return await self._gives_nothing(entity, "id", IMPOSSIBLE_ID)

    async def talents(self) -> bool:
        """Whether the filter for talents loses none.

        With the others they must make up all profiles.
        """
        if not self._filters_talents:
            return False
        known = self._found.get(("profiles", "isTalent"))
        if known is None:
            query = Query(entity="profiles", limit=1)
            counts = [
                (await self._ask(query.filtered(where))).total
                for where in (None, TALENTS, NOT_TALENTS)
            ]
            every, talents, others = (count if count is not None else -1 for count in counts)
            self.counts = {True: talents, False: every}
            known = -1 < talents <= every <= talents + others and others >= 0
            self._found["profiles", "isTalent"] = known
        return known

    async def _gives_nothing(self, entity: str, field: str, where: Where) -> bool:
        known = self._found.get((entity, field))
        if known is None:
            answer = await self._ask(Query(entity=entity, where=where, limit=1))
            known = self._found[entity, field] = not answer.rows and not answer.total
        return known
