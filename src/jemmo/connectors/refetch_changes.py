"""Refetching what webhooks name: a few records by id, many of a stream from the list of what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from jemmo.connectors.base import Reread
from jemmo.domain.ports import Source
from jemmo.domain.refetch import refetch
from jemmo.domain.streams import Start, Stream
from jemmo.domain.webhooks import RefetchRequest

FEW = 3  # records requested by id; more are read from the list of changes
PAGES_SPARE = 2
RECORDS_PER_PAGE = 15  # expected of the named records, on a page of that list
SINGLE_AT_MOST = 30  # requests; the rest waits for the next refetch
BEFORE = timedelta(minutes=2)  # clocks differ


async def refetch_changes(
    source: Source, hints: Sequence[RefetchRequest], since: datetime
) -> Reread:
    """Refetch each record; many of a stream with one walk through what changed since the first webhook."""
    reread = Reread()
    for stream in Stream:
        named = [hint for hint in hints if hint.stream is stream]
        ids = {hint.remote_id for hint in named}
        # What is said to be gone is in no list, so it is asked for by id.
        listed = {hint.remote_id for hint in named if not hint.destroyed}
        if len(listed) > FEW:
            ids -= await _from_list(source, stream, listed, since, reread)
        single, later = sorted(ids)[:SINGLE_AT_MOST], sorted(ids)[SINGLE_AT_MOST:]
        reread.unseen += [(stream, remote_id) for remote_id in later]
        answers = await asyncio.gather(*(refetch(source, stream, key) for key in single))
        for remote_id, answer in zip(single, answers, strict=True):
            reread.add(stream, remote_id, answer)
    return reread


async def _from_list(
    source: Source, stream: Stream, ids: set[str], since: datetime, reread: Reread
) -> set[str]:
    """Those of ``ids`` that are among what changed; the walk ends when all were met, or is too long."""
    met: set[str] = set()
    pages = 0
    since = (since - BEFORE).astimezone(UTC)
    async for page in source.pages(stream, Start(since=since)):
        reread.pages.append(page)
        pages += 1
        met |= {raw.remote_id for raw in page.raw if raw.remote_id} & ids
        if met == ids or pages > PAGES_SPARE + len(ids) // RECORDS_PER_PAGE:
            break
    return met
