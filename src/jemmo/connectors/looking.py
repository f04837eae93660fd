"""Looking up what webhooks name, where an ATS lists the records with given ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from jemmo.connectors.base import Reread
from jemmo.connectors.listing import ListSource
from jemmo.domain.ports import Source
from jemmo.domain.webhooks import Hint


async def reread(source: Source, hints: Sequence[Hint], since: datetime) -> Reread:
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
