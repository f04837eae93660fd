"""Reads lists in full and keeps them in memory, such as lookups. Limits protect against endless lists."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec

from jemmo.domain.errors import PermanentError
from jemmo.domain.validation import split_address
from jemmo.rest_client import Answer, RestClient
from jemmo.rest_client.amounts import Amount, values

T = TypeVar("T")

MAX_PAGES = 1000
KEPT = Amount(128 * 1024 * 1024, 5_000_000)
"""The limit for all pages of one list together."""


async def whole_list(
    client: RestClient,
    url: str,
    read: Callable[[Answer], T],
    following: Callable[[T], str | None],
) -> AsyncIterator[T]:
    """Yield a list's pages, decoded by ``read``; ``following`` returns the address of the next page.

    Raises ``PermanentError`` with the code ``endless_list`` if a page repeats, and ``list_too_long`` above
    ``MAX_PAGES`` or ``KEPT``.
    """
    name = split_address(url).path
    kept, visited = Kept(name), Visited()
    onward: str | None = url
    while onward:
        if onward in visited:
            raise endless(name)
        visited.add(onward)
        page, body = await client.ask(onward, lambda answer: (read(answer), answer.body))
        kept.add(body)
        del body
        yield page
        link = following(page)
        onward = client.path_of(link) if link else None


class Kept:
    """Counts what is kept of a list; the list's name appears in errors."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pages = self._size = self._values = 0

    def add(self, body: bytes) -> None:
        """Count one page. Raises ``PermanentError`` (``list_too_long``) above the limits."""
        self._pages += 1
        self._size += len(body)
        self._values += values(body)
        if self._pages > MAX_PAGES or self._size > KEPT.size or self._values > KEPT.values:
            raise PermanentError("list_too_long", name=self._name)

    def add_rows(self, rows: list[Any]) -> None:
        """The same for rows that are already decoded."""
        self.add(msgspec.json.encode(rows))


class Visited:
    """The addresses of pages already read, stored compactly."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()

    def add(self, url: str) -> None:
        self._digests.add(_digest(url))

    def __contains__(self, url: str) -> bool:
        return _digest(url) in self._digests


def _digest(url: str) -> bytes:
    return blake2b(url.encode(), digest_size=8).digest()


def make_up(every: int, *parts: int) -> bool:
    """Whether filtered lists together hold all of a list of ``every`` records, judging by their counts.

    One percent more is acceptable: records on the border count twice, and some change while they are counted.
    """
    return 0 <= sum(parts) - every <= every // 100


def repeating() -> PermanentError:
    """Return the error for a list that keeps sending the same page."""
    return PermanentError("page_repeats")


def endless(name: str) -> PermanentError:
    """Return the error for a list whose pages form a loop, or are all empty."""
    return PermanentError("endless_list", name=name)
