"""Refetches the records that webhooks name: by id, from the list of changes, or both."""

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
RECORDS_PER_PAGE = 15  # expected number of named records per page of that list
SINGLE_AT_MOST = 30  # requests per refetch; the rest waits for the next one
BEFORE = timedelta(minutes=2)  # margin for clock differences


async def refetch_by_ids(
    source: Source, requests: Sequence[RefetchRequest], since: datetime
) -> RefetchAnswer:
    """Request as many records at once as the ATS accepts ids.

    Requested records that are missing from the response are gone.
    """
    assert isinstance(source, ListSource)
    outcome = RefetchAnswer()
    for stream in dict.fromkeys(request.stream for request in requests):
        remote_ids = list(
            dict.fromkeys(request.remote_id for request in requests if request.stream is stream)
        )
        for first in range(0, len(remote_ids), source.most_ids):
            some = remote_ids[first : first + source.most_ids]
            page = await source.fetch_some(stream, some)
            outcome.pages.append(page)
            met = {raw.remote_id for raw in page.raw}
            outcome.gone += [(stream, remote_id) for remote_id in some if remote_id not in met]
    return outcome


async def refetch_from_changes(
    source: Source,
    requests: Sequence[RefetchRequest],
    since: datetime,
    *,
    streams: Sequence[Stream],
    unnamed: str,
) -> RefetchAnswer:
    """Find records in the list of changes, for an ATS that can't return single records. Stops once all are found.

    A record that is not found is not gone: a list of changes proves no deletion. ``unnamed`` stands for a record whose
    webhook has an id that no list shows.
    """
    outcome = RefetchAnswer()
    for stream in streams:
        named = {request.remote_id for request in requests if request.stream is stream}
        if not named:
            continue
        met = await _met_in_changes(source, stream, named, since, outcome)
        outcome.unseen += [(stream, remote_id) for remote_id in sorted(named - met - {unnamed})]
    return outcome


async def refetch_by_ids_or_changes(
    source: Source, requests: Sequence[RefetchRequest], since: datetime
) -> RefetchAnswer:
    """Refetch records one by one, or many of a stream through the list of changes since the first webhook."""
    outcome = RefetchAnswer()
    for stream in Stream:
        named = [request for request in requests if request.stream is stream]
        ids = {request.remote_id for request in named}
        # Records reported as deleted are in no list, so they are requested by id.
        listed = {request.remote_id for request in named if not request.destroyed}
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
    """Find ``ids`` in the list of changes, and add their pages to ``outcome``.

    Stops when all are found, or after ``most_pages``.
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
