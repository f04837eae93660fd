"""Walks a list from page to page by its links, and notices when the list moved meanwhile.

With numbered pages a record deleted behind the reader pulls all later ones forward by one, so one
is skipped. The list's own count tells: when it falls between two pages, the pages before are read again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from itertools import pairwise
from math import ceil
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.listing import MOST_EMPTY_PAGES
from jemmo.connectors.teamtailor.wire import Document, LooseDocument, Resource
from jemmo.connectors.whole import Visited, endless
from jemmo.domain.errors import PermanentError
from jemmo.domain.streams import Sighting
from jemmo.domain.validation import parse_time, utc

AnyDocument = Document[Any] | LooseDocument
Fetch = Callable[[str], Awaitable[AnyDocument]]

REMEMBERED_PAGES = 12
MOST_STEPS_BACK = 10
MOST_PAGES_WITHOUT_NEWS = 3


class Position(Struct, frozen=True, kw_only=True):
    """Where a walk stands: the next address, the list's count as last told, how many records were met.

    ``least`` is the lowest count told in this pass. ``short`` is how many records earlier parts, lists of their own,
    were short of theirs, ``before`` how many were met in them. Where ``recent`` is set, the first part is what changed
    from then on and the second the rest, which ``after`` counts. Nothing older than ``limit`` is in these lists.
    """

    url: str
    total: int | None = None
    least: int | None = None
    seen: int = 0
    short: int = 0
    part: int = 0
    before: int = 0
    after: int = 0
    recent: datetime | None = None
    limit: datetime | None = None

    def next_part(self, step: Step) -> Position:
        """Where the part after this one begins, given the last step of this one."""
        return Position(
            url="",
            part=self.part + 1,
            short=step.short,
            before=self.before + step.seen,
            recent=self.recent,
            limit=self.limit,
        )


class Step(Struct, frozen=True, kw_only=True):
    """One page of the walk, in the order it is to be stored. ``after`` is where to go on, ``None`` at the end.

    ``short`` is, at the end, how many records less than the ATS counts came, earlier parts included; ``seen`` is how
    many of this part did so far.
    """

    document: AnyDocument
    ids: list[str | None]
    repeats: int
    after: Position | None
    total: int | None
    short: int
    covers: bool
    seen: int = 0


class Walk:
    """One pass over one list of ``size`` records a page.

    ``here`` turns a link into one that stays good when the ATS moves to another host, and refuses
    one that leads there now. ``expect`` is told of the page that will be fetched next.
    """

    def __init__(
        self,
        fetch: Fetch,
        start: Position,
        *,
        size: int,
        here: Callable[[str], str] = str,
        expect: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._fetch = fetch
        self._here = here
        self._expect = expect
        self._position = start
        self._size = size
        self._recent: deque[set[str]] = deque(maxlen=REMEMBERED_PAGES)
        self._visited = Visited()
        self._without_news = 0
        self._empty = 0
        self._covers = True

    async def steps(self) -> AsyncIterator[Step]:
        position: Position | None = self._position
        while position is not None:
            self._mark(position.url)
            document = await self._fetch(position.url)
            fallen = (position.total or 0) - (document.meta.record_count or 0)
            if position.total is not None and document.meta.record_count is not None and fallen > 0:
                async for step in self._back(document, position, fallen):
                    yield step
            following = self._here(document.links.next) if document.links.next else None
            step = self._step(document, position, following)
            if following and self._expect is not None:
                await self._expect(following)
            yield step
            position = step.after

    async def _back(
        self, document: AnyDocument, position: Position, fallen: int
    ) -> AsyncIterator[Step]:
        """Read again the pages that the deleted records may have pulled others into."""
        url = document.links.prev
        if url is None or "number" not in url:
            return
        wanted = ceil(fallen / self._size)
        if wanted > MOST_STEPS_BACK:
            self._covers = False
        for _ in range(min(wanted, MOST_STEPS_BACK)):
            if url is None:
                return
            before = await self._fetch(url)
            yield self._step(before, position, position.url)
            url = before.links.prev

    def _step(self, document: AnyDocument, position: Position, following: str | None) -> Step:
        ids = [id_of(resource) for resource in document.data]
        repeats = self._count_repeats(ids)
        self._notice_standstill(ids, repeats, following)
        total = document.meta.record_count
        told = [count for count in (self._position.least, total) if count is not None]
        seen, least = self._position.seen + len(ids) - repeats, min(told, default=None)
        self._position = replace(
            self._position, url=following or "", total=total, least=least, seen=seen
        )
        lacks = max(0, least - seen) if following is None and least is not None else 0
        return Step(
            document=document,
            ids=ids,
            repeats=repeats,
            after=self._position if following else None,
            total=total,
            short=self._position.short + lacks,
            covers=self._covers,
            seen=seen,
        )

    def _count_repeats(self, ids: list[str | None]) -> int:
        fresh = {key for key in ids if key}
        again = {key for page in self._recent for key in page & fresh}
        self._recent.append(fresh)
        return sum(1 for key in ids if key in again) if again else 0

    def _notice_standstill(
        self, ids: list[str | None], repeats: int, following: str | None
    ) -> None:
        self._empty = 0 if ids else self._empty + 1
        if self._empty > MOST_EMPTY_PAGES:
            raise endless("records")
        stands = following is not None and bool(ids) and repeats == len(ids)
        self._without_news = self._without_news + 1 if stands else 0
        if self._without_news > MOST_PAGES_WITHOUT_NEWS + MOST_STEPS_BACK:
            raise _endless()

    def _mark(self, url: str) -> None:
        if url in self._visited:
            raise _endless()
        self._visited.add(url)


def _endless() -> PermanentError:
    return PermanentError(
        "The ATS sends the same page again and again, so the list has no end.",
        code="page_repeats",
        next_step="Sync again later. If the problem persists, tell the ATS's support which list it is.",
    )


def id_of(resource: Any) -> str | None:
    """The id of a resource, decoded or not; ``None`` where it has none."""
    found = resource.get("id") if isinstance(resource, dict) else getattr(resource, "id", None)
    if isinstance(found, str):
        return found or None
    return None if found is None or isinstance(found, bool | dict | list) else str(found)


def reached(step: Step, since: datetime) -> bool:
    """Whether a walk from the newest on has come to what is known already."""
    times = [when for one in step.document.data if (when := updated_at(one)) is not None]
    in_order = all(newer >= older for newer, older in pairwise(times))
    return bool(times) and in_order and times[-1] < since


def updated_at(resource: Any) -> datetime | None:
    """When a resource, decoded or not, changed last."""
    if isinstance(resource, Resource):
        return utc(resource.attributes.updated_at)
    attributes = resource.get("attributes") if isinstance(resource, dict) else None
    return parse_time(attributes.get("updated-at")) if isinstance(attributes, dict) else None


def sightings(step: Step) -> list[Sighting]:
    """The ids of a page and their dates."""
    return [
        Sighting(key, updated_at(one))
        for key, one in zip(step.ids, step.document.data, strict=True)
        if key
    ]
