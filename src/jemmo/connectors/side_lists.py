"""Related lists that records need: children by their parent, and short lists that everything refers to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from jemmo.connectors.listing import Chunk
from jemmo.connectors.loose import row_id
from jemmo.connectors.refusals import Refused
from jemmo.connectors.whole import whole_list
from jemmo.domain.errors import ScopeTooSmall
from jemmo.domain.validation import split_address
from jemmo.rest_client import Answer, RestClient

Rows = list[dict[str, Any]]
Address = Callable[[str, dict[str, str]], str]


class SideLists:
    """Reads related lists in full, with one request per ``most_ids`` parents.

    ``address`` builds an address from a path and a query, ``chunk`` decodes a response, and ``right_to`` names the
    permission that reading a path requires.
    """

    def __init__(
        self,
        client: RestClient,
        address: Address,
        chunk: Callable[[Answer], Chunk],
        *,
        most_ids: int,
        right_to: Callable[[str], str],
    ) -> None:
        self._client = client
        self._address = address
        self._chunk = chunk
        self._most_ids = most_ids
        self._right_to = right_to
        self._known: dict[str, asyncio.Task[Rows]] = {}

    def close(self) -> None:
        for task in self._known.values():
            task.cancel()

    async def all(self, address: str) -> Rows:
        """Return all rows of a list. Raises ``ScopeTooSmall`` with the permission that the key lacks."""
        rows: Rows = []
        try:
            async for chunk in whole_list(
                self._client, address, self._chunk, lambda chunk: chunk.next
            ):
                rows += [row for row in chunk.rows if isinstance(row, dict)]
        except ScopeTooSmall as error:
            right = self._right_to(split_address(address).path)
            raise ScopeTooSmall(
                variant="rights", rights=right, key_help=error.facts.get("key_help")
            ) from None
        return rows

    async def once(self, path: str) -> Rows:
        """Return a short list that everything refers to, read once."""
        if path not in self._known:
            self._known[path] = asyncio.create_task(self.all(self._address(path, {})))
        return await self._known[path]

    async def children(
        self, path: str, field: str, ids: Sequence[str], **query: str
    ) -> dict[str, Rows]:
        """Return the rows that belong to these records, by their parent's id in ``field``."""
        addresses = [
            self._address(path, {f"{field}s": ",".join(some), **query})
            for some in in_groups(ids, self._most_ids)
        ]
        children: dict[str, Rows] = {}
        for rows in await asyncio.gather(*(self.all(address) for address in addresses)):
            for row in rows:
                if row_id(row):
                    children.setdefault(str(row.get(field)), []).append(row)
        return children


async def if_allowed(request: Awaitable[dict[str, Rows]]) -> dict[str, Rows] | None:
    """Return ``None`` if the key lacks the permission or the account the list; the sync continues without it."""
    try:
        return await request
    except (Refused, ScopeTooSmall):
        return None


def in_groups(ids: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Split ids into groups of this size.

    >>> list(in_groups(["1", "2", "3"], 2))
    [('1', '2'), ('3',)]
    """
    for start in range(0, len(ids), size):
        yield tuple(ids[start : start + size])
