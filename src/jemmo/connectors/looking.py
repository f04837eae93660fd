"""Refetches what webhooks name: by id where an ATS lists records so, else among what changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from jemmo.connectors.base import Reread
from jemmo.connectors.listing import ListSource
from jemmo.domain.ports import Source
from jemmo.domain.streams import Start, Stream
from jemmo.domain.webhooks import RefetchRequest


async def reread(source: Source, hints: Sequence[RefetchRequest], since: datetime) -> Reread:
    """As many records with one request as the ATS takes ids. What it does not list with its id is gone."""
    assert isinstance(source, ListSource)
    outcome = Reread()
    for stream in dict.fromkeys(hint.stream for hint in hints):
        remote_ids = list(dict.fromkeys(hint.remote_id for hint in hints if hint.stream is stream))
        for first in range(0, len(remote_ids), source.most_ids):
            some = remote_ids[first : first + source.most_ids]
            page = await source.fetch_some(stream, some)
            outcome.pages.append(page)
            met = {raw.remote_id for raw in page.raw}
            outcome.gone += [(stream, remote_id) for remote_id in some if remote_id not in met]
    return outcome


async def reread_changed(
    source: Source,
    hints: Sequence[RefetchRequest],
    since: datetime,
    *,
    streams: Sequence[Stream],
    unnamed: str,
) -> Reread:
    """The records changed since then, for an ATS that cannot be asked for one. Each stream is read until all are met.

    A record that is not among them is not gone: a list of changes proves no deletion. ``unnamed`` stands for the record
    of a webhook that names it by an id which no list shows.
    """
    outcome = Reread()
    for stream in streams:
        named = {hint.remote_id for hint in hints if hint.stream is stream}
        if not named:
            continue
        met: set[str] = set()
        async for page in source.pages(stream, Start(since=since)):
            outcome.pages.append(page)
            met |= {raw.remote_id for raw in page.raw if raw.remote_id}
            if named <= met:
                break
        outcome.unseen += [(stream, remote_id) for remote_id in sorted(named - met - {unnamed})]
    return outcome
