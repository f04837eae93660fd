"""Pages of a list, and words that search."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.contrib.postgres.search import SearchQuery
from django.db.models import QuerySet

T = TypeVar("T")

SIZE = 50
LAST_PAGE = 200  # further on nobody reads: search narrows it down
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class Found(Generic[T]):
    """A page of results, with what was asked and what can be chosen."""

    items: list[T]
    total: int
    page: int
    wanted: Any
    choices: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        return min(LAST_PAGE, max(1, -(-self.total // SIZE)))

    @property
    def first(self) -> int:
        return (self.page - 1) * SIZE + 1 if self.items else 0

    @property
    def last(self) -> int:
        return self.first + len(self.items) - 1 if self.items else 0


def page_number(given: str | None) -> int:
    """The page asked for; anything odd is the first."""
    if given and given.isascii() and given.isdecimal() and len(given) < 6:
        return min(LAST_PAGE, max(1, int(given)))
    return 1


def cut(found: QuerySet[Any], page: int) -> list[Any]:
    return list(found[(page - 1) * SIZE : page * SIZE])


def search_query(typed: str) -> SearchQuery | None:
    """Every word typed begins a word of the record, whatever the accents; ``None`` when there are none."""
    plain = unicodedata.normalize("NFKD", typed[:200].replace("\x00", ""))
    words = _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)).lower())
    if not words:
        return None
    return SearchQuery(
        " & ".join(f"'{one}':*" for one in words[:10]), search_type="raw", config="simple"
    )
