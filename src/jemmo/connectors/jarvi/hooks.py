"""Jarvi's triggers: undocumented payloads that name profiles, which are refetched with their applications."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from jemmo.connectors.base import RefetchAnswer, Webhooks
from jemmo.connectors.jarvi.payload_ids import read_payload
from jemmo.connectors.jarvi.source import JarviSource
from jemmo.domain.ports import Source
from jemmo.domain.streams import Stream
from jemmo.domain.translation_marks import marked as _
from jemmo.domain.webhooks import RefetchRequest

read = partial(read_payload, stream=Stream.TALENTS, event="trigger", ats="Jarvi")


async def refetch(
    source: Source, requests: Sequence[RefetchRequest], since: datetime
) -> RefetchAnswer:
    """Refetch with one request per profile. Ids are guesses, so one that is not a known profile proves nothing."""
    assert isinstance(source, JarviSource)
    refetched = RefetchAnswer()
    named = (request.remote_id for request in requests if request.stream is Stream.TALENTS)
    for remote_id in dict.fromkeys(named):
        pages = await source.profile_pages(remote_id)
        refetched.pages += pages
        if not pages:
            refetched.gone.append((Stream.TALENTS, remote_id))
    return refetched


WEBHOOKS = Webhooks(
    read=read,
    refetch=refetch,
    streams=(),
    setup=_(
        "In Jarvi, as an admin, add a trigger for changes to a profile's status in a project. Choose "
        "the action that calls a webhook, and enter the address."
    ),
)
