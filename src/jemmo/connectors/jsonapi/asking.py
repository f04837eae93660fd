"""Requests lists without what an account refuses: an include, a filter, a sort, a sparse field, or a whole list.

Attributes vary with an API's version, and requesting an unknown one may be refused. So one record is read in full
first, and then only the attributes that exist and that we read are requested, which shrinks a page to a third.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from jemmo.connectors.jsonapi.document import LooseDocument, attributes_of, loosely
from jemmo.connectors.jsonapi.known_refusals import KnownRefusals
from jemmo.connectors.jsonapi.query import Query
from jemmo.connectors.jsonapi.refusals import PartRefused
from jemmo.connectors.refusals import Refused
from jemmo.connectors.whole import whole_list
from jemmo.domain.errors import ScopeTooSmall
from jemmo.rest_client import RestClient

PARTS = ("fields", "include", "sort", "filter")
"""What is dropped, in this order, if a refusal doesn't name its cause."""
Part = tuple[str, frozenset[str] | None]
"""A part of a query and the names left out of it; ``None`` for all of it."""


class Asker:
    def __init__(self, client: RestClient, known: KnownRefusals) -> None:
        self._client = client
        self.known = known
        self._refused: dict[str, list[Part]] = {}

    def allowed(self, query: Query) -> Query:
        """Remove what this account has refused, in this sync or recently."""
        for refusal in self.known.parts_of(query.path):
            query = query.without(refusal.part, frozenset(refusal.names) or None) or query
        for part, names in self._refused.get(query.path, ()):
            query = query.without(part, names) or query
        return query

    async def less(self, query: Query, error: Refused | ScopeTooSmall) -> Query | None:
        """Return a smaller query than the refused one; ``None`` if there is nothing left to drop.

        Drops what the response names. Otherwise it first drops what only saves time, then each include that is refused
        on its own, then order and filter.
        """
        words = error.words if isinstance(error, PartRefused) else frozenset()
        named = "include" if isinstance(error, ScopeTooSmall) else getattr(error, "part", None)
        for candidate in (named,) if named else PARTS:
            part, names = await self._refused_of(query, candidate, words)
            less = query.without(part, names)
            if less is not None:
                sure = bool(named) or part in ("fields", "include")
                if sure or await self._refuses_alone(query, part):  # else it is a guess
                    self._refused.setdefault(query.path, []).append((part, names))
                    await self.known.note(query.path, part, names or ())
                return less
        return None

    async def count(self, query: Query) -> int | None:
        """Return a list's record count; ``None`` if it is refused or has no count."""
        page = await self._page(replace(query, include=(), fields=(), sort=None, size=1))
        return page.count if page else None

    async def first(self, path: str) -> list[Any]:
        """Return a list with one record; empty if there is none or the list is refused."""
        if self.known.of_list(path):
            return []
        page = await self._page(Query(path=path, size=1, sort=None))
        return page.rows if page else []

    async def every_page(self, query: Query, add: Callable[[LooseDocument], None]) -> bool:
        """Read every page of a small list; ``False`` if the account lacks it or the key may not see it."""
        if self.known.of_list(query.path, query.include):
            return False
        try:
            async for page in whole_list(
                self._client,
                query.url(),
                lambda answer: loosely(answer.body),
                lambda page: page.next,
            ):
                add(page)
        except (Refused, ScopeTooSmall):
            await self.known.note(query.path, names=query.include)
            return False
        return True

    async def attributes(self, path: str, names: set[str], always: set[str]) -> str | None:
        """Return which of the attributes ``names`` a list's records have; ``None`` if no record shows it.

        Attributes missing from a record may be blank or unknown, so a request tests whether they are refused.
        ``always`` are present in every API version. A record that lacks one of these omits blanks, so it proves nothing
        about the others.
        """
        present = {name for row in await self.first(path) for name in attributes_of(row)}
        if not present >= always:
            return None
        unseen = names - present
        while unseen and (refused := await self._refused_fields(path, unseen)):
            unseen -= refused
        return ",".join(sorted((names & present) | unseen))

    async def _refused_fields(self, path: str, names: set[str]) -> set[str]:
        """Return the fields that the response refuses; all of them if it doesn't name any."""
        fields = ((path, ",".join(sorted(names))),)
        try:
            await self._client.get(
                Query(path=path, fields=fields, size=1, sort=None).url(), loosely
            )
        except Refused as error:
            refused = names & getattr(error, "words", frozenset())
            if refused or len(names) == 1:
                return refused or names
            return {name for name in names if await self._refused_fields(path, {name})}
        return set()

    async def _refused_of(self, query: Query, part: str, words: frozenset[str]) -> Part:
        """Return what to drop if a part of a query is refused, as arguments of ``Query.without``."""
        if part == "include":
            gone = {name for name in query.include if name in words}
            gone = gone or {name for name in query.include if await self._refuses(query.path, name)}
            return part, frozenset(gone)
        if part == "sort":
            return part, frozenset((query.sort or "",))
        if part == "filter" and query.without("fixed filter", words):
            return "fixed filter", words
        if part == "filter":
            used = {name: name[1:].partition("]")[0] for name, _ in query.filters}
            gone = {name for name, field in used.items() if field in words}
            return part, frozenset(gone or used)
        return part, None

    async def _refuses_alone(self, query: Query, part: str) -> bool:
        """Whether an order or a filter alone is refused, for responses that don't name the cause."""
        alone = Query(path=query.path, fixed_filters=query.fixed_filters, size=1, sort=None)
        if part == "sort":
            alone = replace(alone, sort=query.sort)
        elif part == "filter":
            alone = replace(alone, filters=query.filters)
        return await self._page(alone) is None

    async def _refuses(self, path: str, include: str) -> bool:
        """Whether the list is refused with this include, but not without it."""
        return await self._page(Query(path=path, include=(include,), size=1, sort=None)) is None

    async def _page(self, query: Query) -> LooseDocument | None:
        """Request an optional page; ``None`` if it is refused."""
        try:
            return await self._client.get(query.url(), loosely)
        except (Refused, ScopeTooSmall):
            return None
