"""Refetches the records that webhooks name: by id, from the list of what changed, or by both."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from jemmo.connectors.base import RefetchAnswer
from jemmo.connectors.listing import ListSource
from jemmo.domain.ports import Source
from jemmo.domain.refetch import refetch
from jemmo.domain.streams import Start, Stream
from jemmo.domain.webhooks import RefetchRequest

FEW = 3  # records requested by id; more are read from the list of changes
PAGES_SPARE = 2
RECORDS_PER_PAGE = 15  # expected of the named records, on a page of that list
SINGLE_AT_MOST = 30  # requests; the rest waits for the next refetch
BEFORE = timedelta(minutes=2)  # clocks differ


async def refetch_by_ids(
    source: Source, hints: Sequence[RefetchRequest], since: datetime
) -> RefetchAnswer:
    """As many records with one request as the ATS takes ids.

    Requested records that are missing from the response are gone.
    """
    assert isinstance(source, ListSource)
    outcome = RefetchAnswer()
    for stream in dict.fromkeys(hint.stream for hint in hints):
        remote_ids = list(dict.fromkeys(hint.remote_id for hint in hints if hint.stream is stream))
        for first in range(0, len(remote_ids), source.most_ids):
            some = remote_ids[first : first + source.most_ids]
            page = await source.fetch_some(stream, some)
            outcome.pages.append(page)
            met = {raw.remote_id for raw in page.raw}
            outcome.gone += [(stream, remote_id) for remote_id in some if remote_id not in met]
    return outcome


async def refetch_from_changes(
    source: Source,
    hints: Sequence[RefetchRequest],
    since: datetime,
    *,
    streams: Sequence[Stream],
    unnamed: str,
) -> RefetchAnswer:
    """The records changed since then, for an ATS that cannot be asked for one. Each stream is read until all are met.

    A record that is not among them is not gone: a list of changes proves no deletion. ``unnamed`` stands for the record
    of a webhook that names it by an id which no list shows.
    """
    outcome = RefetchAnswer()
    for stream in streams:
        named = {hint.remote_id for hint in hints if hint.stream is stream}
        if not named:
            continue
        met = await _met_in_changes(source, stream, named, since, outcome)
        outcome.unseen += [(stream, remote_id) for remote_id in sorted(named - met - {unnamed})]
    return outcome


async def refetch_by_ids_or_changes(
    source: Source, hints: Sequence[RefetchRequest], since: datetime
) -> RefetchAnswer:
    """Refetch each record; many of a stream with one walk through what changed since the first webhook."""
    outcome = RefetchAnswer()
    for stream in Stream:
        named = [hint for hint in hints if hint.stream is stream]
        ids = {hint.remote_id for hint in named}
        # Records reported as gone are in no list, so they are requested by id.
        listed = {hint.remote_id for hint in named if not hint.destroyed}
        if len(listed) > FEW:
            most = PAGES_SPARE + len(listed) // RECORDS_PER_PAGE + 1
            start = (since - BEFORE).astimezone(UTC)
            ids -= await _met_in_changes(source, stream, listed, start, outcome, most_pages=most)
        single, later = sorted(ids)[:SINGLE_AT_MOST], sorted(ids)[SINGLE_AT_MOST:]
        outcome.unseen += [(stream, remote_id) for remote_id in later]
        answers = await asyncio.gather(*(refetch(source, stream, key) for key in single))
        for remote_id, answer in zip(single, answers, strict=True):
            outcome.add(stream, remote_id, answer)
    return outcome


async def _met_in_changes(
    source: Source,
    stream: Stream,
    ids: set[str],
    since: datetime,
    outcome: RefetchAnswer,
    *,
    most_pages: int | None = None,
) -> set[str]:
    """The ``ids`` among the changed records, whose pages are added to ``outcome``.

    The walk ends when all were met, or after ``most_pages``.
    """
    met: set[str] = set()
    pages = 0
    async for page in source.pages(stream, Start(since=since)):
        outcome.pages.append(page)
        pages += 1
        met |= {raw.remote_id for raw in page.raw if raw.remote_id} & ids
        if met == ids or pages == most_pages:
            break
    return met
