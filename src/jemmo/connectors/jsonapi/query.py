"""A request for a JSON:API list, without the parts that an account refuses."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from jemmo.domain.streams import Stream

Filters = tuple[tuple[str, str], ...]
"""Names and values: ``("[status]", "all")``."""


class Query(Struct, frozen=True, kw_only=True):
    """A list request. An account may refuse any part of it.

    ``beside`` are the relations that include records of other streams, to be stored too.
    """

    root: ClassVar[str] = "v1"

    path: str
    include: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    filters: Filters = ()
    fixed_filters: Filters = ()
    sort: str | None = "id"
    size: int = 30
    beside: tuple[tuple[Stream, str], ...] = ()

    def without(self, part: str, names: Collection[str] | None = None) -> Query | None:
        """Return the query without a refused part, or without some names in it; ``None`` if nothing changes."""
        less = self
        if part == "include":
            gone = set(self.include if names is None else names)
            less = replace(self, include=tuple(n for n in self.include if not _within(n, gone)))
        elif part == "fields":
            gone = {kind for kind, _ in self.fields} if names is None else set(names)
            less = replace(self, fields=tuple(pair for pair in self.fields if pair[0] not in gone))
        elif part == "sort":
            less = replace(self, sort=None if names is None or self.sort in names else self.sort)
        elif part == "filter":
            kept = () if names is None else (pair for pair in self.filters if pair[0] not in names)
            less = replace(self, filters=tuple(kept))
        elif part == "fixed filter":
            fixed = (p for p in self.fixed_filters if p[0].strip("[]") not in (names or ()))
            less = replace(self, fixed_filters=tuple(fixed))
        return None if less == self else less

    def include_all(self, names: Collection[str]) -> bool:
        return set(names) <= set(self.include)

    def url(self) -> str:
        pairs: list[tuple[str, str]] = []
        if self.include:
            pairs.append(("include", ",".join(self.include)))
        pairs += [(f"fields[{kind}]", names) for kind, names in self.fields]
        pairs += [(f"filter{name}", value) for name, value in (*self.fixed_filters, *self.filters)]
        if self.sort:
            pairs.append(("sort", self.sort))
        pairs.append(("page[size]", str(self.size)))
        return f"{self.root}/{self.path}?" + "&".join(
            f"{quote(name, safe='')}={quote(value, safe=',')}" for name, value in pairs
        )

    def url_of(self, remote_id: str) -> str:
        """Return the address of one record with its includes."""
        includes = f"?include={','.join(self.include)}" if self.include else ""
        return f"{self.root}/{self.path}/{quote(remote_id, safe='')}{includes}"


def _within(include: str, gone: set[str]) -> bool:
    """Whether an include is refused itself, or nested in a refused one: "custom-field-values.custom-field"."""
    steps = include.split(".")
    return any(".".join(steps[:count]) in gone for count in range(1, len(steps) + 1))


def changed_since(moment: datetime) -> Filters:
    return (("[updated-at][from]", _second(moment)),)


def changed_until(moment: datetime) -> Filters:
    return (("[updated-at][to]", _second(moment)),)


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
